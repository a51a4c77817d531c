"""Sessions of signed-in people: rows, so that they can be ended; the browser holds 256 random bits, the row their SHA-256.

Their times are the real ones, also in a demonstration, whose clock leaps.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.db import Connection, Pool
from shared.identity.keys import digest
from shared.identity.people import Person

IDLE = timedelta(hours=1)
"""A session that nobody used for so long is over."""
ABSOLUTE = timedelta(hours=12)
"""A session is over after so long, used or not."""
_NOTE_EVERY = timedelta(minutes=1)


async def begin(conn: Connection | Pool, person_id: UUID, *, at: datetime | None = None) -> str:
    """A new session. Returns its secret, for the cookie; nobody can read it again."""
    secret = secrets.token_urlsafe(32)
    at = at or datetime.now(UTC)
    await conn.execute(
        "INSERT INTO sessions (secret_sha256, person_id, begun_at, last_seen_at, ends_at) VALUES ($1, $2, $3, $3, $4)",
        digest(secret),
        person_id,
        at,
        at + ABSOLUTE,
    )
    return secret


async def person_of(conn: Connection | Pool, secret: str, *, at: datetime | None = None) -> Person | None:
    """Whose session it is, if it is not over and the person is still with us. Notes that it is used."""
    at = at or datetime.now(UTC)
    row = await conn.fetchrow(
        """
        SELECT p.*, s.last_seen_at FROM sessions s JOIN people p ON p.id = s.person_id
        WHERE s.secret_sha256 = $1 AND s.ended_at IS NULL AND s.ends_at > $2 AND s.last_seen_at > $3 AND p.removed_at IS NULL
        """,
        digest(secret),
        at,
        at - IDLE,
    )
    if row is None:
        return None
    if row["last_seen_at"] < at - _NOTE_EVERY:
        await conn.execute("UPDATE sessions SET last_seen_at = $2 WHERE secret_sha256 = $1", digest(secret), at)
    return Person(row["id"], row["name"], row["email"], row["organisation_id"], tuple(row["roles"]))


async def end(conn: Connection | Pool, secret: str) -> None:
    """End this session."""
    await conn.execute(
        "UPDATE sessions SET ended_at = $2 WHERE secret_sha256 = $1 AND ended_at IS NULL", digest(secret), datetime.now(UTC)
    )


async def end_all(conn: Connection, person_id: UUID) -> None:
    """End every session of a person: their roles changed, or they left."""
    await conn.execute(
        "UPDATE sessions SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL", person_id, datetime.now(UTC)
    )
