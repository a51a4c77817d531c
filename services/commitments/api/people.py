"""People and their API keys: administrators only."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.commitments.actions import people as actions
from services.commitments.api.routing import Administrator, router
from services.commitments.models.people import DetailsChange, Key, KeyMade, NewKey, NewPerson, Person, Roles
from services.commitments.rules.people import must_fit
from services.commitments.store.organisations import organisation
from shared.api import Cursor, Limit, Now, Page, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import FieldError, Invalid, NotFound
from shared.identity import keys, people
from shared.identity.transaction import Identity


class OrganisationUnknown(Invalid):
    """There is no such organisation. Record it first."""


def _person(known: people.Person) -> Person:
    return Person.model_validate(
        {
            "person_id": known.id,
            "name": known.name,
            "email": known.email,
            "organisation_id": known.organisation_id,
            "roles": known.roles,
        }
    )


@router.get("/people")
async def list_people(
    identity: Identity,
    caller: Administrator,
    limit: Limit,
    cursor: Cursor,
    organisation_id: Annotated[UUID | None, Query(description="Of this organisation only.")] = None,
) -> Page[Person]:
    """Everybody who has access, in the order in which they were added."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await people.of_organisation(identity, organisation_id, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.id,))
    return Page(items=[_person(each) for each in shown], next=more)


@router.get("/people/{person_id}")
async def read_person(person_id: UUID, identity: Identity, caller: Administrator) -> Person:
    return _person(await _known(identity, person_id))


@router.post("/people", status_code=201)
async def add_person(body: NewPerson, identity: Identity, tx: Tx, now: Now, caller: Administrator) -> Person:
    """Add a person of an organisation that is recorded."""
    employer = await organisation(tx, body.organisation_id)
    if employer is None:
        raise OrganisationUnknown(errors=[FieldError("/organisation_id", "Enter an organisation that is recorded")])
    must_fit(body.roles, employer)
    return await actions.add_person(identity, body, by=caller.person_id, at=now)


@router.put("/people/{person_id}/details")
async def change_details(person_id: UUID, body: DetailsChange, identity: Identity, now: Now, caller: Administrator) -> Person:
    """Correct a person's name and address instead of what they ``was``: what the caller has read. Nothing else of theirs ends."""
    await _known(identity, person_id)
    await actions.change_details(identity, person_id, body, was=body.was, by=caller.person_id, at=now)
    return _person(await _known(identity, person_id))


@router.put("/people/{person_id}/roles")
async def change_roles(person_id: UUID, body: Roles, identity: Identity, tx: Tx, now: Now, caller: Administrator) -> Person:
    """Give a person these roles instead of those that they ``was``: the ones that the caller has read. Their sessions end."""
    person = await _known(identity, person_id)
    employer = await organisation(tx, person.organisation_id)
    if employer is not None:
        must_fit(body.roles, employer)
    await actions.change_roles(identity, person_id, body.roles, was=body.was, by=caller.person_id, at=now)
    return _person(await _known(identity, person_id))


@router.delete("/people/{person_id}", status_code=204)
async def remove_person(person_id: UUID, identity: Identity, now: Now, caller: Administrator) -> None:
    """Take a person's access away, their keys included."""
    await actions.remove_person(identity, person_id, by=caller.person_id, at=now)


@router.get("/people/{person_id}/keys")
async def list_keys(person_id: UUID, identity: Identity, caller: Administrator) -> list[Key]:
    """Every key that was made for the person, without the secrets."""
    await _known(identity, person_id)
    return [
        Key(
            key_id=key.id,
            label=key.label,
            scopes=frozenset(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_on=key.last_used_on,
        )
        for key in await keys.of_person(identity, person_id)
    ]


# 200, not 201: the answers of what creates are kept for a day to be given again, and a secret must not be kept.
@router.post("/people/{person_id}/keys")
async def create_key(person_id: UUID, body: NewKey, identity: Identity, now: Now, caller: Administrator) -> KeyMade:
    """Make a key. Its secret is shown this once; who lost the answer revokes the key and makes another."""
    key_id, secret = await actions.create_key(
        identity, person_id, body.label, body.scopes, at=now, by=caller.person_id, expires_at=body.expires_at
    )
    return KeyMade(key_id=key_id, secret=secret)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: UUID, identity: Identity, now: Now, caller: Administrator) -> None:
    """The key stops working at once, everywhere."""
    await actions.revoke_key(identity, key_id, at=now, by=caller.person_id)


async def _known(identity: Connection, person_id: UUID) -> people.Person:
    found = await people.find(identity, [person_id])
    if not found:
        raise NotFound
    return found[0]
