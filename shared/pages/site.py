"""A service's pages: their router, how a page is shown, and what stands between a form and other sites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from shared.errors import Forbidden
from shared.idempotency import once
from shared.pages.environment import environment
from shared.pages.navigation import navigation
from shared.pages.unbroken import unbroken
from shared.pages.visitors import path_of, visitor_of

_MOST_FIELDS = 2_000
_MOST_FILES = 20
_LONGEST_FIELD = 1024 * 1024

HEADERS = {
    # The hash is that of the design system's one inline line, which says that JavaScript runs.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class FromAnotherSite(Forbidden):
    """This form did not come from Parity. Go back, open the page again and send it from there."""


class FromAnotherSession(Forbidden):
    """This page was opened in an earlier session, so nothing was saved. Open it again, then send what you typed once more."""

    def __init__(self, form: FormData) -> None:
        super().__init__()
        self.form = form


class Again(Exception):
    """Raised with the page to show instead, usually the form with its errors: whatever the request had changed is undone.

    It is answered by the app's handler of errors, and not by the route: until there it passes the ends of the transactions.
    """

    def __init__(self, page: Response) -> None:
        super().__init__()
        self.page = page


class _PageRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            key = None
            visitor = await visitor_of(request)
            if request.method == "POST":
                same_site(request)
                if not request.headers.get("content-type", "").startswith("multipart/"):
                    await request.body()  # kept, so that a repeated form is known by it
                form = await _form(request)
                if visitor is not None:
                    if not compare_digest(str(form.get("csrf", "")).encode(), visitor.csrf.encode()):
                        raise FromAnotherSession(form)
                    key = form.get("key")
            if visitor is not None and isinstance(key, str) and 1 <= len(key) <= 255:
                return await once(request, key, handle, by=visitor.caller.person_id)
            return await handle(request)

        return guarded


def same_site(request: Request) -> None:
    """Raises FromAnotherSite unless the browser says that our own page sent this: by Fetch Metadata, or else by Origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise FromAnotherSite
        return
    origin = urlsplit(request.headers.get("origin", "")).netloc
    ours = {request.headers.get("host"), urlsplit(request.app.state.runtime.settings.public_url).netloc}
    if not origin or origin not in ours:
        raise FromAnotherSite


async def _form(request: Request) -> FormData:
    return await request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD)


Form = Annotated[FormData, Depends(_form)]
"""What was sent: fields and files, bounded in number and size."""


class Pages:
    """``pages = Pages(templates=Path(__file__).parent / "templates")``, once in a service."""

    def __init__(self, *, templates: Path) -> None:
        self._env = environment(templates)
        self.router = APIRouter(route_class=_PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

    def show(self, request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page of a template. It knows ``visitor``, ``navigation``, ``csrf``, ``here`` (its path) and ``now`` too.

        ``sends``: whether this deployment sends mail; ``contact``: whom people turn to, or nothing.
        """
        return show(self._env.get_template(template).render, request, status=status, **context)

    def again(self, request: Request, template: str, *, status: int = 422, **context: Any) -> Again:
        """To be raised: the form with its errors."""
        return Again(self.show(request, template, status=status, **context))


def show(render: Callable[..., str], request: Request, *, status: int, **context: Any) -> HTMLResponse:
    visitor = getattr(request.state, "visitor", None)
    here = path_of(request)
    settings = request.app.state.runtime.settings
    text = render(
        visitor=visitor,
        navigation=navigation(visitor, here),
        csrf=visitor.csrf if visitor else "",
        here=here,
        brand=settings.brand,
        organisation_name=settings.organisation_name,
        contact=settings.contact,
        demonstration=settings.deployment == "demonstration",
        sends=settings.sends_mail,
        **{"now": request.app.state.runtime.clock.now(), **context},
    )
    return HTMLResponse(unbroken(text), status_code=status, headers=HEADERS)


def redirect(to: str) -> RedirectResponse:
    """After a form: look at ``to`` (a path of this origin), so that reloading the page sends nothing twice."""
    return RedirectResponse(to, status_code=303, headers={"Cache-Control": "no-store"})
