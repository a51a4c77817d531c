"""Sign people in: by password and second step, or by a one-time link. All of it happens in the identity database.

Attempts are counted outside of the request's transaction, so that what fails counts too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from services.commitments.rules.passwords import too_easy
from shared import history
from shared.access import NOBODY
from shared.db import Connection, Pool
from shared.errors import Conflict, FieldError, Invalid, Unauthorised
from shared.identity import attempts, one_time, passwords, people, second_steps, sessions
from shared.identity.one_time import Purpose
from shared.identity.people import Person

sign_ins = Counter("parity_sign_ins_total", "Attempts to sign in", ["way", "outcome"])


class NotKnown(Unauthorised):
    """The email address or the password is not right."""


class CodeNotRight(Unauthorised):
    """This code is not right, or was used already. Enter the code that your app shows now."""


class WrongPassword(Invalid):
    """This is not your password."""


class TooEasy(Invalid):
    """This password is too easy to guess."""


class LinkOver(Unauthorised):
    """This link was used already, or is too old. Ask for a new one."""


class NoSecondStep(Conflict):
    """The second step is not turned on."""


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
    await attempts.forget_old(identity)
    return person


async def with_code(identity: Pool, identity_conn: Connection, waiting: str, code: str) -> Person:
    """Whoever gave a password before, and now the code of the second step. ``waiting`` is the secret in between.

    Raises LinkOver where too much time went by, CodeNotRight, TooManyAttempts.
    """
    found = await one_time.look(identity_conn, waiting)
    if found is None or found[1] is not Purpose.SECOND_STEP:
        raise LinkOver("You took too long. Sign in again.")
    person, _ = found
    await attempts.count(identity, f"code {person.id}", most=attempts.PER_ACCOUNT)
    if not await second_steps.accepts(identity_conn, person.id, code):
        sign_ins.labels("code", "refused").inc()
        raise CodeNotRight
    await attempts.forget(identity, f"code {person.id}")
    await one_time.use(identity_conn, waiting, Purpose.SECOND_STEP)
    return person


async def begin_session(
    identity_conn: Connection,
    person: Person,
    *,
    way: str,
    device: str,
    old: str | None,
    at: datetime,
    lasts: timedelta = sessions.ABSOLUTE,
) -> str:
    """The secret of a new session. ``old`` is that of the browser's session before, which ends. ``way`` says how they came."""
    if old:
        await sessions.end(identity_conn, old)
    await sessions.forget_old(identity_conn, person.id)
    await one_time.forget_old(identity_conn, person.id)
    secret = await sessions.begin(identity_conn, person.id, device=device, lasts=lasts)
    await _remember(identity_conn, person.id, "signed in", by=person.id, at=at, way=way)
    sign_ins.labels(way, "signed in").inc()
    return secret


async def make_link(identity_conn: Connection, person_id: UUID, *, by: UUID = NOBODY, at: datetime) -> str:
    """The secret of a one-time link to set a password; those made before are good no more."""
    await one_time.use_up(identity_conn, person_id)
    await _remember(identity_conn, person_id, "link made", by=by, at=at)
    return await one_time.make(identity_conn, person_id, Purpose.SET_PASSWORD)


async def make_link_for(identity_conn: Connection, email: str, *, at: datetime) -> tuple[Person, str] | None:
    """For who forgot the password: a link beside those made before, so that a stranger's asking spoils none."""
    person = await people.by_email(identity_conn, email)
    if person is None:
        return None
    await _remember(identity_conn, person.id, "link asked for", by=NOBODY, at=at)
    return person, await one_time.make(identity_conn, person.id, Purpose.SET_PASSWORD)


async def set_password_by_link(identity_conn: Connection, secret: str, password: str, *, at: datetime) -> Person:
    """Raises LinkOver, TooEasy; then the link stays good."""
    person = await one_time.use(identity_conn, secret, Purpose.SET_PASSWORD)
    if person is None:
        raise LinkOver
    await _set_password(identity_conn, person, password, at=at)
    return person


async def change_password(
    identity: Pool, identity_conn: Connection, person: Person, now: str, password: str, *, at: datetime
) -> None:
    """All sessions of the person end. Raises WrongPassword, TooEasy, TooManyAttempts."""
    await attempts.count(identity, f"account {person.email.lower()}", most=attempts.PER_ACCOUNT)
    if not await passwords.matches(identity_conn, person.id, now):
        raise WrongPassword(errors=[FieldError("/now", "This is not your password")])
    await attempts.forget(identity, f"account {person.email.lower()}")
    await _set_password(identity_conn, person, password, at=at)


async def turn_second_step_on(identity_conn: Connection, person_id: UUID, secret: str, code: str, *, at: datetime) -> list[str]:
    """The recovery codes. ``code`` proves that the app has ``secret``. Raises CodeNotRight."""
    step = second_steps.step_of(secret, code)
    if step is None:
        raise CodeNotRight
    await _remember(identity_conn, person_id, "second step turned on", by=person_id, at=at)
    return await second_steps.turn_on(identity_conn, person_id, secret, step=step)


async def turn_second_step_off(identity: Pool, identity_conn: Connection, person_id: UUID, code: str, *, at: datetime) -> None:
    """Raises CodeNotRight, TooManyAttempts."""
    await attempts.count(identity, f"code {person_id}", most=attempts.PER_ACCOUNT)
    if not await second_steps.accepts(identity_conn, person_id, code):
        raise CodeNotRight
    await second_steps.turn_off(identity_conn, person_id)
    await _remember(identity_conn, person_id, "second step turned off", by=person_id, at=at)


async def take_second_step_away(identity_conn: Connection, person_id: UUID, *, by: UUID, at: datetime) -> None:
    """For somebody who lost both the app and the recovery codes. Raises NoSecondStep."""
    if not await second_steps.turn_off(identity_conn, person_id):
        raise NoSecondStep
    await sessions.end_all(identity_conn, person_id)
    await _remember(identity_conn, person_id, "second step turned off", by=by, at=at)


async def _set_password(identity_conn: Connection, person: Person, password: str, *, at: datetime) -> None:
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
