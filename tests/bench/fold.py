"""The aggregator's fold, from the event log into totals, against a loop written by hand for these events alone.

The loop reads the same log, decodes, maps and executes the same statements in one transaction a batch: no consumer around it, no
other events, no checks. Both must end with the same totals. How much the statements alone would do is shown beside it. Memory is
looked at over a million events.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import orjson

from deploy.simulation.events import Events
from deploy.simulation.region import _SOCIAL, region
from services.aggregator import __file__ as aggregator
from services.aggregator.actions.hearing import Heard
from services.aggregator.handlers import handlers
from services.aggregator.models.facts import DueFact, FigureFact, MeasureDescription, Spread
from services.aggregator.rules import facts
from services.aggregator.store import fold as store
from shared.db import Pool, connect_pool
from shared.events import Envelope
from shared.ids import new_id
from shared.log import open_log
from shared.log.interface import Delivered, EventLog, Partition, Record, partition_of
from shared.log.postgres import PostgresLog
from shared.migrations import SPINE
from shared.obligations import Direction, Kind, Measure, OverTime
from shared.spine.consumer import Consumer, spare_the_collector
from tests.bench import servers
from tests.bench.figures import Figure, against, middle

T = TypeVar("T")

TOPIC = "returns"
EVENTS = 60_000
MANY = 1_000_000
ROUNDS = 3
BATCH = 2000
_IDENTIFIER = re.compile(rb'"(contract_id|return_id|line_id)":"[0-9a-f]{8}')
_CONTRACT = re.compile(rb'"contract_id":"([0-9a-f-]{36})')
MIGRATIONS = Path(aggregator).parent / "migrations"


async def measure() -> AsyncIterator[Figure]:
    with servers.postgres() as server:
        async for name, log in servers.logs(server):
            await _fill(log, made_up(EVENTS))
            by_hand, folded, statements = [], [], []
            spare_the_collector()
            for _ in range(ROUNDS):
                urls = [await servers.database(server, SPINE, MIGRATIONS) for _ in range(3)]
                by_hand.append(await _by_hand(urls[0], log))
                folded.append(await _fold(urls[1], log))
                statements.append(await _statements(urls[2], log))
                assert await _totals(urls[0]) == await _totals(urls[1]) == await _totals(urls[2])
            yield against("fold", name, middle(folded), middle(by_hand), "events/s", "ratio >= 0.65")
            yield against("fold, beside its statements alone", name, middle(folded), middle(statements), "events/s", "")
        async for name, log in servers.logs(server):
            await _fill(log, made_up(MANY))
            for figure in await _memory(await servers.database(server, SPINE, MIGRATIONS), name, log):
                yield figure


def made_up(events: int) -> Iterator[tuple[UUID, bytes]]:
    """(contract, event as it travels), in the order of time: a region's returns, again and again under other ids."""
    catalogue = {
        code: Measure(
            framework="cm-toms-2024",
            code=code,
            label=code,
            unit=kind,
            kind=kind,
            direction=Direction.HIGHER,
            over_time={Kind.FLOW: OverTime.SUM, Kind.FTE: OverTime.MEAN}.get(kind, OverTime.LATEST),
            suppress=code == "NT4a",
        )
        for code, kind, _ in _SOCIAL
    }
    scenario = region(contracts=1500, quarters=4, seed=1, present=date(2027, 4, 1))
    told = sorted(Events(scenario, catalogue, seed=1).returns(), key=lambda one: one[0])
    base = [Envelope.around(event, id=new_id(), source="/icb/bench/returns", time=at).encode() for at, event in told]
    made = 0
    while made < events:
        # The first 32 bits of every identifier of a contract, return or line.
        again = b'"%s":"' + b"%08x" % made
        for value in base[: events - made]:
            other = _IDENTIFIER.sub(lambda found, again=again: again % found[1], value)
            contract = _CONTRACT.search(other)
            assert contract is not None
            yield UUID(contract[1].decode()), other
        made += len(base)


async def _fill(log: EventLog, events: Iterator[tuple[UUID, bytes]]) -> None:
    await log.create(handlers.topics)
    positions = Counter[Partition]()
    for chunk in batched(events, 5000):
        records = []
        for key, value in chunk:
            partition = Partition(TOPIC, partition_of(key))
            positions[partition] += 1
            records.append(Record(partition, positions[partition], str(key).encode(), value))
        assert (await log.append(records)).error is None


def batched(events: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(events)
    while chunk := list(islice(remaining, size)):
        yield chunk


async def _batches(log: EventLog) -> AsyncIterator[Sequence[Delivered]]:
    """As a consumer gets them."""

    async def from_the_beginning(partitions: Collection[Partition]) -> Mapping[Partition, int]:
        return dict.fromkeys(partitions, 0)

    reader = await log.reader(handlers.topics, from_the_beginning, group=None)
    read = 0
    while read < EVENTS:
        if delivered := await reader.read(BATCH, 1.0):
            yield delivered
            read += len(delivered)
    await reader.close()


async def _by_hand(url: str, log: EventLog) -> float:
    pool = await connect_pool(url, min_size=1)
    began = time.perf_counter()
    async for delivered in _batches(log):
        await _apply(pool, _map_by_hand(delivered))
    seconds = time.perf_counter() - began
    await pool.close()
    return EVENTS / seconds


_measures: dict[tuple[str, str], MeasureDescription] = {}
_spreads: dict[str, Spread] = {}


def _map_by_hand(delivered: Sequence[Delivered]) -> Heard:
    """For events of this bench: a measure is known by its code and owner, and no contract is ever spread otherwise."""
    heard = Heard()
    for record in delivered:
        envelope = orjson.loads(record.value)
        data = envelope["data"]
        contract = data["contract"]
        spread = _spreads.get(data["contract_id"])
        if spread is None:
            spread = _spreads[data["contract_id"]] = facts.spread_of(contract)
        heard.spreads[spread.allocation_id] = spread
        quarter = data["quarter"]
        place = (envelope["time"], record.partition.number, record.position)
        if "figure" in data:
            figure, terms = data["figure"], data["terms"]
            measure = _measure(terms["measure"])
            heard.measures.add(measure)
            value = reported = figure["value"]
            numerator, denominator = figure["numerator"], figure["denominator"]
            if measure.kind == "fte":
                value = facts._weighted(value, quarter, contract)
            elif measure.kind == "flag":
                value, numerator, denominator = None, value, "1"
            heard.figures.append(
                FigureFact(
                    data["return_id"],
                    data["line_id"],
                    data["version"],
                    data["contract_id"],
                    spread.supplier_id,
                    facts.first_day(quarter),
                    measure.measure_id,
                    False,
                    measure.scope == "organisation",
                    spread.allocation_id,
                    value,
                    numerator,
                    denominator,
                    reported if measure.kind == "fte" and reported != value else None,
                    facts.promised(terms, quarter, contract),
                    figure["nil"],
                    data["approved_at"],
                    *place,
                )
            )
        else:
            lines = data["lines"]
            measures = [_measure(line["terms"]["measure"]) for line in lines]
            heard.measures.update(measures)
            heard.dues.append(
                DueFact(
                    data["return_id"],
                    data["version"],
                    data["contract_id"],
                    spread.supplier_id,
                    facts.first_day(quarter),
                    False,
                    spread.allocation_id,
                    data["status"] != "open",
                    "{" + ",".join([line["line_id"] for line in lines]) + "}",
                    "{" + ",".join([measure.measure_id for measure in measures]) + "}",
                    "{" + ",".join([facts.promised(line["terms"], quarter, contract) for line in lines]) + "}",
                    "{" + ",".join(["t" if line["status"] == "approved" else "f" for line in lines]) + "}",
                    *place,
                )
            )
    return heard


def _measure(measure: dict[str, Any]) -> MeasureDescription:
    known = _measures.get((measure["code"], measure["buyer_id"]))
    if known is None:
        known = _measures[measure["code"], measure["buyer_id"]] = facts.measure_described(measure)
    return known


async def _statements(url: str, log: EventLog) -> float:
    """Nothing but the statements, with the arrays that they take lying ready."""
    ready = [_map_by_hand(delivered) async for delivered in _batches(log)]
    pool = await connect_pool(url, min_size=1)
    began = time.perf_counter()
    for heard in ready:
        await _apply(pool, heard)
    seconds = time.perf_counter() - began
    await pool.close()
    return EVENTS / seconds


async def _apply(pool: Pool, heard: Heard) -> None:
    async with pool.acquire() as conn, conn.transaction():
        mark = await store.lock_feed(conn)
        await store.keep_allocations(conn, [part for spread in heard.spreads.values() for part in spread.parts])
        await store.fold(conn, heard.figures, heard.dues, mark=mark, at=datetime.now(UTC))
        if per_supplier := [figure for figure in heard.figures if figure.per_supplier]:
            await store.settle_suppliers(conn, per_supplier, mark=mark)
        if await store.describe_measures(conn, heard.measures):
            await store.note_described(conn, mark)


async def _totals(url: str) -> list[Any]:
    pool = await connect_pool(url, min_size=0)
    rows = await pool.fetch(
        """
        SELECT quarter, measure_id, dimension, member, value, numerator, denominator, due, approved FROM totals
        ORDER BY quarter, measure_id, dimension, member
        """
    )
    await pool.close()
    return rows


async def _fold(url: str, log: EventLog) -> float:
    pool = await connect_pool(url, min_size=1)
    consumer = Consumer(pool=pool, log=log, handlers=handlers, batch=BATCH)
    began = time.perf_counter()
    assert await consumer.drain(seconds=3600) == EVENTS
    seconds = time.perf_counter() - began
    await pool.close()
    return EVENTS / seconds


async def _memory(url: str, name: str, log: EventLog) -> list[Figure]:
    """Of a process of its own that folds a million events."""
    address = log._url if isinstance(log, PostgresLog) else "kafka://" + ",".join(log._options["bootstrap_servers"])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.fold", url, address, str(MANY), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    rate, early, late = map(float, said.split())
    return [
        Figure("fold, a million events", name, round(rate), "events/s"),
        Figure("fold, memory after a million", name, late, "MB", early, round(late / early, 2), "< 200 MB; limit: after 200,000"),
    ]


async def _fold_and_tell(url: str, address: str, events: int) -> None:
    """Events a second, and the most memory used after the first fifth of them and after all."""
    log = await open_log(address)
    pool = await connect_pool(url, min_size=1)
    consumer = Consumer(pool=pool, log=log, handlers=handlers, batch=BATCH)
    spare_the_collector()
    began = time.perf_counter()
    draining = asyncio.create_task(consumer.drain(seconds=7200))
    early = None
    while not (await asyncio.wait({draining}, timeout=0.5))[0]:
        done = await pool.fetchval("SELECT coalesce(sum(position), 0) FROM consumer_positions")
        if early is None and done > events / 5:
            early = _megabytes()
    assert await draining == events
    print(events / (time.perf_counter() - began), early, _megabytes())
    await pool.close()
    await log.close()


def _megabytes() -> float:
    """The most that this process ever had; getrusage would count what its parent had before it."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


if __name__ == "__main__":
    asyncio.run(_fold_and_tell(sys.argv[1], sys.argv[2], int(sys.argv[3])))
