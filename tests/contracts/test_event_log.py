"""What both event logs must do, and what the spine must make of what they do wrong."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

import pytest
import pytest_asyncio

from shared.ids import new_id
from shared.log.interface import PARTITIONS, Delivered, EventLog, LogUnavailable, Partition, Reader, Record
from shared.spine import operations
from shared.spine.consumer import Consumer
from shared.spine.draining import drain
from tests.conftest import Databases
from tests.event_logs import LogUnderTest
from tests.spine_world import TOPIC, Listener, Teller, in_order, keys_of_partition, running, until


def records(partition: Partition, positions: Collection[int]) -> list[Record]:
    return [Record(partition, position, b"key", b"value %d" % position) for position in positions]


async def from_start(partitions: Collection[Partition]) -> Mapping[Partition, int]:
    return dict.fromkeys(partitions, 0)


async def read_all(reader: Reader, expected: int, seconds: float = 60) -> list[Delivered]:
    found: list[Delivered] = []
    async with asyncio.timeout(seconds):
        while len(found) < expected:
            found += await reader.read(500, 0.5)
    return found


async def until_missing(listener: Listener, partition: int, first: int, last: int) -> None:
    """Listen until just this is known to be missing."""

    async def named() -> bool:
        found = await operations.holes(listener.pool, older_than=timedelta(0))
        return [(one.topic, one.partition, one.first, one.last) for one in found] == [(TOPIC, partition, first, last)]

    async with running(listener.consumer):
        await until(named)


@pytest_asyncio.fixture
async def log(log_under_test: LogUnderTest) -> EventLog:
    return await log_under_test.open()


@pytest_asyncio.fixture
async def topic(log_under_test: LogUnderTest, log: EventLog) -> str:
    name = f"returns.e{log_under_test.epoch}"
    await log.create([name])
    return name


@pytest_asyncio.fixture
async def teller(database: Databases, log_under_test: LogUnderTest, log: EventLog) -> AsyncIterator[Teller]:
    teller = await Teller.open(database("spine", role="postgres"), log, log_under_test.epoch)
    yield teller
    await teller.close()


@pytest_asyncio.fixture
async def listener(database: Databases, log_under_test: LogUnderTest, log: EventLog) -> AsyncIterator[Listener]:
    listener = await Listener.open(database("spine", role="postgres"), log, log_under_test.epoch, hole_seconds=0)
    yield listener
    await listener.close()


async def test_a_topic_is_made_once_with_all_its_partitions(log: EventLog, topic: str) -> None:
    await log.create([topic])
    assert await log.last_positions([topic]) == {Partition(topic, number): 0 for number in range(PARTITIONS)}


async def test_records_come_back_in_order_within_each_of_many_partitions(log: EventLog, topic: str) -> None:
    partitions = [Partition(topic, number) for number in range(PARTITIONS)]
    mixed = [record for position in range(1, 101) for partition in partitions for record in records(partition, [position])]
    appended = await log.append(mixed)
    assert appended.error is None
    assert appended.acknowledged == dict.fromkeys(partitions, 100)

    reader = await log.reader([topic], from_start, group=None)
    found = await read_all(reader, 100 * PARTITIONS)
    await reader.close()

    for partition in partitions:
        mine = [record for record in found if record.partition == partition]
        assert [record.position for record in mine] == list(range(1, 101))
        assert [record.offset for record in mine] == list(range(100))
        assert mine[41].key == b"key"
        assert mine[41].value == b"value 42"
    assert await log.last_positions([topic]) == dict.fromkeys(partitions, 100)


async def test_a_read_gives_no_more_than_asked_and_waits_no_longer_than_its_patience(log: EventLog, topic: str) -> None:
    await log.append(records(Partition(topic, 3), range(1, 51)))
    reader = await log.reader([topic], from_start, group=None)
    first = await read_all(reader, 1)
    assert len(await reader.read(10, 1)) <= 10
    assert first[0].position == 1
    while await reader.read(500, 0.3):
        pass
    async with asyncio.timeout(20):
        assert await reader.read(500, 0.3) == []
    assert set((await reader.lag()).values()) == {0}
    await reader.close()


async def test_an_append_wakes_who_waits(log: EventLog, topic: str) -> None:
    """One of many is told at once: even a slow machine does so, and a log that is only looked at now and then does not."""
    reader = await log.reader([topic], from_start, group="waiting")
    waits: list[float] = []
    while min(waits, default=60) > 0.25 and len(waits) < 20:
        position = len(waits) + 1
        while await reader.read(100, 0.1):
            pass
        reading = asyncio.ensure_future(reader.read(100, 30))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await log.append(records(Partition(topic, 1), [position]))
        assert [record.position for record in await reading] == [position]
        waits.append(time.monotonic() - began)
    await reader.close()
    assert min(waits) < 0.25


async def test_a_record_of_the_largest_size_comes_through(log: EventLog, topic: str) -> None:
    large = b"x" * (300 * 1024)
    partition = Partition(topic, 0)
    appended = await log.append([Record(partition, position, b"key", large) for position in (1, 2, 3, 4)])
    assert appended.acknowledged == {partition: 4}
    reader = await log.reader([topic], from_start, group=None)
    assert [len(record.value) for record in await read_all(reader, 4)] == [len(large)] * 4
    await reader.close()


async def test_reading_resumes_at_stored_offsets(log: EventLog, topic: str) -> None:
    await log.append([r for number in range(PARTITIONS) for r in records(Partition(topic, number), range(1, 21))])

    async def stored(partitions: Collection[Partition]) -> Mapping[Partition, int]:
        await asyncio.sleep(0.5)  # meanwhile nothing may be delivered from any other offset
        return {partition: 10 + partition.number % 3 for partition in partitions}

    reader = await log.reader([topic], stored, group="resuming")
    found = await read_all(reader, sum(10 - number % 3 for number in range(PARTITIONS)))
    assert await reader.read(500, 0.5) == []
    await reader.close()
    for number in range(PARTITIONS):
        mine = [record.offset for record in found if record.partition.number == number]
        assert mine == list(range(10 + number % 3, 20))


async def test_what_goes_wrong_when_partitions_are_assigned_reaches_the_reader(log: EventLog, topic: str) -> None:
    class NoOffsets(Exception):
        pass

    async def broken(partitions: Collection[Partition]) -> Mapping[Partition, int]:
        raise NoOffsets

    await log.append(records(Partition(topic, 0), range(1, 6)))

    async def join_and_read() -> None:
        reader = await log.reader([topic], broken, group="broken")
        try:
            for _ in range(120):
                assert await reader.read(100, 0.5) == []
        finally:
            await reader.close()

    with pytest.raises(NoOffsets):
        await join_and_read()


async def test_two_members_share_the_partitions_and_one_takes_over(log: EventLog, topic: str) -> None:
    class Member:
        def __init__(self) -> None:
            self.partitions: set[Partition] = set()
            self.seen: set[tuple[Partition, int]] = set()
            self.task: asyncio.Task[None] | None = None

        async def read_from(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
            return dict.fromkeys(partitions, 0)

        async def follow(self) -> None:
            while True:
                with suppress(LogUnavailable):  # a machine so slow that the log took it for dead: it joins again
                    reader = await log.reader([topic], self.read_from, group="sharing")
                    try:
                        await self._read(reader)
                    finally:
                        await reader.close()

        async def _read(self, reader: Reader) -> NoReturn:
            while True:
                for record in await reader.read(100, 0.2):
                    self.seen.add((record.partition, record.position))
                self.partitions = set(await reader.lag())

    one, two = Member(), Member()
    one.task = asyncio.ensure_future(one.follow())

    async def one_has_all() -> bool:
        return len(one.partitions) == PARTITIONS

    async def shared() -> bool:
        return len(one.partitions) == len(two.partitions) == PARTITIONS // 2 and not one.partitions & two.partitions

    async def two_has_all() -> bool:
        return len(two.partitions) == PARTITIONS

    await until(one_has_all)
    two.task = asyncio.ensure_future(two.follow())
    await until(shared)
    everything = {(Partition(topic, number), 1) for number in range(PARTITIONS)}
    await log.append([r for number in range(PARTITIONS) for r in records(Partition(topic, number), [1])])

    async def all_seen() -> bool:
        return one.seen | two.seen == everything

    await until(all_seen)
    assert one.seen
    assert two.seen

    one.task.cancel()
    await asyncio.gather(one.task, return_exceptions=True)
    await until(two_has_all)
    two.task.cancel()
    await asyncio.gather(two.task, return_exceptions=True)


async def test_events_reach_a_listener_once_and_in_the_order_of_their_key(teller: Teller, listener: Listener) -> None:
    keys = [new_id() for _ in range(200)]
    await teller.tell_versions(keys, range(1, 6))
    await drain(teller, listener)
    journal = await listener.journal()
    assert Counter(key for key, _ in journal) == dict.fromkeys(keys, 5)
    assert in_order(journal)
    assert await listener.facts() == dict.fromkeys(keys, 5)
    assert max(listener.batches) > 1


async def test_two_members_of_a_service_and_a_third_that_leaves(teller: Teller, listener: Listener) -> None:
    keys = [new_id() for _ in range(60)]
    staying = Consumer(**listener.options)
    leaving = asyncio.ensure_future(Consumer(**listener.options).run())
    async with running(teller.relay, listener.consumer, staying):
        for version in range(1, 21):
            await teller.tell_versions(keys, [version])
            if version == 10:
                leaving.cancel()
            await asyncio.sleep(0.1)

        async def all_heard() -> bool:
            return await listener.facts() == dict.fromkeys(keys, 20)

        await until(all_heard)
    await asyncio.gather(leaving, return_exceptions=True)
    journal = await listener.journal()
    assert in_order(journal)
    assert len(journal) == 60 * 20


async def test_an_event_sent_twice_counts_once(
    teller: Teller, listener: Listener, log: EventLog, log_under_test: LogUnderTest
) -> None:
    """The broker kept a record and the relay never heard: it sends it, and all after it, again."""
    keys = keys_of_partition(5, 10)
    await teller.tell_versions(keys, [1, 2])
    await teller.relay.drain()
    await teller.pool.execute("UPDATE relay_watermarks SET sent = 3 WHERE partition = 5")
    await teller.tell_versions(keys, [3])
    await drain(teller, listener)
    reader = await log.reader([f"{TOPIC}.e{log_under_test.epoch}"], from_start, group=None)
    assert len(await read_all(reader, 30 + 17)) == 47
    await reader.close()
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 30


async def test_a_hole_heals_when_the_missing_events_come(
    teller: Teller, listener: Listener, log: EventLog, log_under_test: LogUnderTest
) -> None:
    """A producer lets some positions fail and delivers later ones; then the relay sends all of them again."""
    keys = keys_of_partition(7, 20)
    await teller.tell_versions(keys, [1])
    await teller.relay.drain()
    partition = Partition(f"{TOPIC}.e{log_under_test.epoch}", 7)
    reader = await log.reader([partition.topic], from_start, group=None)
    delivered = await read_all(reader, 20)
    await reader.close()
    again = [Record(r.partition, r.position, r.key, r.value) for r in delivered]

    await log_under_test.wipe(partition.topic)
    await log.append(again[:5])
    await log.append(again[12:])
    await until_missing(listener, 7, 6, 19)
    with pytest.raises(TimeoutError, match="after position 5 up to 20"):
        await listener.consumer.drain(seconds=1)
    assert len(await listener.journal()) == 5

    await log.append(again[5:])
    await listener.consumer.drain()
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 20
    assert await operations.holes(listener.pool, older_than=timedelta(0)) == []


async def test_a_hole_that_stays_is_named_and_replay_fills_it(
    teller: Teller, listener: Listener, log_under_test: LogUnderTest
) -> None:
    """Records are deleted under the consumer's feet, and its offset is out of range."""
    keys = keys_of_partition(2, 10)
    await teller.tell_versions(keys, [1])
    await drain(teller, listener)
    await teller.tell_versions(keys, [2, 3])
    await teller.relay.drain()
    await log_under_test.delete_before(Partition(f"{TOPIC}.e{log_under_test.epoch}", 2), 25)
    await until_missing(listener, 2, 11, 29)
    with pytest.raises(TimeoutError):
        await listener.consumer.drain(seconds=1)
    assert len(await listener.journal()) == 10

    async with teller.pool.acquire() as conn:
        assert await operations.replay(conn, topic=TOPIC, partition=2, after=10)
    await drain(teller, listener)
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 30


async def test_a_topic_that_was_wiped_is_filled_again(
    teller: Teller, listener: Listener, log: EventLog, log_under_test: LogUnderTest, database: Databases
) -> None:
    """The relay sees that the log lost its end; the listener's offsets are out of range, its positions are not."""
    keys = [new_id() for _ in range(60)]
    await teller.tell_versions(keys, [1, 2])
    await drain(teller, listener)
    async with teller.pool.acquire() as conn:  # everything twice: offsets lie above positions now
        for partition in range(PARTITIONS):
            await operations.replay(conn, topic=TOPIC, partition=partition, after=0)
    await teller.relay.drain()
    await teller.tell_versions(keys, [3])
    await drain(teller, listener)
    await log_under_test.wipe(f"{TOPIC}.e{log_under_test.epoch}")
    await teller.tell_versions(keys, [4])
    await drain(teller, listener)
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 240
    late = await Listener.open(database("spine", role="postgres"), log, log_under_test.epoch)
    assert await late.consumer.drain() == 240
    assert in_order(await late.journal())
    await late.close()


async def test_a_relay_refuses_a_log_that_is_ahead_of_its_outbox(
    teller: Teller, listener: Listener, log: EventLog, log_under_test: LogUnderTest, database: Databases
) -> None:
    """The service's database was restored from a backup; the log was not. In a new epoch everybody goes on."""
    keys = keys_of_partition(4, 5)
    await teller.tell_versions(keys, [1, 2])
    await drain(teller, listener)
    restored = await Teller.open(database("spine", role="postgres"), log, log_under_test.epoch)
    await restored.tell_versions(keys, [1])
    with pytest.raises(Exception, match="holds position 10 of icb-totals/4, the outbox ends at 0"):
        await restored.relay.drain()
    reader = await log.reader([f"{TOPIC}.e{log_under_test.epoch}"], from_start, group=None)
    assert len(await read_all(reader, 10)) == 10
    assert await reader.read(100, 0.5) == []
    await reader.close()
    await restored.close()


async def test_the_server_goes_away_and_comes_back(
    teller: Teller, listener: Listener, log: EventLog, log_under_test: LogUnderTest
) -> None:
    keys = [new_id() for _ in range(30)]
    async with running(teller.relay, listener.consumer):
        await teller.tell_versions(keys, range(1, 6))

        async def heard() -> int:
            return len(await listener.journal())

        await until(heard)
        await asyncio.to_thread(log_under_test.take_away)
        await teller.tell_versions(keys, range(6, 11))
        await asyncio.sleep(3)
        await asyncio.to_thread(log_under_test.bring_back)
        await teller.tell_versions(keys, range(11, 16))

        async def all_heard() -> bool:
            return await listener.facts() == dict.fromkeys(keys, 15)

        await until(all_heard)
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 30 * 15


async def test_a_log_that_does_not_answer_says_so(log: EventLog, topic: str, log_under_test: LogUnderTest) -> None:
    await asyncio.to_thread(log_under_test.take_away)
    try:
        with pytest.raises(LogUnavailable):
            await log.last_positions([topic])
        another = await log_under_test.open()
        appended = await another.append([Record(Partition(topic, 0), 1, b"key", b"value")])
        assert isinstance(appended.error, Exception)
        assert appended.acknowledged == {}
    finally:
        await asyncio.to_thread(log_under_test.bring_back)
