"""Where each role begins its day."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from services.commitments.pages.routing import SignedIn, pages
from shared.access import SUPPLIER, Role
from shared.origin import PATHS, link
from shared.pages.site import redirect
from shared.pages.visitors import Visitor, admit

_BEGINS = (
    (Role.CONTRACT_MANAGER, link("alerts", "/today")),
    *((role, link("returns")) for role in SUPPLIER),
    (Role.ICB_ANALYST, link("aggregator")),
    (Role.ADMINISTRATOR, link("commitments", "/people")),
    (Role.OPERATOR, link("commitments", "/operations")),
)


@pages.router.get("/")
async def begin(visitor: SignedIn) -> Response:
    """Whoever holds several roles begins with the first of them."""
    return redirect(next(place for role, place in _BEGINS if visitor.has(role)))


@pages.router.get("/operations")
async def operations(request: Request, visitor: Annotated[Visitor, admit(Role.OPERATOR)]) -> Response:
    return pages.show(request, "operations.jinja", paths=PATHS)
