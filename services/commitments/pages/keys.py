"""API keys of people: made by administrators, shown once, revoked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, Field

from services.commitments.actions import people as actions
from services.commitments.models.people import Label
from services.commitments.pages.people import known
from services.commitments.pages.routing import Administrator, pages
from shared.access import Role, Scope
from shared.api import Now
from shared.errors import NotFound, ParityError
from shared.identity import keys
from shared.identity.people import Person
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.quarters import LONDON
from shared.scopes import usual_scopes

_SCOPES = "Select what the key may be used for"


def _in_time_to_come(value: date | None) -> date | None:
    """A key is for years; beyond that a database's times end."""
    if value is not None and value.year >= 2200:
        raise ValueError("Last day must be before 2200")
    return value


class KeyForm(BaseModel):
    label: Annotated[Label, Says("Enter what the key is for", "What it is for must have 100 characters or fewer")]
    scopes: Annotated[frozenset[Scope], Says(_SCOPES, _SCOPES), Field(min_length=1)] = frozenset()
    last_day: Annotated[date | None, Says("Enter the last day", called="Last day"), AfterValidator(_in_time_to_come)] = None


@pages.router.get("/people/{person_id:uuid}/keys/new")
async def ask(request: Request, person_id: UUID, identity: Identity, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    usual = usual_scopes(Role(role) for role in person.roles)
    return pages.show(request, "key_form.jinja", **_said(blank(scopes=sorted(usual)), person))


# The secret is in the answer itself, and the form has no key by which answers are kept: who lost it makes another.
@pages.router.post("/people/{person_id:uuid}/keys/new")
async def make(request: Request, person_id: UUID, identity: Identity, now: Now, form: Form, visitor: Administrator) -> Response:
    person = await known(identity, person_id)
    bound: Bound[KeyForm] = bind(KeyForm, form)
    if bound.value is None:
        raise pages.again(request, "key_form.jinja", **_said(bound, person))
    value, by = bound.value, visitor.caller.person_id
    try:
        expires_at = _end_of(value.last_day)
        _, secret = await actions.create_key(identity, person_id, value.label, value.scopes, at=now, by=by, expires_at=expires_at)
    except ParityError as error:
        refused = bound.refused(error, {"expires_at": "last_day"})
        raise pages.again(request, "key_form.jinja", **_said(refused, person)) from None
    return pages.show(request, "key_made.jinja", person=person, secret=secret, label=value.label)


@pages.router.post("/people/{person_id:uuid}/keys/{key_id:uuid}/revoke")
async def revoke(person_id: UUID, key_id: UUID, identity: Identity, now: Now, visitor: Administrator) -> Response:
    if key_id not in {key.id for key in await keys.of_person(identity, person_id)}:
        raise NotFound
    await actions.revoke_key(identity, key_id, at=now, by=visitor.caller.person_id)
    return redirect(link("commitments", f"/people/{person_id}"))


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), LONDON)


def _said(form: Bound[Any], person: Person) -> dict[str, Any]:
    back = {"href": link("commitments", f"/people/{person.id}"), "text": f"Back to {person.name}"}
    return {"form": form, "person": person, "scopes": list(Scope), "back": back}
