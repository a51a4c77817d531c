"""Give people access and take it away. All of it happens in the identity database, its history included.

Neither names nor addresses enter the history: it is kept for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import UniqueViolationError

from services.commitments.models.contracts import Contract
from services.commitments.models.people import Details, NewPerson, Person
from shared import history
from shared.access import NOBODY, Role
from shared.db import Connection, Pool
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.identity import keys, one_time, passwords, people, second_steps, sessions
from shared.identity.one_time import Purpose
from shared.ids import new_id


class EmailTaken(Conflict):
    """Somebody has this address already."""


class NotYourself(Conflict):
    """Nobody takes administration away from themselves, so that an administrator is always left. Ask another administrator."""


class RolesHaveChanged(Conflict):
    """Somebody else has changed these roles since you opened the page, or the person was removed. Look again."""


class DetailsHaveChanged(Conflict):
    """Somebody else has changed this name or address since you opened the page, or the person was removed. Look again."""


class AlreadyExpired(Invalid):
    """This key would have expired before it is made."""


class ExecutiveNotOfBuyer(Invalid):
    """The executive is a contract manager of the buyer: nobody else there can open alerts. Add the person or the role first."""


class OwnerNotOfBuyer(Invalid):
    """An accountable owner is a contract manager of a buyer of the contract: nobody else there can open alerts."""


async def add_person(identity_conn: Connection, new: NewPerson, *, by: UUID = NOBODY, at: datetime) -> Person:
    """Raises EmailTaken."""
    person = Person(person_id=new_id(), **new.model_dump())
    roles = tuple(sorted(person.roles))
    try:
        async with identity_conn.transaction():  # a savepoint: the caller's transaction outlives the refusal
            await people.add(
                identity_conn,
                people.Person(person.person_id, person.name, person.email, person.organisation_id, roles),
                at=at,
            )
    except UniqueViolationError:
        raise _taken() from None
    detail = {"organisation_id": str(person.organisation_id), "roles": list(roles)}
    await _remember(identity_conn, "person", person.person_id, "added", at=at, by=by, **detail)
    return person


async def remove_person(identity_conn: Connection, person_id: UUID, *, by: UUID = NOBODY, at: datetime) -> None:
    """Their keys and sessions stop working at once. Raises NotFound, NotYourself."""
    if person_id == by:
        raise NotYourself
    if not await people.remove(identity_conn, person_id, at=at):
        raise NotFound
    await sessions.end_all(identity_conn, person_id)
    await one_time.use_up(identity_conn, person_id)
    await passwords.forget(identity_conn, person_id)
    await second_steps.turn_off(identity_conn, person_id)
    await _remember(identity_conn, "person", person_id, "removed", at=at, by=by)


async def change_roles(
    identity_conn: Connection,
    person_id: UUID,
    roles: Collection[Role],
    *,
    was: Collection[Role],
    by: UUID = NOBODY,
    at: datetime,
) -> None:
    """Their sessions end; their keys stay, and may do what the new roles allow. ``was``: the roles that were seen.

    Whether roles fit the organisation is asked before, by ``rules.people``. Raises RolesHaveChanged, NotYourself.
    """
    if frozenset(roles) == frozenset(was):
        return
    if person_id == by and Role.ADMINISTRATOR in was and Role.ADMINISTRATOR not in roles:
        raise NotYourself
    if not await people.change_roles(identity_conn, person_id, sorted(roles), was=sorted(was)):
        raise RolesHaveChanged
    await sessions.end_all(identity_conn, person_id)
    detail = {"before": sorted(was), "after": sorted(roles)}
    await _remember(identity_conn, "person", person_id, "roles changed", at=at, by=by, **detail)


async def change_details(
    identity_conn: Connection, person_id: UUID, details: Details, *, was: Details, by: UUID = NOBODY, at: datetime
) -> None:
    """Another name or address, and nothing else: sessions, keys, roles and password stay.

    Links to set a password were mailed to the address before, so with another they are good no more.
    ``was``: what was seen. Raises DetailsHaveChanged, EmailTaken.
    """
    changed = [name for name in ("name", "email") if getattr(details, name) != getattr(was, name)]
    if not changed:
        return
    try:
        async with identity_conn.transaction():
            found = await people.describe(identity_conn, person_id, details.name, details.email, was=(was.name, was.email))
    except UniqueViolationError:
        raise _taken() from None
    if not found:
        raise DetailsHaveChanged
    if "email" in changed:
        await one_time.use_up(identity_conn, person_id, Purpose.SET_PASSWORD)
    await _remember(identity_conn, "person", person_id, "details changed", at=at, by=by, changed=changed)


async def move_person(
    identity_conn: Connection, person_id: UUID, organisation_id: UUID, *, by: UUID = NOBODY, at: datetime
) -> None:
    """To another organisation; their sessions end."""
    await people.move(identity_conn, person_id, organisation_id)
    await sessions.end_all(identity_conn, person_id)
    await _remember(identity_conn, "person", person_id, "moved", at=at, by=by, organisation_id=str(organisation_id))


async def create_key(
    identity_conn: Connection,
    person_id: UUID,
    label: str,
    scopes: Collection[str],
    *,
    at: datetime,
    by: UUID = NOBODY,
    expires_at: datetime | None = None,
) -> tuple[UUID, str]:
    """The key's id and its secret, which nobody can read again. Raises NotFound, AlreadyExpired."""
    if expires_at is not None and expires_at <= at:
        raise AlreadyExpired(errors=[FieldError("/expires_at", "Enter a time to come")])
    if not await people.find(identity_conn, [person_id]):
        raise NotFound
    wanted = sorted(scopes)
    key_id, secret = await keys.create(
        identity_conn, person_id=person_id, label=label, scopes=wanted, at=at, expires_at=expires_at
    )
    await _remember(identity_conn, "key", key_id, "created", at=at, by=by, person_id=str(person_id), scopes=wanted)
    return key_id, secret


async def revoke_key(identity_conn: Connection, key_id: UUID, *, at: datetime, by: UUID = NOBODY) -> None:
    """Raises NotFound where there is no such key that is still good."""
    if not await keys.revoke(identity_conn, key_id, at=at):
        raise NotFound
    await _remember(identity_conn, "key", key_id, "revoked", at=at, by=by)


def opens_alerts(person: people.Person) -> bool:
    """Whether somebody of a buyer may open the alerts that come to them."""
    return Role.CONTRACT_MANAGER in person.roles


async def cannot_open_alerts(identity: Connection | Pool, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people: named before they lost the role, or left."""
    return set(person_ids) - {person.id for person in await people.find(identity, list(person_ids)) if opens_alerts(person)}


async def must_be_of(identity: Connection | Pool, executive_id: UUID | None, buyer_id: UUID) -> None:
    """Raises ExecutiveNotOfBuyer."""
    if executive_id is None:
        return
    found = await people.find(identity, [executive_id])
    if not any(person.organisation_id == buyer_id and opens_alerts(person) for person in found):
        raise ExecutiveNotOfBuyer(errors=[FieldError("/executive_id", "Select a contract manager of this buyer")])


async def owners_must_be_of(identity: Connection | Pool, owners: Sequence[UUID | None], contract: Contract) -> None:
    """``owners``: those that obligations were sent with, in their order. Raises OwnerNotOfBuyer."""
    buyers = {buyer.organisation_id for buyer in contract.buyers}
    named = await people.find(identity, [owner for owner in owners if owner is not None])
    known = {person.id for person in named if person.organisation_id in buyers and opens_alerts(person)}
    errors = [
        FieldError(f"/obligations/{number}/owner_id", "Enter a contract manager of this contract's buyer", "unknown-person")
        for number, owner in enumerate(owners)
        if owner is not None and owner not in known
    ]
    if errors:
        raise OwnerNotOfBuyer(errors=errors)


def _taken() -> EmailTaken:
    return EmailTaken(errors=[FieldError("/email", "Somebody has this address", "taken")])


async def _remember(
    identity_conn: Connection, subject: str, subject_id: UUID, action: str, *, at: datetime, by: UUID, **detail: object
) -> None:
    await history.record(
        identity_conn, at=at, by=by, contract_id=None, subject=subject, subject_id=subject_id, action=action, detail=detail
    )
