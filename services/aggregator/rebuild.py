"""``rebuild totals``: build everything anew from the event log, beside the live tables, and say what differs.

It is the same fold over the same events, by the spine's own consumer, in tables of the same names in another schema. A file of
its own, since it stands above one connection: it reads the log, and keeps what it did as it goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from math import inf
from urllib.parse import quote

from services.aggregator.handlers import handlers
from services.aggregator.models.rebuilding import Rebuilt
from services.aggregator.store import fold
from services.aggregator.store import publications as publications_store
from services.aggregator.store import rebuilding as store
from shared.clock import Clock
from shared.db import Connection, Pool, connect_pool
from shared.errors import Conflict
from shared.log.interface import Appended, Delivered, EventLog, Partition, Reader, ReadFrom, Record, topic_in
from shared.spine.consumer import Consumer

_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 60
_SHOWN = 100

Progress = Callable[[int, int], None]
"""Told how many events were read, of how many."""


class LogIncomplete(Conflict):
    """The log does not hold every event that the totals stand on. Send them again with `parity replay`, then rebuild again."""


async def rebuild_totals(
    url: str, log: EventLog, *, epoch: int, clock: Clock, swap: bool = False, progress: Progress = lambda done, total: None
) -> Rebuilt:
    """Rebuild up to where the aggregator has heard, compare row by row and, where ``swap`` says so, put right what differs.

    ``url`` is the aggregator's own database, not through a pooler. What was interrupted goes on where it stood; ``swap`` takes
    what was rebuilt last and reads only what came since. Raises LogIncomplete.
    """
    live = await connect_pool(url, name="parity rebuild", min_size=0, max_size=2)
    beside = await connect_pool(_in_schema(url, "rebuild,public"), name="parity rebuild", min_size=0, max_size=4)
    try:
        async with live.acquire() as conn, conn.transaction():
            if not swap and await store.compared_at(conn) is not None:
                await store.empty(conn)
            await store.begin(conn)
        rebuilding = _Rebuilding(beside, log, epoch, clock, progress)
        await rebuilding.up_to(await store.positions(live))
        async with live.acquire() as conn, conn.transaction():
            await publications_store.lock_heard(conn)
            await rebuilding.up_to(heard := await store.positions(conn))
            return await _compare(conn, events=sum(heard.values()), swap=swap, at=clock.now())
    finally:
        await live.close()
        await beside.close()


async def _compare(conn: Connection, *, events: int, swap: bool, at: datetime) -> Rebuilt:
    compared = {table: await store.count(conn, table) for table in store.TABLES}
    found = {table: await store.differences(conn, table, _SHOWN) for table in store.TABLES}
    if swap:
        if await store.ledger_knows_more(conn):
            raise LogIncomplete
        await store.swap(conn, mark=await fold.lock_feed(conn), at=at)
        await store.empty(conn)
    else:
        await store.finish(conn, at)
    return Rebuilt(
        events=events,
        compared=compared,
        differing={table: number for table, (number, _) in found.items() if number},
        differences=[difference for _, rows in found.values() for difference in rows][:_SHOWN],
        swapped=swap,
    )


class _Rebuilding:
    """The fold beside the live tables."""

    def __init__(self, pool: Pool, log: EventLog, epoch: int, clock: Clock, progress: Progress) -> None:
        self._pool = pool
        self._log = log
        self._epoch = epoch
        self._clock = clock
        self._progress = progress

    async def up_to(self, heard: Mapping[tuple[str, int], int]) -> None:
        """Raises LogIncomplete where nothing has come for a minute."""
        bounds = {Partition(topic_in(self._epoch, topic), number): position for (topic, number), position in heard.items()}
        consumer = Consumer(
            pool=self._pool, log=_UpTo(self._log, bounds), handlers=handlers, epoch=self._epoch, clock=self._clock
        )
        draining = asyncio.create_task(consumer.drain(seconds=inf))
        try:
            before, since = -1, time.monotonic()
            while not draining.done():
                await asyncio.wait({draining}, timeout=_LOOK_SECONDS)
                reached = sum((await store.rebuilt_positions(self._pool)).values())
                self._progress(reached, sum(heard.values()))
                if reached > before:
                    before, since = reached, time.monotonic()
                elif time.monotonic() > since + _PATIENCE_SECONDS:
                    raise LogIncomplete
            await draining
        finally:
            draining.cancel()


class _UpTo:
    """A log that ends where it is told to."""

    def __init__(self, log: EventLog, bounds: Mapping[Partition, int]) -> None:
        self._log = log
        self._bounds = bounds

    async def create(self, topics: Collection[str]) -> None:
        await self._log.create(topics)

    async def append(self, records: Sequence[Record]) -> Appended:
        raise NotImplementedError("a rebuild only reads")

    async def last_positions(self, topics: Collection[str]) -> Mapping[Partition, int]:
        return {partition: bound for partition, bound in self._bounds.items() if partition.topic in topics}

    async def reader(self, topics: Collection[str], read_from: ReadFrom, *, group: str | None) -> Reader:
        return _ReaderUpTo(await self._log.reader(topics, read_from, group=group), self._bounds)

    async def close(self) -> None:
        """The log is its owner's."""


class _ReaderUpTo:
    def __init__(self, reader: Reader, bounds: Mapping[Partition, int]) -> None:
        self._reader = reader
        self._bounds = bounds
        self.lag = reader.lag
        self.close = reader.close

    async def read(self, limit: int, patience: float) -> Sequence[Delivered]:
        delivered = await self._reader.read(limit, patience)
        return [record for record in delivered if record.position <= self._bounds.get(record.partition, 0)]


def _in_schema(url: str, search_path: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}search_path={quote(search_path)}"
