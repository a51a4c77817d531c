"""What an operator does to a running spine; ``parity replay`` and ``parity doctor`` call these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.db import Connection, Pool
from shared.log.interface import Partition
from shared.spine import store


@dataclass(frozen=True, slots=True)
class Hole:
    """Positions ``first`` to ``last`` of a partition have not come, and something after them has."""

    topic: str
    partition: int
    first: int
    last: int
    hole_since: datetime


async def holes(listener: Pool, *, older_than: timedelta = timedelta(minutes=1)) -> Sequence[Hole]:
    """What the log has lost, as the service with this database sees it."""
    return [Hole(**dict(row)) for row in await store.holes(listener, datetime.now(UTC) - older_than)]


async def replay(owner: Connection, *, topic: str, partition: int, after: int) -> bool:
    """Have the relay send everything above position ``after`` again; listeners skip what they know.

    ``owner`` is the database of the service that owns ``topic``. False where nothing above ``after`` was sent yet.
    """
    return await store.set_back_watermark(owner, Partition(topic, partition), after)
