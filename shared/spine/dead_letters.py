"""Events that could not be applied: what waits, and trying again after the cause is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.db import Pool
from shared.log.interface import Partition
from shared.spine import store
from shared.spine.handlers import Handlers, Received


@dataclass(frozen=True, slots=True)
class DeadLetter:
    topic: str
    partition: int
    position: int
    key: str
    type: str
    error: str | None
    """None for an event that only waits behind an earlier one of its key."""
    buried_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Retried:
    topic: str
    key: str
    applied: int
    """Events of this key that took effect now: all of them, or none."""
    error: str | None


async def dead_letters(pool: Pool, *, limit: int = 1000) -> Sequence[DeadLetter]:
    return [DeadLetter(**dict(row)) for row in await store.dead_letters(pool, limit=limit)]


async def retry(
    pool: Pool, handlers: Handlers, *, at: datetime, topic: str | None = None, key: str | None = None
) -> Sequence[Retried]:
    """Apply what is buried, key by key: all events of a key in their order, in one transaction, as heard ``at``."""
    return [
        await _retry_key(pool, handlers, Partition(row["topic"], row["partition"]), row["key"], row["first"], at)
        for row in await store.dead_letter_keys(pool, topic, key)
    ]


async def _retry_key(pool: Pool, handlers: Handlers, partition: Partition, key: str, first: int, at: datetime) -> Retried:
    topic = partition.topic
    try:
        async with pool.acquire() as conn, conn.transaction():
            # While the position is locked nothing of this key can be buried behind what we take away.
            await store.lock_position(conn, partition)
            rows = await store.letters_of(conn, topic, key)
            await handlers(conn, [Received(topic, *row, heard_at=at) for row in rows])
            await store.remove_letters(conn, topic, key)
    except Exception as error:
        await store.note_failure(pool, partition, first, reason := f"{type(error).__name__}: {error}"[:500])
        return Retried(topic, key, 0, reason)
    return Retried(topic, key, len(rows), None)
