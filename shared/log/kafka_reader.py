"""Reading from Apache Kafka, at offsets that PostgreSQL keeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.log.interface import PARTITIONS, Delivered, LogUnavailable, Partition, ReadFrom

_STUCK_SECONDS = 30
"""aiokafka may stop fetching after a broker's restart without saying so: records that wait for so long are a fault."""


def position_of(record: ConsumerRecord) -> int:
    """0, which is nobody's position, for a record that no relay sent."""
    for name, value in record.headers:
        if name == "position":
            return int(value)
    return 0


class KafkaReader:
    def __init__(self, consumer: AIOKafkaConsumer, read_from: ReadFrom) -> None:
        self._consumer = consumer
        self._read_from = read_from
        self._next: dict[TopicPartition, int] = {}
        self._failure: BaseException | None = None
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
        with suppress(Exception):  # stop() may hang where the broker is gone
            await asyncio.wait_for(self._consumer.stop(), 5)

    async def read(self, limit: int, patience: float) -> Sequence[Delivered]:
        try:
            found = await self._consumer.getmany(timeout_ms=int(patience * 1000), max_records=limit)
            if self._failure is not None:
                raise self._failure
            if not found and time.monotonic() > self._progress + _STUCK_SECONDS:
                await self._see_whether_stuck()
        except (KafkaError, OSError, TimeoutError) as error:
            raise LogUnavailable(f"Kafka does not answer: {error!r}") from error
        delivered = []
        for partition, records in found.items():
            name = Partition(*partition)
            delivered += [Delivered(name, r.offset, position_of(r), r.key or b"", r.value or b"") for r in records]
            self._next[partition] = records[-1].offset + 1
            self._progress = time.monotonic()
        return delivered

    async def lag(self) -> Mapping[Partition, int]:
        try:
            return await self._lag()
        except (KafkaError, OSError, TimeoutError) as error:
            raise LogUnavailable(f"Kafka does not answer: {error!r}") from error

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

    def failed(self, error: BaseException) -> None:
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
        except BaseException as error:
            self._reader.failed(error)
            raise
