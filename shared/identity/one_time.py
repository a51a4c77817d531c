"""One-time secrets: links that let a person set a password or sign in, and the half-way house between password and code.

Only their SHA-256 is kept, and each is good once. Their times are the real ones, also in a demonstration.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.db import Connection, Pool
from shared.identity.keys import digest
from shared.identity.people import Person, person_of_row


class Purpose(StrEnum):
    SET_PASSWORD = "set_password"  # noqa: S105
    SIGN_IN = "sign_in"
    """Of the people of a demonstration only."""
    SECOND_STEP = "second_step"
    """The password was right; the code of the second step is asked for."""


LASTS = {
    Purpose.SET_PASSWORD: timedelta(days=3),
    Purpose.SIGN_IN: timedelta(days=1),
    Purpose.SECOND_STEP: timedelta(minutes=10),
}


async def make(conn: Connection | Pool, person_id: UUID, purpose: Purpose, *, at: datetime | None = None) -> str:
    """A new secret, which nobody can read again."""
    secret = secrets.token_urlsafe(32)
    at = at or datetime.now(UTC)
    await conn.execute(
        "INSERT INTO one_time_links (secret_sha256, person_id, purpose, made_at, ends_at) VALUES ($1, $2, $3, $4, $5)",
        digest(secret),
        person_id,
        purpose,
        at,
        at + LASTS[purpose],
    )
    return secret


async def look(conn: Connection | Pool, secret: str, *, at: datetime | None = None) -> tuple[Person, Purpose] | None:
    """Whose it is and what for, where it is still good. It stays good."""
    row = await conn.fetchrow(
        """
        SELECT p.*, l.purpose FROM one_time_links l JOIN people p ON p.id = l.person_id
        WHERE l.secret_sha256 = $1 AND l.used_at IS NULL AND l.ends_at > $2 AND p.removed_at IS NULL
        """,
        digest(secret),
        at or datetime.now(UTC),
    )
    return row and (person_of_row(row), Purpose(row["purpose"]))


async def use(conn: Connection | Pool, secret: str, purpose: Purpose, *, at: datetime | None = None) -> Person | None:
    """Whose it is; from now on it is good no more. None where it is not good, or for something else."""
    row = await conn.fetchrow(
        """
        UPDATE one_time_links l SET used_at = $3 FROM people p
        WHERE l.secret_sha256 = $1 AND l.purpose = $2 AND l.used_at IS NULL AND l.ends_at > $3
          AND p.id = l.person_id AND p.removed_at IS NULL
        RETURNING p.*
        """,
        digest(secret),
        purpose,
        at or datetime.now(UTC),
    )
    return row and person_of_row(row)


async def forget_old(conn: Connection, person_id: UUID) -> None:
    """Those of a person that ended are of no use to anybody."""
    await conn.execute("DELETE FROM one_time_links WHERE person_id = $1 AND ends_at < $2", person_id, datetime.now(UTC))


async def use_up(conn: Connection, person_id: UUID, purpose: Purpose | None = None) -> None:
    """None of a person's secrets (for this purpose) is good any more: they have a new password, another address, or left."""
    await conn.execute(
        """
        UPDATE one_time_links SET used_at = $2
        WHERE person_id = $1 AND used_at IS NULL AND ($3::text IS NULL OR purpose = $3)
        """,
        person_id,
        datetime.now(UTC),
        purpose,
    )
