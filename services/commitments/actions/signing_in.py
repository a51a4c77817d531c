"""Sign people in: by password, or by a one-time link. All of it happens in the identity database, its history included.

Attempts are counted outside of the request's transaction, so that what fails counts too.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from prometheus_client import Counter

from services.commitments.rules.passwords import too_easy
from shared import history
from shared.access import NOBODY
from shared.db import Connection, Pool
from shared.errors import FieldError, Invalid, Unauthorised
from shared.identity import attempts, one_time, passwords, people, sessions
from shared.identity.one_time import Purpose
from shared.identity.people import Person

sign_ins = Counter("parity_sign_ins_total", "Attempts to sign in", ["way", "outcome"])


class NotKnown(Unauthorised):
    """The email address or the password is not right."""


class TooEasy(Invalid):
    """This password is too easy to guess."""


class LinkOver(Unauthorised):
    """This link was used already, or is too old. Ask for a new one."""


async def with_password(identity: Pool, email: str, password: str, *, address: str) -> Person:
    """Whoever this is. The same error, after the same time, whether the address is unknown or the password wrong.

    Raises NotKnown, TooManyAttempts.
    """
    account, place = f"account {email.lower()}", f"address {address}"
    await attempts.count(identity, place, most=attempts.PER_ADDRESS)
    await attempts.count(identity, account, most=attempts.PER_ACCOUNT)
    person = await people.by_email(identity, email)
    if not await passwords.matches(identity, person.id if person else None, password) or person is None:
        sign_ins.labels("password", "refused").inc()
        raise NotKnown
    await attempts.forget(identity, account)
    await attempts.take_back(identity, place)
    return person


async def begin_session(
    identity_conn: Connection, person: Person, *, way: str, device: str, old: str | None, at: datetime
) -> str:
    """The secret of a new session. ``old`` is that of the browser's session before, which ends. ``way`` says how they came."""
    if old:
        await sessions.end(identity_conn, old)
    secret = await sessions.begin(identity_conn, person.id, device=device)
    await _remember(identity_conn, person.id, "signed in", by=person.id, at=at, way=way)
    sign_ins.labels(way, "signed in").inc()
    return secret


async def make_link(identity_conn: Connection, person_id: UUID, *, by: UUID = NOBODY, at: datetime) -> str:
    """The secret of a one-time link to set a password; those made before are good no more."""
    await one_time.use_up(identity_conn, person_id)
    await _remember(identity_conn, person_id, "link made", by=by, at=at)
    return await one_time.make(identity_conn, person_id, Purpose.SET_PASSWORD)


async def set_password_by_link(identity_conn: Connection, secret: str, password: str, *, at: datetime) -> Person:
    """Raises LinkOver, TooEasy; then the link stays good."""
    person = await one_time.use(identity_conn, secret, Purpose.SET_PASSWORD)
    if person is None:
        raise LinkOver
    await set_password(identity_conn, person, password, at=at)
    return person


async def set_password(identity_conn: Connection, person: Person, password: str, *, at: datetime) -> None:
    """All sessions of the person end, and no link is good any more. Raises TooEasy."""
    if wrong := too_easy(password, (person.name, person.email)):
        raise TooEasy(errors=[FieldError("/password", wrong)])
    await passwords.keep(identity_conn, person.id, password)
    await one_time.use_up(identity_conn, person.id)
    await sessions.end_all(identity_conn, person.id)
    await _remember(identity_conn, person.id, "password set", by=person.id, at=at)


async def _remember(identity_conn: Connection, person_id: UUID, action: str, *, by: UUID, at: datetime, **detail: object) -> None:
    await history.record(
        identity_conn, at=at, by=by, contract_id=None, subject="person", subject_id=person_id, action=action, detail=detail
    )
