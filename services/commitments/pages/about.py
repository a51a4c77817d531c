"""What every service of the public sector says about itself: how accessible it is, and which cookies it sets."""

from __future__ import annotations

from fastapi import Request, Response

from services.commitments.pages.routing import pages


@pages.router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    return pages.show(request, "accessibility.jinja")


@pages.router.get("/cookies")
async def cookies(request: Request) -> Response:
    return pages.show(request, "cookies.jinja")
