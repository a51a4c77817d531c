"""Signing in and out, and setting a password by a one-time link."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from services.commitments.actions import signing_in as actions
from services.commitments.pages.devices import device_of
from services.commitments.pages.routing import pages
from shared.api import Now
from shared.errors import ParityError
from shared.identity import one_time, people, sessions
from shared.identity.one_time import Purpose
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.pages.visitors import COOKIE, back_to, let_in, let_out, visitor_of

Next = Annotated[str | None, Query(max_length=2000)]
Secret = Annotated[str, Path(max_length=100)]


class SignIn(BaseModel):
    email: Annotated[str, Says("Enter your email address"), Field(max_length=254, pattern=r"^[^\x00]*$")]
    password: Annotated[str, Says("Enter your password"), Field(max_length=1000)]


class NewPassword(BaseModel):
    password: Annotated[str, Says("Enter a password"), Field(max_length=1000)]


@pages.router.get("/sign-in")
async def ask(request: Request, next: Next = None) -> Response:
    if await visitor_of(request) is not None:
        return redirect(back_to(next))
    return pages.show(request, "sign_in.jinja", form=blank(), next=back_to(next))


@pages.router.post("/sign-in")
async def sign_in(request: Request, identity: Identity, now: Now, form: Form, next: Next = None) -> Response:
    bound: Bound[SignIn] = bind(SignIn, form)
    if bound.value is None:
        raise pages.again(request, "sign_in.jinja", form=bound, next=back_to(next))
    address = request.client.host if request.client else ""
    try:
        person = await actions.with_password(
            request.app.state.runtime.identity, bound.value.email, bound.value.password, address=address
        )
    except ParityError as error:
        raise pages.again(request, "sign_in.jinja", form=bound.wrong(error.detail, name="email"), next=back_to(next)) from None
    return await let_person_in(request, identity, person, way="password", to=back_to(next), now=now)


@pages.router.get("/sign-out")
async def sign_out(request: Request) -> Response:
    """By a link on a page of ours, or typed by the visitor; a link on another site only leads to the question."""
    if request.headers.get("sec-fetch-site") not in ("same-origin", "none", None):
        return pages.show(request, "sign_out.jinja")
    if secret := request.cookies.get(COOKIE):
        await sessions.end(request.app.state.runtime.identity, secret)
    response = redirect(link("commitments", "/signed-out"))
    let_out(response)
    return response


@pages.router.get("/signed-out")
async def signed_out(request: Request) -> Response:
    return pages.show(request, "signed_out.jinja")


@pages.router.get("/links/{secret}")
async def follow(request: Request, secret: Secret, identity: Identity, now: Now) -> Response:
    """A link to set a password asks for it, and stays good; a demonstration's link signs in."""
    found = await one_time.look(identity, secret)
    if found is None:
        raise actions.LinkOver
    person, purpose = found
    if purpose is Purpose.SET_PASSWORD:
        return pages.show(request, "set_password.jinja", form=blank(), person=person)
    if request.app.state.runtime.settings.deployment != "demonstration":
        raise actions.LinkOver
    if await one_time.use(identity, secret, Purpose.SIGN_IN) is None:
        raise actions.LinkOver
    return await let_person_in(request, identity, person, way="link", to="/", now=now)


@pages.router.post("/links/{secret}")
async def set_password(request: Request, secret: Secret, identity: Identity, now: Now, form: Form) -> Response:
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
    return await let_person_in(request, identity, person, way="link", to="/", now=now)


async def let_person_in(request: Request, identity: Identity, person: people.Person, *, way: str, to: str, now: Now) -> Response:
    """A new session, whatever the browser held before."""
    device = device_of(request.headers.get("user-agent", ""))
    secret = await actions.begin_session(identity, person, way=way, device=device, old=request.cookies.get(COOKIE), at=now)
    response = redirect(to)
    let_in(response, secret)
    return response
