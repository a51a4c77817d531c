"""The outbox and the relay: what was committed is sent, once in the log's order, and nothing else."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.db import connect_pool
from shared.events import Envelope
from shared.events.envelope import Event
from shared.ids import new_id
from shared.log.interface import Appended, Partition, Record, partition_of
from shared.log.postgres import PostgresLog
from shared.spine import EventTooLarge, operations, publish
from shared.spine.draining import drain
from shared.spine.relay import Relay
from tests.conftest import Databases
from tests.spine_world import AT, TOPIC, Listener, Teller, event, in_order, running, until


async def values(log: PostgresLog) -> dict[Partition, list[tuple[int, bytes]]]:
    found: dict[Partition, list[tuple[int, bytes]]] = defaultdict(list)
    async with log._pool.acquire() as conn:
        for row in await conn.fetch("SELECT * FROM records ORDER BY topic, partition, log_offset"):
            found[Partition(row["topic"], row["partition"])].append((row["position"], row["value"]))
    return found


async def test_an_event_is_sent_as_its_envelope(teller: Teller, log: PostgresLog) -> None:
    key = new_id()
    told = event(key, 1, totals=7)
    await teller.tell(told)
    await teller.relay.drain()
    ((partition, [(position, value)]),) = (await values(log)).items()
    envelope = Envelope.decode(value)
    assert partition == Partition(TOPIC, partition_of(key))
    assert position == 1
    assert envelope.event == told
    assert envelope.source == "/icb/test/aggregator"
    assert envelope.time == AT
    assert envelope.partitionkey == key
    assert envelope.traceparent is None
    assert envelope.encode() == value


async def test_what_is_rolled_back_is_never_told(teller: Teller, log: PostgresLog) -> None:
    async with teller.pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await publish(conn, event(new_id(), 1), at=AT)
        await transaction.rollback()
    await teller.tell(event(key := new_id(), 1))
    assert await teller.relay.drain() == 1
    ((_, [(position, value)]),) = (await values(log)).items()
    assert (position, Envelope.decode(value).partitionkey) == (1, key)


async def test_the_trace_of_the_request_travels_along(teller: Teller, log: PostgresLog) -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("approve") as span:
        await teller.tell(event(new_id(), 1))
    await teller.relay.drain()
    ((_, [(_, value)]),) = (await values(log)).items()
    context = span.get_span_context()
    traceparent = Envelope.decode(value).traceparent
    assert traceparent is not None
    assert traceparent.startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-")


async def test_an_event_over_256_kib_is_refused(teller: Teller) -> None:
    class Talkative(Event):
        event_type = "test.talkative.v1"
        topic = TOPIC
        text: str

        @property
        def key(self) -> Any:
            return new_id()

    async with teller.pool.acquire() as conn:
        await publish(conn, Talkative(version=1, text="x" * 200_000), at=AT)
        with pytest.raises(EventTooLarge):
            await publish(conn, Talkative(version=1, text="x" * 262_144), at=AT)
        with pytest.raises(EventTooLarge):  # bytes count, not letters
            await publish(conn, Talkative(version=1, text="é" * 140_000), at=AT)


async def test_rows_that_commit_late_are_numbered_later_and_none_is_lost(teller: Teller, listener: Listener) -> None:
    """Identity numbers are drawn before the commit; a poller that remembers the last one it saw would lose the slow writers'."""

    async def write(writer: int) -> list[Any]:
        keys = [new_id() for _ in range(5)]
        for version in range(1, 16):
            for key in keys:
                async with teller.pool.acquire() as conn, conn.transaction():
                    await publish(conn, event(key, version), at=AT)
                    await asyncio.sleep(0.001 * ((writer * 7 + version) % 5))
        return keys

    async with running(teller.relay, listener.consumer):
        keys = [key for keys in await asyncio.gather(*(write(writer) for writer in range(8))) for key in keys]

        async def all_heard() -> bool:
            return await listener.facts() == dict.fromkeys(keys, 15)

        await until(all_heard)
    assert in_order(await listener.journal())
    rows = await teller.pool.fetch(
        "SELECT partition, array_agg(position ORDER BY position) AS given FROM outbox GROUP BY partition"
    )
    for row in rows:
        assert row["given"] == list(range(1, len(row["given"]) + 1))


async def test_of_two_relays_one_sends_and_the_other_takes_over(teller: Teller, log: PostgresLog) -> None:
    another = Relay(service="aggregator", topics=(TOPIC,), url=teller.url, log=log, source="/icb/test/aggregator")
    keys = [new_id() for _ in range(40)]
    first = asyncio.ensure_future(teller.relay.run())
    async with running(another):
        for version in range(1, 21):
            await teller.tell_versions(keys, [version])
            if version == 10:
                first.cancel()
            await asyncio.sleep(0.02)

        async def all_sent() -> bool:
            return sum(len(records) for records in (await values(log)).values()) >= 800

        await until(all_sent)
    await asyncio.gather(first, return_exceptions=True)
    for records in (await values(log)).values():
        assert sorted({position for position, _ in records}) == list(range(1, max(position for position, _ in records) + 1))


async def test_a_drain_beside_a_running_service_comes_back(teller: Teller, listener: Listener, log: PostgresLog) -> None:
    beside = Teller(teller.url, teller.pool, log, 1)
    async with running(teller.relay, listener.consumer), asyncio.timeout(60):
        for version in range(1, 11):
            await teller.tell_versions([new_id() for _ in range(20)], [1])
            await drain(beside, listener)
            assert len(await listener.journal()) == 20 * version


class Faltering:
    """A log that takes only what comes before the first record of one partition, or all and does not say so."""

    def __init__(self, log: PostgresLog, *, acknowledges: bool) -> None:
        self._log = log
        self.faltering = True
        self._acknowledges = acknowledges

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def append(self, records: Sequence[Record]) -> Appended:
        if not self.faltering:
            return await self._log.append(records)
        if not self._acknowledges:
            await self._log.append(records)
            return Appended(error=TimeoutError("no answer"))
        taken = [record for record in records if record.partition.number != 3]
        appended = await self._log.append(taken)
        return Appended(appended.acknowledged, TimeoutError("partition 3 has no leader"))


async def test_after_an_error_it_starts_again_at_the_first_that_was_not_acknowledged(
    teller: Teller, log: PostgresLog, database: Databases
) -> None:
    faltering = Faltering(log, acknowledges=True)
    relay = Relay(service="aggregator", topics=(TOPIC,), url=teller.url, log=faltering, source="/icb/test/aggregator")
    await teller.tell_versions([new_id() for _ in range(100)], [1])
    with pytest.raises(Exception, match="no leader"):
        await relay.drain()
    sent = {row["partition"]: row["sent"] for row in await teller.pool.fetch("SELECT * FROM relay_watermarks")}
    assert sent[3] == 0
    assert sum(sent.values()) == sum(len(records) for records in (await values(log)).values())
    faltering.faltering = False
    await teller.tell_versions([new_id() for _ in range(100)], [1])
    await relay.drain()
    found = await values(log)
    assert sum(len(records) for records in found.values()) == 200  # nothing was sent twice
    assert all([position for position, _ in records] == list(range(1, len(records) + 1)) for records in found.values())


async def test_a_lost_acknowledgement_makes_duplicates_and_they_do_not_count(
    teller: Teller, log: PostgresLog, listener: Listener
) -> None:
    faltering = Faltering(log, acknowledges=False)
    relay = Relay(service="aggregator", topics=(TOPIC,), url=teller.url, log=faltering, source="/icb/test/aggregator")
    await teller.tell_versions([new_id() for _ in range(100)], [1])
    with pytest.raises(Exception, match="no answer"):
        await relay.drain()
    faltering.faltering = False
    await relay.drain()
    assert sum(len(records) for records in (await values(log)).values()) == 200
    assert await listener.consumer.drain() == 100


async def test_a_relay_waits_out_an_outage_and_says_why(teller: Teller, log: PostgresLog) -> None:
    faltering = Faltering(log, acknowledges=True)
    relay = Relay(service="aggregator", topics=(TOPIC,), url=teller.url, log=faltering, source="/icb/test/aggregator")
    await teller.tell_versions([new_id() for _ in range(100)], [1])

    async def troubled() -> bool:
        return "no leader" in (relay.trouble or "")

    async def well() -> bool:
        return relay.trouble is None and not await teller.pool.fetchval(
            "SELECT count(*) FROM relay_watermarks WHERE sent < numbered"
        )

    async with running(relay):
        await until(troubled)
        faltering.faltering = False
        await until(well)


async def test_a_stopped_relay_loses_its_lock(teller: Teller, log: PostgresLog) -> None:
    stopped = Relay(service="aggregator", topics=(TOPIC,), url=teller.url, log=log, source="/icb/test", session_seconds=3)
    conn = await stopped._connect()
    assert await stopped._lock(conn)
    await teller.tell(event(new_id(), 1))
    async with asyncio.timeout(60):
        assert await teller.relay.drain() == 1
    conn.terminate()


async def test_replay_sends_again_what_comes_after_a_position(teller: Teller, log: PostgresLog, listener: Listener) -> None:
    key = new_id()
    await teller.tell_versions([key], range(1, 11))
    async with teller.pool.acquire() as conn:
        assert not await operations.replay(conn, topic=TOPIC, partition=partition_of(key), after=0)  # nothing is sent yet
        async with running(teller.relay):
            partition = Partition(TOPIC, partition_of(key))

            async def sent() -> list[int]:
                return [position for position, _ in (await values(log)).get(partition, [])]

            async def all_sent() -> bool:
                return bool(await conn.fetchval("SELECT bool_or(sent = 10) FROM relay_watermarks"))

            async def sent_again() -> bool:
                return await sent() == [*range(1, 11), *range(5, 11)]

            await until(all_sent)
            assert await operations.replay(conn, topic=TOPIC, partition=partition.number, after=4)
            await until(sent_again)
    assert await listener.consumer.drain() == 10
    assert await operations.holes(listener.pool, older_than=timedelta(0)) == []


async def test_the_service_s_own_role_is_enough(database: Databases, log: PostgresLog) -> None:
    pool = await connect_pool(database("spine"), min_size=0)
    assert await pool.fetchval("SELECT current_user") == "spine"
    with pytest.raises(Exception, match="must be owner"):
        await pool.execute("DROP TABLE outbox")
    await pool.close()
