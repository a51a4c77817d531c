"""Reading from Apache Kafka, at offsets that PostgreSQL keeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    AuthenticationFailedError,
    BrokerResponseError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
)

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
def available(servers: Sequence[str]) -> Iterator[None]:
    """What goes wrong with Kafka is LogUnavailable; also where aiokafka, cancelling tasks of its own, seems to cancel ours."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailable(f"Kafka at {', '.join(servers)} {_in_words(error)}") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise LogUnavailable(f"Kafka at {', '.join(servers)} stopped answering. Is a broker running there?") from error


def _in_words(error: Exception) -> str:
    """What happened, and what to do about it. aiokafka's own texts are for who reads its source."""
    if isinstance(error, BrokerResponseError) and error.description:
        return f"refuses: {' '.join(error.description.split()).rstrip('.')}."
    if isinstance(error, AuthenticationFailedError):
        return "does not accept who we say we are. Check user, password and sasl_mechanism in PARITY_LOG."
    if isinstance(error, TimeoutError | KafkaTimeoutError):
        return "did not answer in time. Is it overloaded, or cut off from here?"
    if isinstance(error, OSError | KafkaConnectionError | NodeNotReadyError):
        return "cannot be reached. Is a broker running there, and is PARITY_LOG its address?"
    return f"does not work ({type(error).__name__}). Look into the log of the broker."


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """aiokafka's stop() may hang where the broker is gone, or raise that it was cancelled. Neither is for us to see."""
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait({stopping}, timeout=_STOP_SECONDS)
    if not stopping.done():
        stopping.cancel()
    elif not stopping.cancelled():
        stopping.exception()


class KafkaReader:
    def __init__(self, consumer: AIOKafkaConsumer, read_from: ReadFrom, servers: Sequence[str]) -> None:
        self._consumer = consumer
        self._servers = servers
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
        with available(self._servers):
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
        with available(self._servers):
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
        waiting = [f"{number} in {p.topic}/{p.number}" for p, number in (await self._lag()).items() if number]
        if waiting:
            raise LogUnavailable(
                f"Kafka at {', '.join(self._servers)} has records for us and has delivered none for {_STUCK_SECONDS} seconds: "
                f"{', '.join(waiting)}. Its connection is made anew."
            )
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
