"""Who came back from the provider: found by the account there, or by the address; added where its organisation is known.

What the provider says of roles and organisation holds from then on. Who was removed in Parity stays out, whatever it says.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.commitments.actions import people as people_actions
from services.commitments.models.organisations import Organisation
from services.commitments.models.people import NewPerson
from services.commitments.rules.organisations import identifier_of
from services.commitments.rules.people import must_fit
from services.commitments.rules.provider import Claimed
from services.commitments.store import organisations as store
from shared.access import NOBODY, Role
from shared.db import Connection, Pool
from shared.errors import Forbidden
from shared.identity import people, providers, sessions
from shared.identity.people import Person
from shared.locks import lock_key


class AccessTakenAway(Forbidden):
    """An administrator took your access to Parity away. Ask them if you need it again."""


class NotAddedYet(Forbidden):
    """You are not known to Parity yet. Ask an administrator to add you, with the email address by which you sign in."""


class NoRole(Forbidden):
    """You hold no role in Parity. Ask whoever gives you access to it at your organisation."""


class OrganisationNotRecorded(Forbidden):
    """Your organisation is not recorded in Parity. Ask an administrator to record it."""


async def with_provider(identity: Pool, conn: Connection, identity_conn: Connection, said: Claimed, *, at: datetime) -> Person:
    """Raises AccessTakenAway, NotAddedYet, NoRole, OrganisationNotRecorded, RoleDoesNotFit."""
    await identity_conn.execute("SELECT pg_advisory_xact_lock($1)", lock_key("provider", said.issuer, said.subject))
    known = await providers.person_of(identity_conn, said.issuer, said.subject)
    if known is None and said.email is not None:
        known = await providers.person_with_email(identity_conn, said.email)
        if known is not None and not known.removed:
            await providers.keep_account(identity_conn, said.issuer, said.subject, known.person.id)
    if known is not None and known.removed:
        raise AccessTakenAway
    if said.roles is not None and not said.roles:
        if known is not None:
            await sessions.end_all(identity, known.person.id)  # at once: what follows undoes this transaction
        raise NoRole
    employer = await _employer(conn, said)
    if known is None:
        return await _add(identity_conn, said, employer, at=at)
    return await _brought_up_to_date(conn, identity_conn, known.person, said, employer, at=at)


async def _employer(conn: Connection, said: Claimed) -> Organisation | None:
    if said.organisation is None:
        return None
    number = identifier_of(said.organisation)
    found = await store.find_organisation_by_identifier(conn, number.scheme, number.id) if number else None
    if found is None:
        raise OrganisationNotRecorded
    return found


async def _add(identity_conn: Connection, said: Claimed, employer: Organisation | None, *, at: datetime) -> Person:
    if said.email is None or employer is None or not said.roles:
        raise NotAddedYet
    must_fit(said.roles, employer)
    new = NewPerson(name=said.name, email=said.email, organisation_id=employer.organisation_id, roles=said.roles)
    added = await people_actions.add_person(identity_conn, new, by=NOBODY, at=at)
    await providers.keep_account(identity_conn, said.issuer, said.subject, added.person_id)
    return await _read(identity_conn, added.person_id)


async def _brought_up_to_date(
    conn: Connection, identity_conn: Connection, person: Person, said: Claimed, employer: Organisation | None, *, at: datetime
) -> Person:
    held = frozenset(Role(role) for role in person.roles)
    wanted = said.roles or held
    moves = employer is not None and employer.organisation_id != person.organisation_id
    if not moves and wanted == held:
        return person
    works_at = employer or await store.organisation(conn, person.organisation_id)
    if works_at is not None:
        must_fit(wanted, works_at)
    if employer is not None and moves:
        await people_actions.move_person(identity_conn, person.id, employer.organisation_id, at=at)
    await people_actions.change_roles(identity_conn, person.id, wanted, was=held, at=at)
    return await _read(identity_conn, person.id)


async def _read(identity_conn: Connection, person_id: UUID) -> Person:
    [person] = await people.find(identity_conn, [person_id])
    return person
