"""How often somebody may try to sign in: counted per account and per address, in the database, over all replicas."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from shared.db import Pool
from shared.errors import ParityError

WITHIN = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 100
"""A hospital may have one address for all its people."""


class TooManyAttempts(ParityError):
    """There were too many attempts to sign in. Wait 15 minutes, then try again."""

    status = 429


async def count(pool: Pool, subject: str, *, most: int, at: datetime | None = None) -> None:
    """Count an attempt, before anything is compared. Raises TooManyAttempts. ``subject`` is kept as a hash."""
    at = at or datetime.now(UTC)
    number: int = await pool.fetchval(
        """
        INSERT INTO attempts (subject_sha256, number, since) VALUES ($1, 1, $2)
        ON CONFLICT (subject_sha256) DO UPDATE SET
            number = CASE WHEN attempts.since <= $3 THEN 1 ELSE attempts.number + 1 END,
            since = CASE WHEN attempts.since <= $3 THEN $2 ELSE attempts.since END
        RETURNING number
        """,
        _hash(subject),
        at,
        at - WITHIN,
    )
    if number > most:
        raise TooManyAttempts


async def take_back(pool: Pool, subject: str) -> None:
    """This one succeeded, and does not count."""
    await pool.execute("UPDATE attempts SET number = greatest(number - 1, 0) WHERE subject_sha256 = $1", _hash(subject))


async def forget(pool: Pool, subject: str) -> None:
    """It succeeded: what failed before no longer counts."""
    await pool.execute("DELETE FROM attempts WHERE subject_sha256 = $1", _hash(subject))


async def forget_old(pool: Pool) -> None:
    await pool.execute("DELETE FROM attempts WHERE since <= $1", datetime.now(UTC) - WITHIN)


def _hash(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "replace")).digest()
