"""Errors as pages, for browsers: the same sentence that a program reads as a problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import Request, Response

from shared.errors import FieldError
from shared.origin import link
from shared.pages.environment import environment
from shared.pages.site import FromAnotherSession, redirect, show
from shared.pages.unsaved import page_of, unsaved
from shared.pages.visitors import SessionOver, SignInFirst

_TITLES = {
    401: "You are not signed in",
    403: "You cannot open this page",
    404: "Page not found",
    405: "This address cannot be opened",
    409: "This cannot be done now",
    412: "This has changed since you opened it",
    413: "That is too large",
    415: "That file cannot be used",
    422: "Some of what you sent is not right",
    500: "Sorry, there is a problem with the service",
    503: "Sorry, the service is unavailable",
}
_NOT_SENT = "This cannot be sent"
_OTHER = "Something is not right"


def wants_page(request: Request) -> bool:
    """A browser asks for HTML by name; programs, and everything under /api/, get problem+json."""
    return "text/html" in request.headers.get("accept", "") and "/api/" not in request.scope["path"]


def error_page(
    request: Request, status: int, detail: str, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
) -> Response:
    template = environment().get_template("error.jinja")
    title = _NOT_SENT if status == 403 and request.method == "POST" else _TITLES.get(status, _OTHER)
    page = show(template.render, request, status=status, title=title, detail=detail, problems=errors, code=status)
    page.headers.update(headers or {})
    return page


def sign_in(error: SignInFirst) -> Response:
    """To the sign-in page, and from there to where the visitor wanted to be."""
    return redirect(link("commitments", "/sign-in") + (f"?next={error.back_to}" if error.back_to else ""))


def not_saved(request: Request, error: SessionOver | FromAnotherSession) -> Response:
    """What was typed, to be copied, and the way back to the form: by sign-in where that is needed."""
    to, over = page_of(request), isinstance(error, SessionOver)
    return show(
        environment().get_template("unsaved.jinja").render,
        request,
        status=error.status,
        title="You were signed out" if over else _NOT_SENT,
        detail=error.detail,
        to=link("commitments", f"/sign-in?next={quote(to, safe='')}") if over else to,
        unsaved=unsaved(error.form),
    )
