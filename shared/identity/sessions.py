"""Sessions of signed-in people: rows, so that they can be ended; the browser holds 256 random bits, the row their SHA-256.

Their times are the real ones, also in a demonstration, whose clock leaps.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.db import Connection, Pool
from shared.identity.keys import digest
from shared.identity.people import Person, person_of_row

IDLE = timedelta(hours=1)
"""A session that nobody used for so long is over."""
ABSOLUTE = timedelta(hours=12)
"""A session is over after so long, used or not."""
_NOTE_EVERY = timedelta(minutes=1)
_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Session:
    """A session as its person sees it. ``id`` tells it from others and opens nothing."""

    id: str
    device: str
    begun_at: datetime
    last_seen_at: datetime


async def begin(
    conn: Connection | Pool, person_id: UUID, *, at: datetime | None = None, device: str = "", lasts: timedelta = ABSOLUTE
) -> str:
    """A new session. Returns its secret, for the cookie; nobody can read it again. ``lasts``: used or not."""
    secret = secrets.token_urlsafe(32)
    at = at or datetime.now(UTC)
    await conn.execute(
        """
        INSERT INTO sessions (secret_sha256, person_id, begun_at, last_seen_at, ends_at, device)
        VALUES ($1, $2, $3, $3, $4, $5)
        """,
        digest(secret),
        person_id,
        at,
        at + lasts,
        device,
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
    return person_of_row(row)


async def of_person(conn: Connection | Pool, person_id: UUID, *, at: datetime | None = None) -> list[Session]:
    """A person's sessions that are not over, the one used last first."""
    at = at or datetime.now(UTC)
    rows = await conn.fetch(
        """
        SELECT encode(secret_sha256, 'hex') AS id, device, begun_at, last_seen_at FROM sessions
        WHERE person_id = $1 AND ended_at IS NULL AND ends_at > $2 AND last_seen_at > $3 ORDER BY last_seen_at DESC
        """,
        person_id,
        at,
        at - IDLE,
    )
    return [Session(row["id"], row["device"], row["begun_at"], row["last_seen_at"]) for row in rows]


def id_of(secret: str) -> str:
    """The id of the session with this secret."""
    return digest(secret).hex()


async def end(conn: Connection | Pool, secret: str) -> None:
    """End this session."""
    await conn.execute(
        "UPDATE sessions SET ended_at = $2 WHERE secret_sha256 = $1 AND ended_at IS NULL", digest(secret), datetime.now(UTC)
    )


async def forget_old(conn: Connection, person_id: UUID) -> None:
    """Those of a person that were over a month ago are of no use to anybody."""
    await conn.execute("DELETE FROM sessions WHERE person_id = $1 AND ends_at < $2", person_id, datetime.now(UTC) - _KEPT)


async def end_one(conn: Connection, person_id: UUID, session_id: str) -> bool:
    """End this session of the person. False where there is no such one that goes on."""
    return (
        await conn.fetchval(
            """
            UPDATE sessions SET ended_at = $3
            WHERE encode(secret_sha256, 'hex') = $2 AND person_id = $1 AND ended_at IS NULL RETURNING true
            """,
            person_id,
            session_id,
            datetime.now(UTC),
        )
    ) is True


async def end_all(conn: Connection | Pool, person_id: UUID, *, but: str = "") -> None:
    """End every session of a person: their roles or password changed, or they left. ``but`` is the secret of one that goes on."""
    await conn.execute(
        "UPDATE sessions SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL AND secret_sha256 <> $3",
        person_id,
        datetime.now(UTC),
        digest(but),
    )
