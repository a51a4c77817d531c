"""The relay: numbers the outbox's rows and appends them to the event log, in order. One replica at a time does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import orjson
import structlog

from shared.db import Connection, connect, no_answer, unavailable
from shared.db import Record as Row
from shared.locks import lock_key
from shared.log.interface import PARTITIONS, Appended, EventLog, LogMisfit, LogUnavailable, Partition, Record, topic_in
from shared.spine import metrics, store

_CHUNK = 4000
_POLL_SECONDS = 0.05
_GATHER_SECONDS = 0.01
_VERIFY_SECONDS = 60
_SLOW_SECONDS = 5

logger = structlog.get_logger()


class LogAhead(LogMisfit):
    """The log holds events that the outbox does not: the database was restored. Raise the epoch; see docs/operations.md."""


class EpochBehind(Exception):
    """The database has seen a later epoch than this process was started with. Set PARITY_EPOCH to it."""


class Relay:
    """``url``: the service's own database, directly (a session lock does not survive a pooler).

    ``session_seconds``: a relay that does nothing for so long (a stopped process) loses its connection, and with it the lock.
    """

    def __init__(
        self,
        *,
        service: str,
        topics: Sequence[str],
        url: str,
        log: EventLog,
        source: str,
        epoch: int = 1,
        session_seconds: float = 60,
    ) -> None:
        self.service = service
        self.topics = tuple(topics)
        self.trouble: str | None = None
        """Why nothing is sent at the moment, for people; None where all is well."""
        self._url = url
        self._log = log
        self._source = source
        self._epoch = epoch
        self._session_seconds = session_seconds
        self._wake = asyncio.Event()
        self._names = {topic_in(epoch, topic): topic for topic in topics}
        self._partitions = {
            (topic, number): Partition(name, number) for name, topic in self._names.items() for number in range(PARTITIONS)
        }

    def wake(self) -> None:
        """Something was committed in this process: look now, and not at the next poll."""
        self._wake.set()

    async def run(self) -> NoReturn:
        """Relay for ever, whenever the lock is ours. An outage of log or database is waited out; other errors are raised."""
        pause = 0.1
        while True:
            try:
                await self._hold_lock_and_send()
            except Exception as error:
                if not (unavailable(error) or isinstance(error, LogUnavailable | LogMisfit)):
                    raise
                if self.trouble is None:
                    pause = 0.1
                self.trouble = no_answer(error) if unavailable(error) else str(error)
                logger.warning("relay stopped, will start again", service=self.service, reason=self.trouble, seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def drain(self) -> int:
        """Send what there is, and return how much. Where another relay holds the lock, wait until that one has."""
        conn = await self._connect()
        try:
            while not await self._lock(conn):
                if not await store.anything_to_send(conn, self.topics):
                    return 0
                await asyncio.sleep(_POLL_SECONDS)
            await self._begin(conn)
            sent = 0
            while await store.anything_to_send(conn, self.topics):
                sent += await self._send_what_there_is(conn)
            return sent
        finally:
            await conn.close()

    async def _hold_lock_and_send(self) -> NoReturn:
        conn = await self._connect()
        try:
            while not await self._lock(conn):
                self.trouble = None
                await asyncio.sleep(0.5)
            await self._begin(conn)
            while True:
                await self._send_what_there_is(conn)
                await asyncio.sleep(_GATHER_SECONDS)  # a round costs the same for one row as for many
                await self._rest(conn)
        finally:
            await asyncio.wait_for(conn.close(), 5)

    async def _connect(self) -> Any:
        conn = await connect(self._url, name=f"parity relay {self.service}")
        await conn.execute("SELECT set_config('idle_session_timeout', $1, false)", f"{int(self._session_seconds * 1000)}ms")
        return conn

    async def _lock(self, conn: Connection) -> bool:
        held: bool = await conn.fetchval("SELECT pg_try_advisory_lock($1)", lock_key("relay"))
        return held

    async def _rest(self, conn: Connection) -> None:
        """Wait until there is something to send; meanwhile see now and then that the log still has what it had."""
        verified = time.monotonic()
        while not await store.anything_to_send(conn, self.topics):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
            self._wake.clear()
            if time.monotonic() > verified + _VERIFY_SECONDS:
                await self._verify(conn)
                verified = time.monotonic()

    async def _begin(self, conn: Connection) -> None:
        await self._log.create(list(self._names))
        await store.prepare_watermarks(conn, self.topics, self._epoch)
        if any(mark.epoch > self._epoch for mark in (await store.watermarks(conn, self.topics)).values()):
            raise EpochBehind(EpochBehind.__doc__)
        await store.raise_relay_epoch(conn, self.topics, self._epoch)
        await self._verify(conn)
        self.trouble = None

    async def _verify(self, conn: Connection) -> None:
        """Compare the log's last positions with ours while nothing is in flight: a log that lost its end is refilled.

        Raises LogAhead.
        """
        last = await self._log.last_positions(list(self._names))
        for (topic, number), mark in (await store.watermarks(conn, self.topics)).items():
            found = last.get(Partition(topic_in(self._epoch, topic), number), 0)
            if found > mark.numbered:
                raise LogAhead(
                    f"The log holds position {found} of {topic}/{number}, the outbox ends at {mark.numbered}. Nothing is sent. "
                    f"Was the database restored? Then raise PARITY_EPOCH above {self._epoch}; see docs/operations.md."
                )
            if found < mark.sent:
                logger.error(
                    "the log lost events, sending them again", topic=topic, partition=number, first=found + 1, last=mark.sent
                )
                await store.set_back_watermark(conn, Partition(topic, number), found)

    async def _send_what_there_is(self, conn: Connection) -> int:
        """Send until nothing is left, and return how much. Raises LogUnavailable at the first error of the log.

        First what was numbered before and not acknowledged. Then, while one chunk is on its way, the next one is numbered.
        """
        sent = 0
        while rows := await store.unsent(conn, self.topics, chunk=_CHUNK):
            await self._acknowledge(conn, rows, await self._answer(asyncio.ensure_future(self._append(rows))))
            sent += len(rows)
        rows = await store.number(conn, self.topics, chunk=_CHUNK)
        while rows:
            appending = asyncio.ensure_future(self._append(rows))
            try:
                following = await store.number(conn, self.topics, chunk=_CHUNK)
            except BaseException:
                appending.cancel()
                await asyncio.gather(appending, return_exceptions=True)
                raise
            in_place = await self._acknowledge(conn, rows, await self._answer(appending))
            sent += len(rows)
            rows = following if in_place else ()
        return sent

    async def _answer(self, appending: asyncio.Future[Appended]) -> Appended:
        """Wait for the log. Kafka's client tries for as long as the broker is away: people hear of that before it gives up."""
        try:
            if not (await asyncio.wait({appending}, timeout=_SLOW_SECONDS))[0]:
                self.trouble = f"The log has not acknowledged anything for {_SLOW_SECONDS} seconds"
                logger.warning("the log does not answer, still trying", service=self.service)
            appended = await appending
        finally:
            appending.cancel()
        if appended.error is None:
            self.trouble = None
        return appended

    async def _append(self, rows: Sequence[Row]) -> Appended:
        records = []
        for _, id, topic, number, position, type, key, happened, traceparent, data in rows:
            text = str(key)
            value = self._envelope(id, type, text, happened, traceparent, data)
            records.append(Record(self._partitions[topic, number], position, text.encode(), value))
        return await self._log.append(records)

    async def _acknowledge(self, conn: Connection, rows: Sequence[Row], appended: Appended) -> bool:
        """Move the watermarks over what the log has. False where somebody set one back meanwhile."""
        first: dict[Partition, int] = {}
        for row in rows:
            first.setdefault(Partition(row["topic"], row["partition"]), row["position"])
        moves = {}
        for partition, position in appended.acknowledged.items():
            ours = Partition(self._names[partition.topic], partition.number)
            moves[ours] = (first[ours] - 1, position)
        in_place = not moves or await store.move_watermarks(conn, moves)
        metrics.sent(self.service, sum(upto - after for after, upto in moves.values()))
        if appended.error is not None:
            raise LogUnavailable(f"The log did not take all events: {appended.error}") from appended.error
        return in_place

    def _envelope(self, id: UUID, type: str, key: str, happened: datetime, traceparent: str | None, data: str) -> bytes:
        """As ``Envelope.encode`` writes it, without parsing the data that the outbox holds as text."""
        envelope = {
            "specversion": "1.0",
            "id": str(id),
            "source": self._source,
            "type": type,
            "time": happened,
            "partitionkey": key,
            "traceparent": traceparent,
            "datacontenttype": "application/json",
            "data": orjson.Fragment(data),
        }
        if traceparent is None:
            del envelope["traceparent"]
        return orjson.dumps(envelope, option=orjson.OPT_UTC_Z)
