"""The consumer: hands a service batches in log order, and moves its position in the same transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import structlog

from shared.clock import Clock, SystemClock
from shared.db import Connection, Pool, no_answer, reason, unavailable
from shared.events import EVENTS, UnknownEvent
from shared.log.interface import Delivered, EventLog, LogUnavailable, Partition, Reader, topic_in
from shared.spine import metrics, store, tracing
from shared.spine.handlers import Handlers, Received
from shared.spine.positions import Sifted, Standing, sift
from shared.spine.relay import EpochBehind

_BATCH = 2000
_PATIENCE_SECONDS = 1.0
_TRIES = 3
_FIRST_PAUSE_SECONDS = 0.2
_MOST_IN_A_ROW = 5
_LOOK_SECONDS = 10

logger = structlog.get_logger()


class SwapLost(Exception):
    """Another member has moved a position that we believed to be ours: it owns the partition now."""


class ConsumerStopped(Exception):
    """Going on would bury events that a newer version of this service may be able to apply."""


class Consumer:
    """``hole_seconds``: how long an event may be missing before that is an alarm."""

    def __init__(
        self,
        *,
        pool: Pool,
        log: EventLog,
        handlers: Handlers,
        epoch: int = 1,
        batch: int = _BATCH,
        hole_seconds: float = 60,
        clock: Clock | None = None,
    ) -> None:
        self.service = handlers.service
        self.trouble: str | None = None
        """Why nothing is heard at the moment, for people; None where all is well."""
        self._pool = pool
        self._log = log
        self._handlers = handlers
        self._epoch = epoch
        self._batch = batch
        self._clock = clock or SystemClock()
        self._hole_age = timedelta(seconds=hole_seconds)
        self._names = {topic_in(epoch, topic): topic for topic in handlers.topics}
        self._standing: dict[Partition, Standing] = {}
        self._looked = 0.0

    async def run(self) -> NoReturn:
        """Consume for ever as one member of the service's group. An outage is waited out; other errors are raised."""
        pause = 0.1
        while True:
            reader: Reader | None = None
            try:
                await self._begin()
                reader = await self._log.reader(list(self._names), self._read_from, group=self.service)
                self.trouble = None
                while True:
                    await self._take(await reader.read(self._batch, _PATIENCE_SECONDS))
                    await self._look(reader)
                    pause = 0.1
            except SwapLost:
                metrics.fence_rejections_total.labels(self.service).inc()
                logger.info("another member has the partition", service=self.service)
            except Exception as error:
                if not (unavailable(error) or isinstance(error, LogUnavailable)):
                    raise
                self.trouble = no_answer(error) if unavailable(error) else str(error)
                logger.warning("consumer stopped, will start again", service=self.service, reason=self.trouble, seconds=pause)
            finally:
                if reader is not None:
                    await reader.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def drain(self, seconds: float = 60) -> int:
        """Apply everything that the log holds now, and return how much it was. Raises TimeoutError naming what stays missing."""
        await self._begin()
        until = time.monotonic() + seconds
        last = await self._log.last_positions(list(self._names))
        applied = 0
        while await self._behind(last):
            reader = await self._log.reader(list(self._names), self._read_from, group=None)
            try:
                while any(self._standing[partition].position < position for partition, position in last.items()):
                    if time.monotonic() > until:
                        raise TimeoutError(f"{self.service} still waits for {await self._behind(last)}")
                    applied += await self._take(await reader.read(self._batch, 0.1))
            except SwapLost:  # a member of the group runs beside us
                continue
            finally:
                await reader.close()
        return applied

    async def _behind(self, last: Mapping[Partition, int]) -> Sequence[str]:
        found = await self._load()
        return [
            f"{partition.topic}/{partition.number} after position {found[partition].position} up to {position}"
            for partition, position in last.items()
            if found[partition].position < position
        ]

    async def _begin(self) -> None:
        await self._log.create(list(self._names))
        seen = await store.prepare_positions(self._pool, self._handlers.topics, self._epoch)
        if seen > self._epoch:
            raise EpochBehind(EpochBehind.__doc__)

    async def _load(self) -> dict[Partition, Standing]:
        """What the database says, by the log's names."""
        found = await store.standings(self._pool, self._handlers.topics)
        return {Partition(topic_in(self._epoch, topic), number): standing for (topic, number), standing in found.items()}

    async def _read_from(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        found = await self._load()
        self._standing.update({partition: found[partition] for partition in partitions})
        return {partition: found[partition].next_offset for partition in partitions}

    async def _take(self, delivered: Sequence[Delivered], *, tries: int = _TRIES) -> int:
        """Apply a batch; where that fails for good, split it until the event at fault stands alone, and bury that one."""
        if not delivered:
            return 0
        for left in reversed(range(tries)):
            try:
                return await self._apply(delivered)
            except SwapLost:
                raise
            except Exception as error:
                if unavailable(error):
                    raise
                fault = error
                if isinstance(error, UnknownEvent):
                    break
                logger.warning("batch failed", service=self.service, events=len(delivered), error=_in_short(error), left=left)
            if left:
                await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2 ** (tries - 1 - left))
        if len(delivered) == 1:
            return await self._apply(delivered, fault=fault)
        middle = len(delivered) // 2
        return await self._take(delivered[:middle], tries=1) + await self._take(delivered[middle:], tries=1)

    async def _apply(self, delivered: Sequence[Delivered], *, fault: Exception | None = None) -> int:
        """One transaction: move the positions, apply what is due, bury what cannot be. Raises SwapLost."""
        began = time.monotonic()
        sifted = sift(delivered, self._standing)
        now = self._clock.now()
        received = [
            Received(self._names[r.partition.topic], r.partition.number, r.position, r.value, heard_at=now) for r in sifted.due
        ]
        if fault is None:
            for event in received:
                if event.type not in EVENTS:
                    raise UnknownEvent(event.type)
        moved = _count_in_a_row(sifted, fault)
        if fault is not None and received:
            self._stop_if_hopeless(received[0], moved, fault)
        with tracing.batch(self.service, received):
            async with self._pool.acquire() as conn, conn.transaction():
                moves = {
                    Partition(self._names[partition.topic], partition.number): (self._standing[partition], standing)
                    for partition, standing in moved.items()
                }
                if not await store.swap(conn, self._epoch, moves, datetime.now(UTC)):
                    raise SwapLost
                live = await self._bury(conn, sifted.due, received, fault) if received else []
                if live:
                    await self._handlers(conn, live)
        self._standing.update(moved)
        metrics.applied(
            self.service,
            applied=len(live),
            skipped=sifted.skipped,
            buried=len(received) - len(live),
            seconds=time.monotonic() - began,
            age=(self._clock.now() - live[-1].time).total_seconds() if live else None,
        )
        return len(live)

    async def _bury(
        self, conn: Connection, records: Sequence[Delivered], received: Sequence[Received], fault: Exception | None
    ) -> Sequence[Received]:
        """Bury the event at fault (it stands alone) and those of keys that are buried already. Returns the others."""
        keys = await store.buried_keys(conn, self._handlers.topics)
        if not keys and fault is None:
            return received
        live, letters = [], []
        for record, event in zip(records, received, strict=True):
            key = record.key.decode(errors="replace")
            behind = (event.topic, key) in keys
            if behind or fault is not None:
                error, short = (None, "behind another") if behind else (_describe(fault), _in_short(fault))
                letters.append((event.topic, event.partition, event.position, key, _type(event), event.value, error))
                logger.error("buried", service=self.service, what=repr(event), key=key, error=short)
            else:
                live.append(event)
        await store.bury(conn, letters)
        return live

    def _stop_if_hopeless(self, event: Received, moved: Mapping[Partition, Standing], fault: Exception) -> None:
        if isinstance(fault, UnknownEvent):
            raise ConsumerStopped(
                f"{self.service} does not know the event {fault}, position {event.position} of {event.topic}/{event.partition}. "
                "Deploy a version that does, then start it again."
            ) from fault
        if max(standing.buried_in_a_row for standing in moved.values()) > _MOST_IN_A_ROW:
            raise ConsumerStopped(
                f"{self.service} could apply none of the last {_MOST_IN_A_ROW + 1} events of {event.topic}/{event.partition}. "
                f"The last error: {_in_short(fault)}. Mend that, then start it again."
            ) from fault

    async def _look(self, reader: Reader) -> None:
        """Now and then: measure the lag, and name what the log has lost."""
        if time.monotonic() < self._looked + _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        lag = dict.fromkeys(self._handlers.topics, 0)
        for partition, records in (await reader.lag()).items():
            lag[self._names[partition.topic]] += records
        metrics.lag(self.service, lag)
        for hole in await store.holes(self._pool, datetime.now(UTC) - self._hole_age):
            logger.error(
                "the log lost events; send them again with: parity replay",
                service=self.service,
                topic=hole["topic"],
                partition=hole["partition"],
                first=hole["first"],
                last=hole["last"],
            )


def _count_in_a_row(sifted: Sifted, fault: Exception | None) -> Mapping[Partition, Standing]:
    """Events buried one after another in a partition; anything that is applied in it starts the count anew."""
    due = {record.partition for record in sifted.due}
    return {
        partition: replace(standing, buried_in_a_row=0 if fault is None else standing.buried_in_a_row + 1)
        if partition in due
        else standing
        for partition, standing in sifted.moved.items()
    }


def _type(event: Received) -> str:
    try:
        return event.type
    except (ValueError, KeyError, TypeError):
        return "unreadable"


def _in_short(error: Exception | None) -> str:
    """Without PostgreSQL's DETAIL, which quotes the row: for the log."""
    return f"{type(error).__name__}: {reason(error)}" if error is not None else ""


def _describe(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}"[:500]
