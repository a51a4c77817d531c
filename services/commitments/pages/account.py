"""The own account: password, second step, sessions."""

from __future__ import annotations

from typing import Annotated

import pyotp
import segno
from fastapi import Request, Response
from markupsafe import Markup
from pydantic import BaseModel, Field

from services.commitments.actions import signing_in as actions
from services.commitments.pages.routing import SignedIn, pages
from services.commitments.pages.signing_in import Code, NewPassword, Plain, let_person_in
from services.commitments.store.organisations import organisation
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import ParityError, Unauthorised
from shared.identity import passwords, people, second_steps, sessions
from shared.identity.people import Person
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.pages.visitors import COOKIE, Visitor

_ACCOUNT = link("commitments", "/account")
_BACK = {"href": _ACCOUNT, "text": "Back to your account"}


class ChangePassword(NewPassword):
    now: Annotated[str, Says("Enter your present password", "This is not your password"), Plain]


class TurnOn(Code):
    secret: Annotated[str, Field(pattern=r"^[A-Z2-7]{32}$")]


class EndSession(BaseModel):
    session: Annotated[str, Says("Select a session"), Field(pattern=r"^[0-9a-f]{64}$")]


@pages.router.get("/account")
async def account(request: Request, tx: Tx, identity: Identity, visitor: SignedIn) -> Response:
    person, settings = await _person(identity, visitor), request.app.state.runtime.settings
    return pages.show(
        request,
        "account.jinja",
        person=person,
        provider=settings.oidc_name if settings.oidc_issuer else None,
        organisation=await organisation(tx, person.organisation_id),
        has_password=await passwords.exists(identity, person.id),
        second_step=await second_steps.is_on(identity, person.id),
        codes_left=await second_steps.recovery_codes_left(identity, person.id),
        sessions=await sessions.of_person(identity, person.id),
        this=sessions.id_of(request.cookies[COOKIE]),
    )


@pages.router.get("/account/password")
async def ask_password(request: Request, identity: Identity, visitor: SignedIn) -> Response:
    person = await _person(identity, visitor)
    if not await passwords.exists(identity, person.id):
        return redirect(_ACCOUNT)
    return pages.show(request, "change_password.jinja", form=blank(), person=person, back=_BACK)


@pages.router.post("/account/password")
async def change_password(request: Request, identity: Identity, now: Now, form: Form, visitor: SignedIn) -> Response:
    person = await _person(identity, visitor)
    bound: Bound[ChangePassword] = bind(ChangePassword, form)
    if bound.value is None:
        raise pages.again(request, "change_password.jinja", form=bound, person=person, back=_BACK)
    pool = request.app.state.runtime.identity
    try:
        await actions.change_password(pool, identity, person, bound.value.now, bound.value.password, at=now)
    except ParityError as error:
        refused = bound.refused(error, {"now": "now", "password": "password", "": "now"})
        raise pages.again(request, "change_password.jinja", form=refused, person=person, back=_BACK) from None
    return await let_person_in(request, identity, person, way="password", to=_ACCOUNT, now=now)


@pages.router.get("/account/second-step")
async def ask_second_step(request: Request, identity: Identity, visitor: SignedIn) -> Response:
    person = await _person(identity, visitor)
    if await second_steps.is_on(identity, person.id):
        return pages.show(request, "second_step_off.jinja", form=blank(), back=_BACK)
    return _second_step(request, person, blank(secret=second_steps.new_secret()))


@pages.router.post("/account/second-step")
async def turn_on(request: Request, identity: Identity, now: Now, form: Form, visitor: SignedIn) -> Response:
    """Answers with the recovery codes, which are shown this once."""
    person = await _person(identity, visitor)
    bound: Bound[TurnOn] = bind(TurnOn, form)
    if bound.error("secret"):
        return redirect(link("commitments", "/account/second-step"))
    if bound.value is None:
        return _second_step(request, person, bound)
    try:
        codes = await actions.turn_second_step_on(identity, person.id, bound.value.secret, bound.value.code, at=now)
    except actions.CodeNotRight as error:
        return _second_step(request, person, bound.wrong(error.detail, name="code"))
    return pages.show(request, "recovery_codes.jinja", codes=codes)


@pages.router.post("/account/second-step/off")
async def turn_off(request: Request, identity: Identity, now: Now, form: Form, visitor: SignedIn) -> Response:
    bound: Bound[Code] = bind(Code, form)
    if bound.value is None:
        raise pages.again(request, "second_step_off.jinja", form=bound, back=_BACK)
    pool = request.app.state.runtime.identity
    try:
        await actions.turn_second_step_off(pool, identity, visitor.caller.person_id, bound.value.code, at=now)
    except ParityError as error:
        raise pages.again(request, "second_step_off.jinja", form=bound.wrong(error.detail, name="code"), back=_BACK) from None
    return redirect(_ACCOUNT)


@pages.router.post("/account/sessions/end")
async def end_session(identity: Identity, form: Form, visitor: SignedIn) -> Response:
    bound: Bound[EndSession] = bind(EndSession, form)
    if bound.value is not None:
        await sessions.end_one(identity, visitor.caller.person_id, bound.value.session)
    return redirect(_ACCOUNT)


@pages.router.post("/account/sessions/end-others")
async def end_other_sessions(request: Request, identity: Identity, visitor: SignedIn) -> Response:
    await sessions.end_all(identity, visitor.caller.person_id, but=request.cookies[COOKIE])
    return redirect(_ACCOUNT)


async def _person(identity: Connection, visitor: Visitor) -> Person:
    found = await people.find(identity, [visitor.caller.person_id])
    if not found:
        raise Unauthorised("Your access was taken away. Ask your administrator.")
    return found[0]


def _second_step(request: Request, person: Person, form: Bound[TurnOn]) -> Response:
    """The secret as a picture for the app's camera, and as letters."""
    secret = form.text("secret")
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name="Parity")
    code = segno.make(uri, error="m").svg_inline(scale=4, border=4, omitsize=True, svgclass="parity-qr", lineclass=None)
    letters = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return pages.show(
        request,
        "second_step_on.jinja",
        status=422 if form.errors else 200,
        form=form,
        secret=secret,
        letters=letters,
        code=Markup(code),  # noqa: S704 - drawn by segno of our own text
        back=_BACK,
    )
