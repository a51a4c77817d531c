"""Where each role begins its day."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from services.commitments.pages.routing import pages
from shared.access import SUPPLIER, Role
from shared.origin import PATHS, link
from shared.pages.site import redirect
from shared.pages.visitors import Visitor, admit, visitor_of

_BEGINS = (
    (Role.CONTRACT_MANAGER, link("alerts", "/today")),
    *((role, link("returns")) for role in SUPPLIER),
    (Role.ICB_ANALYST, link("aggregator")),
    (Role.ADMINISTRATOR, link("commitments", "/people")),
    (Role.OPERATOR, link("commitments", "/operations")),
)


@pages.router.get("/")
async def begin(request: Request) -> Response:
    """Whoever holds several roles begins with the first of them; whoever is not signed in, with that."""
    visitor = await visitor_of(request)
    if visitor is None:
        return redirect(link("commitments", "/sign-in"))
    return redirect(next(place for role, place in _BEGINS if visitor.has(role)))


@pages.router.get("/operations")
async def operations(request: Request, visitor: Annotated[Visitor, admit(Role.OPERATOR)]) -> Response:
    return pages.show(request, "operations.jinja", paths=PATHS)
