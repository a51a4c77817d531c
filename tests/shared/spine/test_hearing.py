"""The consumer: a batch takes effect exactly once, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from shared.db import Connection, connect
from shared.ids import new_id
from shared.log.interface import Delivered, Partition, Record
from shared.log.postgres import PostgresLog
from shared.spine import Received, metrics, operations, store
from shared.spine.consumer import Consumer, SwapLost
from shared.spine.draining import drain
from shared.spine.positions import Standing
from tests.conftest import Databases
from tests.spine_world import TOPIC, Listener, Teller, event, in_order, keys_of_partition, running, until


async def test_a_crash_before_the_commit_brings_the_batch_again(teller: Teller, listener: Listener) -> None:
    await teller.tell_versions([new_id() for _ in range(20)], [1, 2])
    await teller.relay.drain()

    class Crash(BaseException):
        pass

    fold = listener.handlers._apply
    assert fold is not None

    async def crash(conn: Connection, batch: Sequence[Received]) -> None:
        await fold(conn, batch)
        raise Crash

    listener.handlers._apply = crash
    with pytest.raises(Crash):
        await listener.consumer.drain()
    assert await listener.journal() == []
    listener.handlers._apply = fold
    assert await Consumer(**listener.options).drain() == 40
    assert in_order(await listener.journal())


async def test_a_crash_after_the_commit_does_not(teller: Teller, listener: Listener) -> None:
    await teller.tell_versions([new_id() for _ in range(20)], [1, 2])
    await drain(teller, listener)
    assert await Consumer(**listener.options).drain() == 0
    assert len(await listener.journal()) == 40


async def test_who_lost_its_partition_loses_the_swap(teller: Teller, listener: Listener) -> None:
    """Two consumers read the same batch; the second to commit finds the position moved."""
    await teller.tell_versions(keys_of_partition(3, 10), [1])
    await teller.relay.drain()
    slow, quick = Consumer(**listener.options), Consumer(**listener.options)
    await slow._begin()
    reader = await slow._log.reader([TOPIC], slow._read_from, group=None)
    batch = await reader.read(100, 1)
    assert await quick.drain() == 10
    with pytest.raises(SwapLost):
        await slow._take(batch)
    await reader.close()
    assert len(await listener.journal()) == 10


async def test_control_without_the_guard_of_the_swap_it_would_count_twice(
    teller: Teller, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = store.swap

    async def unguarded(*arguments: Any) -> bool:
        await swap(*arguments)
        return True

    monkeypatch.setattr(store, "swap", unguarded)
    with pytest.raises(BaseException, match="DID NOT RAISE"):
        await test_who_lost_its_partition_loses_the_swap(teller, listener)
    assert len(await listener.journal()) == 20


async def test_the_swap_moves_all_partitions_or_none(listener: Listener) -> None:
    await store.prepare_positions(listener.pool, [TOPIC], 1)
    here, there = Partition(TOPIC, 1), Partition(TOPIC, 2)
    moves = {here: (Standing(), Standing(5, 5, 5)), there: (Standing(1, 1, 1), Standing(5, 5, 5))}
    async with listener.pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        assert not await store.swap(conn, 1, moves, datetime.now(UTC))
        await transaction.rollback()
    standing = await store.standings(listener.pool, [TOPIC])
    assert standing[here] == standing[there] == Standing()


async def test_a_database_that_goes_away_is_waited_out(teller: Teller, listener: Listener, database: Databases) -> None:
    keys = [new_id() for _ in range(20)]
    name = await listener.pool.fetchval("SELECT current_database()")
    async with running(teller.relay, listener.consumer):
        for version in range(1, 11):
            await teller.tell_versions(keys, [version])
            await asyncio.sleep(0.05)
            if version % 3 == 0:
                killer = await connect(database.server.url())
                await killer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
                await killer.close()

        async def all_heard() -> bool:
            try:
                return await listener.facts() == dict.fromkeys(keys, 10)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                return False

        await until(all_heard)
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 200


async def test_what_waits_and_what_was_heard_are_measured(teller: Teller, listener: Listener) -> None:
    def value(name: str, service: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, {"service": service, **labels}) or 0.0

    key = new_id()
    await teller.tell_versions([key], [1, 2, 3])
    await metrics.observe(teller.pool, "aggregator")
    assert value("parity_outbox_unsent", "aggregator") == 3
    assert value("parity_outbox_oldest_age_seconds", "aggregator") > 0
    await teller.relay.drain()
    await metrics.observe(teller.pool, "aggregator")
    assert value("parity_outbox_unsent", "aggregator") == 0
    assert value("parity_outbox_oldest_age_seconds", "aggregator") == 0
    listener.broken = {key}
    await listener.consumer.drain()
    await metrics.observe(listener.pool, listener.consumer.service)
    assert value("parity_events_buried_total", listener.consumer.service) == 3
    assert value("parity_dead_letters", listener.consumer.service) == 3
    listener.broken = set()
    await teller.tell(event(new_id(), 1))
    await drain(teller, listener)
    assert value("parity_events_applied_total", listener.consumer.service) == 1
    assert value("parity_event_age_seconds", listener.consumer.service) > 0


async def test_lag_doubles_lost_swaps_and_holes_are_measured(
    teller: Teller, listener: Listener, log: PostgresLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, take, fold = listener.consumer.service, listener.consumer._take, listener.handlers._apply
    assert fold is not None
    first, others, overtake = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def first_then_others(conn: Connection, batch: Sequence[Received]) -> None:
        if first.is_set():
            await others.wait()
        first.set()
        await fold(conn, batch)

    async def overtaken_once(delivered: Sequence[Delivered], **options: Any) -> int:
        if delivered and overtake.is_set():
            overtake.clear()
            await Consumer(**listener.options).drain()
        return await take(delivered, **options)

    async def reads(name: str, wanted: float, **labels: str) -> None:
        async def it_is() -> bool:
            return REGISTRY.get_sample_value(name, {"service": service, **labels}) == wanted

        await until(it_is)

    monkeypatch.setattr("shared.spine.consumer._LOOK_SECONDS", 0)
    monkeypatch.setattr(listener.consumer, "_take", overtaken_once)
    listener.handlers._apply = first_then_others
    listener.consumer._batch = 1
    await teller.tell_versions(keys_of_partition(5, 4), [1])
    await teller.relay.drain()
    async with running(listener.consumer):
        await reads("parity_consumer_lag_records", 3, topic=TOPIC)
        others.set()
        await reads("parity_consumer_lag_records", 0, topic=TOPIC)
        await reads("parity_events_applied_total", 4)

        async with teller.pool.acquire() as conn, conn.transaction():
            assert await operations.replay(conn, topic=TOPIC, partition=5, after=0)
        await teller.relay.drain()
        await reads("parity_events_skipped_total", 4)

        overtake.set()
        await teller.tell_versions(keys_of_partition(7), [1])
        await teller.relay.drain()
        await reads("parity_fence_rejections_total", 1)

        await log.append([Record(Partition(TOPIC, 6), 3, b"key", b"positions 1 and 2 never came")])
        await until(lambda: listener.pool.fetchval("SELECT true FROM consumer_positions WHERE hole_since IS NOT NULL"))
    await listener.pool.execute("UPDATE consumer_positions SET hole_since = hole_since - interval '61 seconds'")
    await metrics.observe(listener.pool, service)
    await reads("parity_log_holes", 1)
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 5


async def test_a_batch_continues_the_trace_of_its_request_or_links_to_several(
    teller: Teller, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr("shared.spine.tracing._tracer", provider.get_tracer("test"))
    tracer = provider.get_tracer("test")

    async def tell_in_a_span() -> int:
        with tracer.start_as_current_span("approve") as span:
            await teller.tell(event(new_id(), 1))
        return span.get_span_context().trace_id

    first = await tell_in_a_span()
    await drain(teller, listener)
    others = {await tell_in_a_span(), await tell_in_a_span()}
    await teller.relay.drain()
    rows = await teller.pool.fetchval("SELECT count(DISTINCT partition) FROM outbox WHERE number > 1")
    await listener.consumer.drain()
    batches = [span for span in exported.get_finished_spans() if span.name.endswith("apply")]
    assert batches[0].context is not None
    assert batches[0].context.trace_id == first
    linked = {link.context.trace_id for span in batches[1:] for link in span.links}
    assert rows in (1, 2)
    assert linked == others or {span.context.trace_id for span in batches[1:] if span.context} == others
