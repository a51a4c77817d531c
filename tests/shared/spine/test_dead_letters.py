"""An event that cannot be applied is buried, those of its key behind it, and everything else goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.db import Connection
from shared.events import EVENTS
from shared.ids import new_id
from shared.log.interface import Partition, Record
from shared.log.postgres import PostgresLog
from shared.spine import Received, dead_letters
from shared.spine.consumer import Consumer, ConsumerStopped
from shared.spine.draining import drain
from tests.spine_world import AT, TOPIC, Listener, Teller, event, in_order, keys_of_partition


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.spine.consumer._FIRST_PAUSE_SECONDS", 0.001)


async def test_one_bad_event_is_buried_and_its_neighbours_count(teller: Teller, listener: Listener) -> None:
    bad, *good = keys_of_partition(6, 30)
    listener.broken = {bad}
    await teller.tell_versions([*good[:15], bad, *good[15:]], [1, 2])
    await drain(teller, listener)
    assert await listener.facts() == dict.fromkeys(good, 2)
    assert in_order(await listener.journal())
    first, second = await dead_letters.dead_letters(listener.pool)
    assert (first.topic, first.partition, first.key, first.type) == (TOPIC, 6, str(bad), "quarter.published.v1")
    assert first.error == f"ValueError: cannot apply {bad}"
    assert (second.key, second.error) == (str(bad), None)
    assert second.position > first.position


async def test_later_events_of_the_key_stay_behind_and_a_retry_applies_them_in_order(teller: Teller, listener: Listener) -> None:
    bad, good = keys_of_partition(6, 2)
    listener.broken = {bad}
    await teller.tell_versions([bad, good], [1])
    await drain(teller, listener)
    listener.broken = set()  # mended; but what comes after the first waits for it
    await teller.tell_versions([bad, good], [2, 3])
    await drain(teller, listener)
    assert await listener.facts() == {good: 3}
    (retried,) = await dead_letters.retry(listener.pool, listener.handlers, at=AT)
    assert (retried.topic, retried.key, retried.applied, retried.error) == (TOPIC, str(bad), 3, None)
    assert await dead_letters.dead_letters(listener.pool) == []
    assert await listener.facts() == {good: 3, bad: 3}
    assert in_order(await listener.journal())
    await teller.tell_versions([bad], [4])
    await drain(teller, listener)
    assert await listener.facts() == {good: 3, bad: 4}


async def test_a_retry_that_fails_changes_nothing_but_the_count(teller: Teller, listener: Listener) -> None:
    bad, worse = keys_of_partition(6, 2)
    listener.broken = {bad, worse}
    await teller.tell_versions([bad, worse], [1, 2])
    await drain(teller, listener)
    listener.broken = {worse}
    results = {retried.key: retried for retried in await dead_letters.retry(listener.pool, listener.handlers, at=AT)}
    assert results[str(bad)].applied == 2
    assert results[str(worse)].applied == 0
    assert "cannot apply" in str(results[str(worse)].error)
    left = await dead_letters.dead_letters(listener.pool)
    assert [(letter.key, letter.attempts) for letter in left] == [(str(worse), 2), (str(worse), 0)]
    assert await listener.facts() == {bad: 2}
    (retried,) = await dead_letters.retry(listener.pool, listener.handlers, at=AT, topic=TOPIC, key=str(worse))
    assert retried.error


async def test_too_many_in_a_row_stop_the_consumer_also_after_a_restart(teller: Teller, listener: Listener) -> None:
    """A bad deploy must not bury everything; the next start, mended, goes on where it stopped."""
    keys = keys_of_partition(6, 20)
    listener.broken = set(keys)
    await teller.tell_versions(keys, [1])
    await teller.relay.drain()
    with pytest.raises(ConsumerStopped, match="could apply none of the last 6 events of icb-totals/6"):
        await listener.consumer.drain()
    assert len(await dead_letters.dead_letters(listener.pool)) == 5
    for _ in range(3):
        with pytest.raises(ConsumerStopped):
            await Consumer(**listener.options).drain()
    assert len(await dead_letters.dead_letters(listener.pool)) == 5
    listener.broken = set()
    assert await Consumer(**listener.options).drain() == 15
    await dead_letters.retry(listener.pool, listener.handlers, at=AT)
    assert await listener.facts() == dict.fromkeys(keys, 1)


async def test_a_type_that_nobody_knows_stops_the_consumer_before_it(
    teller: Teller, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of_partition(6, 10)
    await teller.tell_versions(keys[:4], [1])
    await teller.pool.execute("UPDATE outbox SET type = 'quarter.unheard_of.v1' WHERE key = $1", keys[2])
    await teller.relay.drain()
    with pytest.raises(ConsumerStopped, match=r"does not know the event quarter\.unheard_of\.v1"):
        await listener.consumer.drain()
    assert await listener.facts() == dict.fromkeys(keys[:2], 1)
    assert await dead_letters.dead_letters(listener.pool) == []
    monkeypatch.setitem(EVENTS, "quarter.unheard_of.v1", type(event(new_id(), 1)))  # a newer version is deployed
    await Consumer(**listener.options).drain()
    assert await listener.facts() == dict.fromkeys(keys[:4], 1)


async def test_what_cannot_even_be_read_is_buried_too(listener: Listener, log: PostgresLog) -> None:
    (first,) = keys_of_partition(6)
    await log.create([TOPIC])
    await log.append([Record(Partition(TOPIC, 6), 1, str(first).encode(), b"not JSON \xff")])
    await listener.consumer.drain()
    (letter,) = await dead_letters.dead_letters(listener.pool)
    assert (letter.key, letter.type, letter.position) == (str(first), "unreadable", 1)
    assert "JSONDecodeError" in str(letter.error)


async def test_an_event_that_comes_during_a_retry_is_not_left_behind(teller: Teller, listener: Listener) -> None:
    """The retry holds the position's row: the later event of the key waits for it, and then finds nothing to wait behind."""
    (bad,) = keys_of_partition(6)
    listener.broken = {bad}
    await teller.tell_versions([bad], [1])
    await drain(teller, listener)
    listener.broken = set()
    await teller.tell_versions([bad], [2])
    await teller.relay.drain()
    applying, go_on = asyncio.Event(), asyncio.Event()
    fold = listener.handlers._apply
    assert fold is not None

    async def slow(conn: Connection, batch: Sequence[Received]) -> None:
        await fold(conn, batch)
        applying.set()
        await go_on.wait()

    listener.handlers._apply = slow
    retrying = asyncio.ensure_future(dead_letters.retry(listener.pool, listener.handlers, at=AT))
    await applying.wait()
    listener.handlers._apply = fold
    consuming = asyncio.ensure_future(Consumer(**listener.options).drain())
    await asyncio.sleep(0.3)
    go_on.set()
    await retrying
    await consuming
    assert await listener.journal() == [(bad, 1), (bad, 2)]
    assert await dead_letters.dead_letters(listener.pool) == []
