"""The event log on Apache Kafka: an idempotent producer, every replica acknowledges, topics are kept for ever."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.log.interface import PARTITIONS, Appended, LogMisfit, LogUnavailable, Partition, ReadFrom, Record
from shared.log.kafka_reader import KafkaReader, available, position_of, stop

_BATCH_BYTES = 512 * 1024
_REQUEST_SECONDS = 20
_KEPT_FOR_EVER = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "unclean.leader.election.enable": "false",
}


def connection_options(url: str) -> dict[str, Any]:
    """aiokafka's arguments for ``kafka://[user:password@]host:port[,host:port][?security_protocol=…&sasl_mechanism=…&cafile=…]``."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    options: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    cafile = options.pop("cafile", None)
    options["bootstrap_servers"] = hosts.split(",")
    if login:
        user, _, password = login.partition(":")
        options |= {"sasl_plain_username": unquote(user), "sasl_plain_password": unquote(password)}
    if options.get("security_protocol", "").endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(cafile=cafile)
    return options


class KafkaLog:
    """``session_seconds``: a member that is not heard of for so long loses its partitions to the others."""

    def __init__(self, url: str, *, session_seconds: float = 30) -> None:
        self._options = connection_options(url)
        self._servers: Sequence[str] = self._options["bootstrap_servers"]
        self._session_seconds = session_seconds
        self._producer: AIOKafkaProducer | None = None

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop(producer)

    async def create(self, topics: Collection[str]) -> None:
        with available(self._servers):
            admin = AIOKafkaAdminClient(**self._options, request_timeout_ms=_REQUEST_SECONDS * 1000)
            try:
                await admin.start()
                there = {topic["topic"]: topic for topic in await admin.describe_topics() if not topic["error_code"]}
                missing = [_new(topic) for topic in topics if topic not in there]
                for _, code, *_ in (await admin.create_topics(missing)).topic_errors if missing else ():
                    if code not in (0, TopicAlreadyExistsError.errno):
                        raise for_code(code)
            finally:
                await admin.close()
        for topic in topics:
            found = len(there[topic]["partitions"]) if topic in there else PARTITIONS
            if found != PARTITIONS:
                raise LogMisfit(f"The topic {topic} has {found} partitions; it must have {PARTITIONS}.")

    async def append(self, records: Sequence[Record]) -> Appended:
        """After an error the producer is thrown away: what it numbered after a failed batch, the broker would not take."""
        try:
            with available(self._servers):
                producer = await self._started()
        except LogUnavailable as error:
            return Appended(error=error)
        by_partition: dict[Partition, list[Record]] = defaultdict(list)
        for record in records:
            by_partition[record.partition].append(record)
        results = await asyncio.gather(*(self._append(producer, *item) for item in by_partition.items()))
        errors = [error for _, _, error in results if error is not None]
        if errors:
            await self.close()
        return Appended(
            {partition: position for partition, position, _ in results if position is not None}, errors[0] if errors else None
        )

    async def last_positions(self, topics: Collection[str]) -> Mapping[Partition, int]:
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        found = {Partition(*partition): 0 for partition in partitions}
        with available(self._servers):
            async with self._consumer() as consumer, asyncio.timeout(_REQUEST_SECONDS):
                firsts = await consumer.beginning_offsets(partitions)
                ends = await consumer.end_offsets(partitions)
                wanted = [partition for partition in partitions if ends[partition] > firsts[partition]]
                consumer.assign(wanted)
                for partition in wanted:
                    consumer.seek(partition, ends[partition] - 1)
                while wanted:
                    for partition, records in (await consumer.getmany(*wanted, timeout_ms=1000)).items():
                        found[Partition(*partition)] = position_of(records[-1])
                        wanted.remove(partition)
        return found

    async def reader(self, topics: Collection[str], read_from: ReadFrom, *, group: str | None) -> KafkaReader:
        consumer = AIOKafkaConsumer(
            **self._options,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._session_seconds * 1000),
            heartbeat_interval_ms=int(self._session_seconds * 1000 / 10),
            request_timeout_ms=_REQUEST_SECONDS * 1000,
            max_poll_interval_ms=300_000,
        )
        reader = KafkaReader(consumer, read_from, self._servers)
        try:
            with available(self._servers):
                async with asyncio.timeout(2 * _REQUEST_SECONDS):
                    await reader.start(topics, group=group)
        except BaseException:
            await reader.close()
            raise
        return reader

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._options,
                acks="all",
                enable_idempotence=True,
                max_batch_size=_BATCH_BYTES,
                request_timeout_ms=_REQUEST_SECONDS * 1000,
            )
            try:
                await producer.start()
            except BaseException:
                await stop(producer)
                raise
            self._producer = producer
        return self._producer

    async def _append(
        self, producer: AIOKafkaProducer, partition: Partition, records: Sequence[Record]
    ) -> tuple[Partition, int | None, Exception | None]:
        """Batch after batch, each acknowledged before the next: (partition, last position acknowledged, why it stopped)."""
        acknowledged = None
        start = 0
        try:
            while start < len(records):
                batch = producer.create_batch()
                end = start
                while end < len(records) and _add(batch, records[end]):
                    end += 1
                with available(self._servers):
                    await (await producer.send_batch(batch, partition.topic, partition=partition.number))
                acknowledged = records[end - 1].position
                start = end
        except AssertionError:  # aiokafka asserts that it knows the partition
            missing = f"Kafka at {', '.join(self._servers)} does not have {partition.topic}/{partition.number} (yet)."
            return partition, acknowledged, LogUnavailable(missing)
        except LogUnavailable as error:
            return partition, acknowledged, error
        return partition, acknowledged, None

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(**self._options, enable_auto_commit=False, request_timeout_ms=_REQUEST_SECONDS * 1000)
        try:
            await consumer.start()
            yield consumer
        finally:
            await stop(consumer)


def _new(topic: str) -> NewTopic:
    wanted = NewTopic(topic, PARTITIONS, 1, topic_configs=_KEPT_FOR_EVER)
    wanted.replication_factor = -1  # as many as the brokers' own default says
    return wanted


def _add(batch: Any, record: Record) -> bool:
    header = [("position", b"%d" % record.position)]
    return batch.append(key=record.key, value=record.value, timestamp=None, headers=header) is not None
