"""A service that tells and one that listens, small enough to count on fingers: what the spine's own tests are made of.

The listener keeps the newest version per key, the sum of their totals, and a journal of every application: an event that took
effect twice, or not at all, shows in the journal even where the facts would hide it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from shared.db import Connection, Pool, connect_pool
from shared.events.icb_totals import QuarterPublished
from shared.ids import new_id
from shared.log.interface import EventLog, partition_of
from shared.quarters import Quarter
from shared.spine import Handlers, Received, publish
from shared.spine.consumer import Consumer
from shared.spine.relay import Relay

TOPIC = "icb-totals"
AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
QUARTER = Quarter.parse("2026-27-Q2")

TABLES = """
    CREATE TABLE IF NOT EXISTS facts (key uuid PRIMARY KEY, version int NOT NULL, totals int NOT NULL);
    CREATE TABLE IF NOT EXISTS journal (
        number bigint GENERATED ALWAYS AS IDENTITY, partition int NOT NULL, position bigint NOT NULL,
        key uuid NOT NULL, version int NOT NULL
    );
"""

_listeners = count(1)


def event(key: UUID, version: int, totals: int = 1) -> QuarterPublished:
    return QuarterPublished(publication_id=key, quarter=QUARTER, number=version, version=version, published_at=AT, totals=totals)


def keys_of_partition(number: int, how_many: int = 1) -> list[UUID]:
    """Fresh keys that all fall into one partition."""
    found: list[UUID] = []
    while len(found) < how_many:
        if partition_of(key := new_id()) == number:
            found.append(key)
    return found


class Teller:
    def __init__(self, url: str, pool: Pool, log: EventLog, epoch: int) -> None:
        self.url = url
        self.pool = pool
        self.relay = Relay(service="aggregator", topics=(TOPIC,), url=url, log=log, source="/icb/test/aggregator", epoch=epoch)
        self.consumer: Consumer | None = None

    @classmethod
    async def open(cls, url: str, log: EventLog, epoch: int = 1) -> Teller:
        return cls(url, await connect_pool(url, min_size=0), log, epoch)

    async def tell(self, *events: QuarterPublished) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await publish(conn, *events, at=AT)

    async def tell_versions(self, keys: Iterable[UUID], versions: Iterable[int]) -> None:
        """Every key's versions, one version of all keys after the other."""
        keys = list(keys)
        for version in versions:
            await self.tell(*(event(key, version) for key in keys))

    async def close(self) -> None:
        await self.pool.close()


class Listener:
    """``broken``: keys whose events cannot be applied, for as long as they are in it."""

    def __init__(self, pool: Pool, log: EventLog, epoch: int, **options: Any) -> None:
        self.pool = pool
        self.relay: Relay | None = None
        self.broken: set[UUID] = set()
        self.batches: list[int] = []
        self.handlers = Handlers(f"listener-{next(_listeners)}", topics=(TOPIC,))
        self.handlers.apply(self._fold)
        self.options = {"pool": pool, "log": log, "handlers": self.handlers, "epoch": epoch} | options
        self.consumer = Consumer(**self.options)

    @classmethod
    async def open(cls, url: str, log: EventLog, epoch: int = 1, **options: Any) -> Listener:
        pool = await connect_pool(url, min_size=0)
        await pool.execute(TABLES)
        return cls(pool, log, epoch, **options)

    async def _fold(self, conn: Connection, batch: Sequence[Received]) -> None:
        self.batches.append(len(batch))
        await fold(conn, batch)
        for received in batch:
            if received.key in self.broken:
                raise ValueError(f"cannot apply {received.key}")

    async def journal(self) -> list[tuple[UUID, int]]:
        return [(row["key"], row["version"]) for row in await self.pool.fetch("SELECT key, version FROM journal ORDER BY number")]

    async def facts(self) -> dict[UUID, int]:
        return {row["key"]: row["version"] for row in await self.pool.fetch("SELECT key, version FROM facts")}

    async def close(self) -> None:
        await self.pool.close()


async def fold(conn: Connection, batch: Sequence[Received]) -> None:
    newest = {}
    for received in batch:
        newest[received.key] = received.attributes["data"]
    await conn.execute(
        """
        INSERT INTO facts SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[])
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, totals = excluded.totals
        WHERE facts.version < excluded.version
        """,
        list(newest),
        [data["version"] for data in newest.values()],
        [data["totals"] for data in newest.values()],
    )
    await conn.execute(
        """
        INSERT INTO journal (partition, position, key, version)
        SELECT partition, position, key, version
        FROM unnest($1::int[], $2::bigint[], $3::uuid[], $4::int[]) WITH ORDINALITY AS n (partition, position, key, version, nth)
        ORDER BY nth
        """,
        [received.partition for received in batch],
        [received.position for received in batch],
        [received.key for received in batch],
        [received.attributes["data"]["version"] for received in batch],
    )


@asynccontextmanager
async def running(*work: Any) -> AsyncIterator[None]:
    """Relays and consumers as tasks, until the end of the block. What one of them raises, the block raises."""
    tasks = [asyncio.ensure_future(each.run()) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def until(condition: Any, seconds: float = 120) -> None:
    """Wait until the coroutine function gives something true. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def in_order(journal: Iterable[tuple[UUID, int]]) -> bool:
    """Whether each key's versions are 1, 2, 3, … in the journal, each once."""
    seen: dict[UUID, int] = {}
    for key, version in journal:
        if version != seen.get(key, 0) + 1:
            return False
        seen[key] = version
    return True
