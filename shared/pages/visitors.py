"""Who looks at a page: the person of a server-side session, known by a cookie."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from shared.access import Caller, Role, Scope
from shared.errors import Forbidden, Unauthorised
from shared.identity import sessions

COOKIE = "__Host-parity"


class SignInFirst(Unauthorised):
    """Sign in to see this page."""

    def __init__(self, back_to: str) -> None:
        super().__init__()
        self.back_to = quote(back_to, safe="")


class SessionOver(Unauthorised):
    """Your session is over, so nothing was saved. Sign in again, then send what you typed once more."""

    def __init__(self, form: FormData) -> None:
        super().__init__()
        self.form = form


@dataclass(frozen=True)
class Visitor:
    """A signed-in person. ``caller`` may do by pages whatever the roles allow; scopes bound API keys only."""

    caller: Caller
    name: str
    csrf: str
    """Goes into every form: it is bound to the session, and no other site can read it."""

    def has(self, *roles: Role) -> bool:
        return self.caller.has(*roles)


class Admit:
    """A dependency that answers the Visitor, or sends to sign in. ``roles`` stay readable for the test of all pages."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Visitor:
        visitor = await visitor_of(request)
        if visitor is None:
            raise SignInFirst(place_of(request)) if request.method in ("GET", "HEAD") else SessionOver(await request.form())
        if not visitor.has(*self.roles):
            raise Forbidden("Your role does not include this page. Ask your administrator if you need it.")
        return visitor


def admit(*roles: Role) -> Any:
    """``visitor: Annotated[Visitor, admit(Role.CONTRACT_MANAGER)]``; without roles: everybody who is signed in."""
    return Depends(Admit(frozenset(roles or Role)))


async def visitor_of(request: Request) -> Visitor | None:
    """Whoever is signed in, or None. Asked once a request."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = await _find(request)
    found: Visitor | None = request.state.visitor
    return found


def csrf_token(secret: str) -> str:
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


async def _find(request: Request) -> Visitor | None:
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    person = await sessions.person_of(request.app.state.runtime.identity, secret)
    if person is None:
        return None
    roles = frozenset(Role(role) for role in person.roles)
    caller = Caller(person.id, person.organisation_id, roles, frozenset(Scope))
    return Visitor(caller, person.name, csrf_token(secret))


def let_in(response: Response, secret: str, *, name: str = COOKIE) -> None:
    """Have the browser keep a secret until it is closed, out of reach of scripts and of other sites' forms."""
    response.set_cookie(name, secret, path="/", secure=True, httponly=True, samesite="lax")


def let_out(response: Response, *, name: str = COOKIE) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def back_to(place: str | None) -> str:
    """A path of this origin to go to after sign-in, or the start: never another site's address."""
    path = place or "/"
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return "/"
    return path


def path_of(request: Request) -> str:
    """The path as the browser knows it, the service's own prefix included."""
    prefix: str = request.scope.get("root_path", "")
    path: str = request.scope["path"]
    return path if path.startswith(prefix) else prefix + path


def place_of(request: Request) -> str:
    """The path and the query."""
    return f"{path_of(request)}?{request.url.query}" if request.url.query else path_of(request)
