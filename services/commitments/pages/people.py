"""People: found, added, given roles and links, and removed by administrators."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.commitments.actions import people as actions
from services.commitments.actions import signing_in
from services.commitments.models.organisations import Organisation
from services.commitments.models.people import Details, NewPerson
from services.commitments.pages.forgotten import link_to, send_link
from services.commitments.pages.routing import PER_PAGE, Administrator, Cursor, Search, pages, with_query
from services.commitments.pages.signing_in import must_use_passwords
from services.commitments.rules.people import fitting, must_fit
from services.commitments.store.organisations import organisation as find_organisation
from services.commitments.store.organisations import organisations_by_id
from shared.access import Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import NotFound, ParityError
from shared.identity import keys, passwords, people, second_steps
from shared.identity.people import Person
from shared.identity.transaction import Identity
from shared.obligations import Text
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.spreadsheets import Sheet
from shared.words import does

logger = structlog.get_logger()
_LIST = link("commitments", "/people")
_BACK = {"href": _LIST, "text": "Back to people"}
_HEADINGS = ("Name", "Email address", "Organisation", "What they do")
_WIDTHS = {"Name": 30, "Email address": 40, "Organisation": 50, "What they do": 40}
_ROLES = "Select at least one role"


class DetailsForm(BaseModel):
    name: Annotated[
        Text, Says("Enter the person's name", "Name must have 200 characters or fewer"), Field(min_length=1, max_length=200)
    ]
    email: Annotated[
        Text,
        Says("Enter an email address", "Enter an email address in the right form, such as name@trust.nhs.uk"),
        Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    ]


class ChangeForm(DetailsForm):
    """``was_``: what stood on the page before. Whoever sends none has seen nothing: then it is taken for changed."""

    was_name: Text = ""
    was_email: Text = ""


class PersonForm(DetailsForm):
    roles: Annotated[frozenset[Role], Says(_ROLES, _ROLES), Field(min_length=1)] = frozenset()


class RolesForm(BaseModel):
    roles: Annotated[frozenset[Role], Says(_ROLES, _ROLES), Field(min_length=1)] = frozenset()
    was: frozenset[Role] = frozenset()


@pages.router.get("/people")
async def list_people(
    request: Request,
    tx: Tx,
    identity: Identity,
    visitor: Administrator,
    name: Search = "",
    organisation: UUID | None = None,
    cursor: Cursor = None,
) -> Response:
    after = decode_cursor(cursor, str, UUID) if cursor else None
    found = await people.by_name(identity, containing=name.strip(), organisation_id=organisation, after=after, limit=PER_PAGE + 1)
    shown, more = paged(found, PER_PAGE, lambda one: (one.name.lower(), one.id))
    return pages.show(
        request,
        "people.jinja",
        people=shown,
        organisations=await organisations_by_id(tx, {person.organisation_id for person in shown}),
        name=name,
        only=await find_organisation(tx, organisation) if organisation else None,
        next_href=with_query(_LIST, name=name, organisation=organisation, cursor=more) if more else None,
        taken=downloads.offered(_LIST, name=name, organisation=organisation),
    )


@pages.router.get("/people/download")
async def download_people(
    tx: Tx,
    identity: Identity,
    visitor: Administrator,
    file: downloads.Taken,
    name: Search = "",
    organisation: UUID | None = None,
) -> Response:
    """Who can sign in and as what, to be gone through from time to time."""
    found: list[Person] = await downloads.whole(
        lambda last, limit: people.by_name(
            identity,
            containing=name.strip(),
            organisation_id=organisation,
            after=(last.name.lower(), last.id) if last else None,
            limit=limit,
        )
    )
    employers = await organisations_by_id(tx, {one.organisation_id for one in found})
    rows = [
        (one.name, one.email, employers[one.organisation_id].name if one.organisation_id in employers else "", does(one.roles))
        for one in found
    ]
    return await downloads.table(Sheet("People", _HEADINGS, rows, widths=_WIDTHS), "people", file)


@pages.router.get("/organisations/{organisation_id:uuid}/people/new")
async def ask_new(request: Request, organisation_id: UUID, tx: Tx, visitor: Administrator) -> Response:
    employer = await _employer(tx, organisation_id)
    return pages.show(request, "person_form.jinja", **_new_said(blank(), employer))


@pages.router.post("/organisations/{organisation_id:uuid}/people/new")
async def add(
    request: Request, organisation_id: UUID, tx: Tx, identity: Identity, now: Now, form: Form, visitor: Administrator
) -> Response:
    employer = await _employer(tx, organisation_id)
    bound: Bound[PersonForm] = bind(PersonForm, form)
    if bound.value is None:
        raise pages.again(request, "person_form.jinja", **_new_said(bound, employer))
    try:
        must_fit(bound.value.roles, employer)
        new = NewPerson(**bound.value.model_dump(), organisation_id=organisation_id)
        person = await actions.add_person(identity, new, by=visitor.caller.person_id, at=now)
    except ParityError as error:
        raise pages.again(request, "person_form.jinja", **_new_said(bound.refused(error), employer)) from None
    return redirect(f"{_LIST}/{person.person_id}")


@pages.router.get("/people/{person_id:uuid}")
async def show(request: Request, person_id: UUID, tx: Tx, identity: Identity, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    held = blank(roles=person.roles, was=person.roles)
    return pages.show(request, "person.jinja", **await _said(request, tx, identity, person, held))


@pages.router.get("/people/{person_id:uuid}/change")
async def ask_change(request: Request, person_id: UUID, identity: Identity, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    return pages.show(request, "person_change.jinja", **_change_said(blank(name=person.name, email=person.email), person))


@pages.router.post("/people/{person_id:uuid}/change")
async def change(request: Request, person_id: UUID, identity: Identity, now: Now, form: Form, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    bound: Bound[ChangeForm] = bind(ChangeForm, form)
    if bound.value is None:
        raise pages.again(request, "person_change.jinja", **_change_said(bound, person))
    said, by = bound.value, visitor.caller.person_id
    wanted, was = Details(name=said.name, email=said.email), Details.model_construct(name=said.was_name, email=said.was_email)
    try:
        await actions.change_details(identity, person_id, wanted, was=was, by=by, at=now)
    except actions.DetailsHaveChanged:
        wrong = bound.wrong("Somebody else changed this meanwhile. Look at what stands now, then save again")
        raise pages.again(request, "person_change.jinja", **_change_said(wrong, person), current=person) from None
    except ParityError as error:
        raise pages.again(request, "person_change.jinja", **_change_said(bound.refused(error), person)) from None
    return redirect(f"{_LIST}/{person_id}")


@pages.router.post("/people/{person_id:uuid}/roles")
async def change_roles(
    request: Request, person_id: UUID, tx: Tx, identity: Identity, now: Now, form: Form, visitor: Administrator
) -> Response:
    person = await known(identity, person_id)
    bound: Bound[RolesForm] = bind(RolesForm, form)
    if bound.value is None:
        raise pages.again(request, "person.jinja", **await _said(request, tx, identity, person, bound))
    try:
        employer = await find_organisation(tx, person.organisation_id)
        if employer is not None:
            must_fit(bound.value.roles, employer)
        by = visitor.caller.person_id
        await actions.change_roles(identity, person_id, bound.value.roles, was=bound.value.was, by=by, at=now)
    except actions.RolesHaveChanged as error:
        fresh = await known(identity, person_id)
        bound = Bound({**bound.typed, "was": list(fresh.roles)}, key=bound.key).wrong(error.detail, name="roles")
        raise pages.again(request, "person.jinja", **await _said(request, tx, identity, fresh, bound)) from None
    except ParityError as error:
        refused = bound.refused(error, {"": "roles"})
        raise pages.again(request, "person.jinja", **await _said(request, tx, identity, person, refused)) from None
    return redirect(f"{_LIST}/{person_id}")


@pages.router.post("/people/{person_id:uuid}/link")
async def make_link(request: Request, person_id: UUID, identity: Identity, now: Now, visitor: Administrator) -> Response:
    """By mail where there is mail, else shown this once, to be handed over."""
    must_use_passwords(request)
    settings = request.app.state.runtime.settings
    person = await known(identity, person_id)
    secret = await signing_in.make_link(identity, person_id, by=visitor.caller.person_id, at=now)
    back = {"href": f"{_LIST}/{person_id}", "text": f"Back to {person.name}"}
    if not settings.sends_mail:
        return pages.show(request, "link_made.jinja", person=person, url=link_to(settings, secret), back=back)
    try:
        await send_link(settings, person, secret)
    except Exception as error:
        logger.error("link not sent", error=type(error).__name__)
        raise pages.again(request, "link_not_sent.jinja", status=503, person=person, back=back) from error
    return pages.show(request, "link_made.jinja", person=person, url=None, back=back)


@pages.router.post("/people/{person_id:uuid}/second-step/off")
async def take_second_step_away(person_id: UUID, identity: Identity, now: Now, visitor: Administrator) -> Response:
    await known(identity, person_id)
    await signing_in.take_second_step_away(identity, person_id, by=visitor.caller.person_id, at=now)
    return redirect(f"{_LIST}/{person_id}")


@pages.router.get("/people/{person_id:uuid}/remove")
async def ask_remove(request: Request, person_id: UUID, identity: Identity, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    back = {"href": f"{_LIST}/{person_id}", "text": f"Back to {person.name}"}
    return pages.show(request, "person_remove.jinja", person=person, form=blank(), back=back, **_provider_said(request))


@pages.router.post("/people/{person_id:uuid}/remove")
async def remove(request: Request, person_id: UUID, identity: Identity, now: Now, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    try:
        await actions.remove_person(identity, person_id, by=visitor.caller.person_id, at=now)
    except actions.NotYourself as error:
        back = {"href": f"{_LIST}/{person_id}", "text": f"Back to {person.name}"}
        said = {"person": person, "form": blank().refused(error), "back": back, **_provider_said(request)}
        raise pages.again(request, "person_remove.jinja", **said) from None
    return redirect(_LIST)


async def known(identity: Connection, person_id: UUID) -> Person:
    """Raises NotFound."""
    found = await people.find(identity, [person_id])
    if not found:
        raise NotFound
    return found[0]


async def _employer(tx: Connection, organisation_id: UUID) -> Organisation:
    found = await find_organisation(tx, organisation_id)
    if found is None:
        raise NotFound
    return found


def _new_said(form: Bound[Any], employer: Organisation) -> dict[str, Any]:
    back = {"href": link("commitments", f"/organisations/{employer.organisation_id}"), "text": f"Back to {employer.name}"}
    return {"form": form, "employer": employer, "roles": fitting(employer), "back": back}


def _change_said(form: Bound[Any], person: Person) -> dict[str, Any]:
    return {"form": form, "person": person, "back": {"href": f"{_LIST}/{person.id}", "text": f"Back to {person.name}"}}


async def _said(request: Request, tx: Connection, identity: Connection, person: Person, form: Bound[Any]) -> dict[str, Any]:
    employer = await find_organisation(tx, person.organisation_id)
    held = {Role(role) for role in person.roles}
    return {
        "form": form,
        "person": person,
        "employer": employer,
        "roles": [role for role in Role if role in held or employer is None or role in fitting(employer)],
        "by_password": request.app.state.runtime.settings.password_sign_in,
        "has_password": await passwords.exists(identity, person.id),
        "second_step": await second_steps.is_on(identity, person.id),
        "keys": await keys.of_person(identity, person.id),
        "back": _BACK,
        **_provider_said(request),
    }


def _provider_said(request: Request) -> dict[str, Any]:
    """How long somebody stays signed in who was removed at the provider; None of both where there is none."""
    settings = request.app.state.runtime.settings
    by_it = settings.oidc_issuer is not None
    return {"provider": settings.oidc_name if by_it else None, "minutes": settings.oidc_session_minutes if by_it else None}
