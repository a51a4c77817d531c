"""Reading from Apache Kafka, at offsets that PostgreSQL keeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.log.interface import PARTITIONS, Delivered, LogUnavailable, Partition, ReadFrom

_STOP_SECONDS = 5
_STUCK_SECONDS = 30
"""aiokafka may stop fetching after a broker's restart without saying so: records that wait for so long are a fault."""


def position_of(record: ConsumerRecord) -> int:
    """0, which is nobody's position, for a record that no relay sent."""
    for name, value in record.headers:
        if name == "position":
            return int(value)
    return 0


@contextmanager
def available() -> Iterator[None]:
    """What goes wrong with Kafka is LogUnavailable; also where aiokafka, cancelling tasks of its own, seems to cancel ours."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailable(f"Kafka does not answer: {error!r}") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise LogUnavailable("Kafka's client gave up") from error


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """aiokafka's stop() may hang where the broker is gone, or raise that it was cancelled. Neither is for us to see."""
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait({stopping}, timeout=_STOP_SECONDS)
    if not stopping.done():
        stopping.cancel()
    elif not stopping.cancelled():
        stopping.exception()


class KafkaReader:
    def __init__(self, consumer: AIOKafkaConsumer, read_from: ReadFrom) -> None:
        self._consumer = consumer
        self._read_from = read_from
        self._next: dict[TopicPartition, int] = {}
        self._failure: Exception | None = None
        self._progress = time.monotonic()

    async def start(self, topics: Collection[str], *, group: str | None) -> None:
        if group is not None:
            self._consumer.subscribe(topics=list(topics), listener=_Listener(self))
            await self._consumer.start()
        else:
            await self._consumer.start()
            partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
            self._consumer.assign(partitions)
            await self.assigned(partitions)

    async def close(self) -> None:
        await stop(self._consumer)

    async def read(self, limit: int, patience: float) -> Sequence[Delivered]:
        with available():
            found = await self._consumer.getmany(timeout_ms=int(patience * 1000), max_records=limit)
            if not found and time.monotonic() > self._progress + _STUCK_SECONDS:
                await self._see_whether_stuck()
        if self._failure is not None:
            raise self._failure
        delivered = []
        for partition, records in found.items():
            name = Partition(*partition)
            delivered += [Delivered(name, r.offset, position_of(r), r.key or b"", r.value or b"") for r in records]
            self._next[partition] = records[-1].offset + 1
            self._progress = time.monotonic()
        return delivered

    async def lag(self) -> Mapping[Partition, int]:
        with available():
            return await self._lag()

    async def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """Read on where PostgreSQL says. Until then nothing is delivered: aiokafka fetches from the wrong offset meanwhile."""
        self._consumer.pause(*partitions)
        offsets = await self._read_from([Partition(*partition) for partition in partitions])
        for partition in partitions:
            self._next[partition] = offsets[Partition(*partition)]
            self._consumer.seek(partition, self._next[partition])
        self._consumer.resume(*partitions)

    def revoked(self) -> None:
        self._next.clear()

    def failed(self, error: Exception) -> None:
        """aiokafka swallows what a listener raises; the next read raises it."""
        self._failure = error

    async def _see_whether_stuck(self) -> None:
        waiting = {partition: number for partition, number in (await self._lag()).items() if number}
        if waiting:
            raise LogUnavailable(f"Kafka has records for us and has delivered none for {_STUCK_SECONDS} seconds: {waiting}")
        self._progress = time.monotonic()

    async def _lag(self) -> dict[Partition, int]:
        following = dict(self._next)
        async with asyncio.timeout(10):
            firsts = await self._consumer.beginning_offsets(list(following))
            ends = await self._consumer.end_offsets(list(following))
        return {Partition(*p): max(ends[p] - max(offset, firsts[p]), 0) for p, offset in following.items()}


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, reader: KafkaReader) -> None:
        self._reader = reader

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._reader.revoked()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        try:
            await self._reader.assigned(list(assigned))
        except Exception as error:
            self._reader.failed(error)
            raise
