"""Passwords: kept as argon2id hashes, and compared in the same time whether somebody has one or not."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import UTC, datetime
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from shared.db import Connection, Pool

# OWASP's parameters for argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS = _hasher.hash("nobody has this password")
_AT_ONCE = 4
"""So many hashes are worked out at a time: each takes 19 MiB and a processor, and whoever comes then waits."""
_hashing = asyncio.Semaphore(_AT_ONCE)


async def keep(conn: Connection, person_id: UUID, password: str) -> None:
    """The person's password from now on."""
    async with _hashing:
        hashed = await asyncio.to_thread(_hasher.hash, _plain(password))
    await _keep(conn, person_id, hashed)


async def matches(conn: Connection | Pool, person_id: UUID | None, password: str) -> bool:
    """Whether this is the person's password. Of nobody, and of who has none, it takes as long to say no."""
    kept = await conn.fetchval("SELECT hash FROM passwords WHERE person_id = $1", person_id)
    async with _hashing:
        right = await asyncio.to_thread(_verified, kept or _NOBODYS, _plain(password))
    if kept is None or not right:
        return False
    if _hasher.check_needs_rehash(kept):
        async with _hashing:
            hashed = await asyncio.to_thread(_hasher.hash, _plain(password))
        await _keep(conn, person_id, hashed)
    return True


async def exists(conn: Connection | Pool, person_id: UUID) -> bool:
    found: bool = await conn.fetchval("SELECT EXISTS (SELECT FROM passwords WHERE person_id = $1)", person_id)
    return found


async def forget(conn: Connection, person_id: UUID) -> None:
    await conn.execute("DELETE FROM passwords WHERE person_id = $1", person_id)


async def _keep(conn: Connection | Pool, person_id: UUID | None, hashed: str) -> None:
    await conn.execute(
        """
        INSERT INTO passwords (person_id, hash, set_at) VALUES ($1, $2, $3)
        ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at
        """,
        person_id,
        hashed,
        datetime.now(UTC),
    )


def _verified(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _plain(password: str) -> str:
    """The same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)
