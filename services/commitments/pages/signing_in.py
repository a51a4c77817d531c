"""Signing in and out, and setting a password by a one-time link."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from services.commitments.actions import signing_in as actions
from services.commitments.pages.devices import device_of
from services.commitments.pages.routing import pages
from shared.api import Now
from shared.db import Connection
from shared.errors import Forbidden, ParityError
from shared.identity import one_time, providers, second_steps, sessions
from shared.identity.one_time import Purpose
from shared.identity.people import Person
from shared.identity.provider import ProviderAway, provider_for
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.pages.visitors import COOKIE, back_to, let_in, let_out, visitor_of

Next = Annotated[str | None, Query(max_length=2000)]
Secret = Annotated[str, Path(max_length=100)]
Plain = Field(max_length=1000, pattern=r"^[^\x00]*$")
_WAITING = "__Host-parity-step"
"""Holds the secret between password and code."""


class SignIn(BaseModel):
    email: Annotated[str, Says("Enter your email address", "Enter your email address"), Plain]
    password: Annotated[str, Says("Enter your password", "The email address or the password is not right"), Plain]


class NewPassword(BaseModel):
    password: Annotated[str, Says("Enter a password", "Password must have 200 characters or fewer"), Plain]


class Code(BaseModel):
    code: Annotated[str, Says("Enter the code", "Enter the 6 digits, or a recovery code"), Plain]


@pages.router.get("/sign-in")
async def ask(request: Request, next: Next = None) -> Response:
    """Who came by the provider and stayed long is asked nothing: the provider is."""
    if await visitor_of(request) is not None:
        return redirect(back_to(next))
    runtime, secret = request.app.state.runtime, request.cookies.get(COOKIE)
    if runtime.settings.oidc_issuer and secret and await providers.timed_out(runtime.identity, secret):
        return redirect(link("commitments", f"/sign-in/provider?next={quote(back_to(next), safe='')}"))
    return pages.show(request, "sign_in.jinja", **_said(request, next), form=blank())


@pages.router.post("/sign-in")
async def sign_in(request: Request, identity: Identity, now: Now, form: Form, next: Next = None) -> Response:
    must_use_passwords(request)
    bound: Bound[SignIn] = bind(SignIn, form)
    if bound.value is None:
        raise pages.again(request, "sign_in.jinja", **_said(request, next), form=bound)
    pool = request.app.state.runtime.identity
    try:
        person = await actions.with_password(pool, bound.value.email, bound.value.password, address=address_of(request))
    except ParityError as error:
        wrong = bound.wrong(error.detail, name="email")
        raise pages.again(request, "sign_in.jinja", **_said(request, next), form=wrong) from None
    return await past_password(request, identity, person, way="password", to=back_to(next), now=now)


@pages.router.get("/sign-in/code")
async def ask_code(request: Request, next: Next = None) -> Response:
    if _WAITING not in request.cookies:
        return redirect(link("commitments", "/sign-in"))
    return pages.show(request, "sign_in_code.jinja", form=blank(), next=back_to(next))


@pages.router.post("/sign-in/code")
async def check_code(request: Request, identity: Identity, now: Now, form: Form, next: Next = None) -> Response:
    bound: Bound[Code] = bind(Code, form)
    if bound.value is None:
        raise pages.again(request, "sign_in_code.jinja", form=bound, next=back_to(next))
    pool, waiting = request.app.state.runtime.identity, request.cookies.get(_WAITING, "")
    try:
        person = await actions.with_code(pool, identity, waiting, bound.value.code)
    except ParityError as error:
        wrong = bound.wrong(error.detail, name="code")
        raise pages.again(request, "sign_in_code.jinja", form=wrong, next=back_to(next)) from None
    response = await let_person_in(request, identity, person, way="password and code", to=back_to(next), now=now)
    let_out(response, name=_WAITING)
    return response


@pages.router.get("/sign-out")
async def sign_out(request: Request) -> Response:
    """By a link on a page of ours, or typed by the visitor; a link on another site only leads to the question."""
    if request.headers.get("sec-fetch-site") not in ("same-origin", "none", None):
        return pages.show(request, "sign_out.jinja")
    response = redirect(await _sign_out(request) or link("commitments", "/sign-out/done"))
    let_out(response)
    return response


async def _sign_out(request: Request) -> str | None:
    """Ends the session. Where it began at the provider, answers where to sign out there too, if the provider answers."""
    runtime, secret = request.app.state.runtime, request.cookies.get(COOKIE)
    if not secret:
        return None
    id_token = await providers.take_session(runtime.identity, secret)
    await sessions.end(runtime.identity, secret)
    provider = provider_for(runtime.settings)
    if id_token is None or provider is None:
        return None
    try:
        done = runtime.settings.public_url.rstrip("/") + link("commitments", "/sign-out/done")
        return await provider.sign_out_url(id_token, back=done)
    except ProviderAway:
        return None


@pages.router.get("/sign-out/done")
async def signed_out(request: Request) -> Response:
    return pages.show(request, "signed_out.jinja")


@pages.router.get("/links/{secret:str}")
async def follow(request: Request, secret: Secret, identity: Identity, now: Now) -> Response:
    """A link to set a password asks for it, and stays good; a demonstration's link signs in."""
    found = await one_time.look(identity, secret)
    if found is None:
        raise actions.LinkOver
    person, purpose = found
    if purpose is Purpose.SET_PASSWORD:
        must_use_passwords(request)
        return pages.show(request, "set_password.jinja", form=blank(), person=person)
    demonstration = request.app.state.runtime.settings.deployment == "demonstration"
    if not demonstration or await one_time.use(identity, secret, Purpose.SIGN_IN) is None:
        raise actions.LinkOver
    return await let_person_in(request, identity, person, way="link", to="/", now=now)


@pages.router.post("/links/{secret:str}")
async def set_password(request: Request, secret: Secret, identity: Identity, now: Now, form: Form) -> Response:
    must_use_passwords(request)
    found = await one_time.look(identity, secret)
    if found is None:
        raise actions.LinkOver
    bound: Bound[NewPassword] = bind(NewPassword, form)
    if bound.value is None:
        raise pages.again(request, "set_password.jinja", form=bound, person=found[0])
    try:
        person = await actions.set_password_by_link(identity, secret, bound.value.password, at=now)
    except actions.TooEasy as error:
        raise pages.again(request, "set_password.jinja", form=bound.refused(error), person=found[0]) from None
    return await past_password(request, identity, person, way="link", to="/", now=now)


async def past_password(request: Request, identity: Connection, person: Person, *, way: str, to: str, now: datetime) -> Response:
    """To the second step where the person has turned it on, else in."""
    if not await second_steps.is_on(identity, person.id):
        return await let_person_in(request, identity, person, way=way, to=to, now=now)
    response = redirect(link("commitments", f"/sign-in/code?next={quote(to, safe='')}"))
    let_in(response, await one_time.make(identity, person.id, Purpose.SECOND_STEP), name=_WAITING)
    return response


async def let_person_in(
    request: Request,
    identity: Connection,
    person: Person,
    *,
    way: str,
    to: str,
    now: datetime,
    id_token: str | None = None,
) -> Response:
    """A new session, whatever the browser held before. ``id_token``: the provider's, whose sessions are shorter."""
    device, old = device_of(request.headers.get("user-agent", "")), request.cookies.get(COOKIE)
    minutes = request.app.state.runtime.settings.oidc_session_minutes
    lasts = timedelta(minutes=minutes) if id_token else sessions.ABSOLUTE
    secret = await actions.begin_session(identity, person, way=way, device=device, old=old, at=now, lasts=lasts)
    if id_token:
        await providers.keep_session(identity, secret, id_token)
    response = redirect(to)
    let_in(response, secret)
    return response


def must_use_passwords(request: Request) -> None:
    """Raises Forbidden where people sign in by the provider alone."""
    if not request.app.state.runtime.settings.password_sign_in:
        raise Forbidden("People sign in by their organisation here.")


def address_of(request: Request) -> str:
    """Of the browser; behind a proxy that is trusted, as the proxy says (PARITY_PROXIES)."""
    return request.client.host if request.client else ""


def _said(request: Request, next: str | None) -> dict[str, Any]:
    settings = request.app.state.runtime.settings
    return {
        "next": back_to(next),
        "provider": settings.oidc_name if settings.oidc_issuer else None,
        "by_password": settings.password_sign_in,
    }
