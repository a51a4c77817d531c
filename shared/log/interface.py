"""The event log as the spine sees it: append records to partitions, read them in order from an offset on.

Two logs stand behind it: KafkaLog for a deployment of many machines, PostgresLog for one. A log may lose an acknowledgement,
deliver twice, or lose records; the spine's positions notice each of these, so a log promises no more than order in a partition.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from uuid import UUID

PARTITIONS = 12
"""Partitions of every topic. Fixed within an epoch, like the hash: a key that moved would lose its order."""


def partition_of(key: UUID) -> int:
    """CRC-32 of the key's text, modulo 12."""
    return zlib.crc32(str(key).encode()) % PARTITIONS


def topic_in(epoch: int, topic: str) -> str:
    """A topic's name in the log: ``returns`` in the first epoch, ``returns.e2`` in the second."""
    return topic if epoch == 1 else f"{topic}.e{epoch}"


class LogUnavailable(Exception):
    """The event log does not answer, or did not take what was sent. Whoever sees this tries again later."""


class LogMisfit(Exception):
    """The event log is there, but not as it must be. A person has to mend it."""


class Partition(NamedTuple):
    topic: str
    number: int


class Record(NamedTuple):
    """What the relay appends: an event with its position, 1, 2, 3, … within its partition."""

    partition: Partition
    position: int
    key: bytes
    value: bytes


class Delivered(NamedTuple):
    """What a reader gets: a record with the offset at which the log keeps it."""

    partition: Partition
    offset: int
    position: int
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """How far the log acknowledged an append: per partition the last position before which nothing is missing."""

    acknowledged: Mapping[Partition, int] = field(default_factory=dict)
    error: Exception | None = None
    """Why it stopped; None where everything was acknowledged."""


ReadFrom = Callable[[Collection[Partition]], Awaitable[Mapping[Partition, int]]]
"""Asked whenever partitions are assigned: the offset at which to read each on."""


class Reader(Protocol):
    """One member of a group of readers; or, without a group, a reader of everything."""

    async def read(self, limit: int, patience: float) -> Sequence[Delivered]:
        """Up to ``limit`` records, in order within each partition; empty after ``patience`` seconds without any.

        Raises LogUnavailable where the log cannot be read, and whatever ``ReadFrom`` raised.
        """

    async def lag(self) -> Mapping[Partition, int]:
        """Records not read yet, per assigned partition."""

    async def close(self) -> None:
        """Leave the group. Never raises, and does not wait long for a log that is gone."""


class EventLog(Protocol):
    async def create(self, topics: Collection[str]) -> None:
        """Make the missing topics, of 12 partitions, kept for ever. Raises LogMisfit where one has another number."""

    async def append(self, records: Sequence[Record]) -> Appended:
        """Append in order. After an error some later records may or may not be in the log."""

    async def last_positions(self, topics: Collection[str]) -> Mapping[Partition, int]:
        """The position of the last record of every partition; 0 where it is empty."""

    async def reader(self, topics: Collection[str], read_from: ReadFrom, *, group: str | None) -> Reader:
        """Join ``group``, whose members share the partitions out; or, without one, read all of them."""

    async def close(self) -> None: ...
