"""The aggregator's fold, from the event log into totals, against a loop written by hand for these events alone.

The loop reads the same log, decodes, maps and executes the same statements in one transaction a batch: no consumer around it, no
other events, no checks. Each runs in a process of its own, and they take turns: what was added to the log since, one after the
other, until a million events are folded. Both must end with the same totals. Memory is the aggregator's process's.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
from shared.migrations import SPINE
from shared.obligations import Direction, Kind, Measure, OverTime
from shared.service import spare_the_collector
from shared.spine.consumer import Consumer
from tests.bench import servers
from tests.bench.figures import Figure, against, say

T = TypeVar("T")

TOPIC = "returns"
BATCH = 2000
TURNS = 10
LEAST = 10_000
"""Events in a turn: fewer would measure how a turn begins."""
_IDENTIFIER = re.compile(rb'"(contract_id|return_id|line_id)":"[0-9a-f]{8}')
_CONTRACT = re.compile(rb'"contract_id":"([0-9a-f-]{36})')
MIGRATIONS = Path(aggregator).parent / "migrations"


async def measure(size: int) -> AsyncIterator[Figure]:
    with servers.postgres() as server:
        async for name, address in servers.addresses(server):
            urls = [await servers.database(server, SPINE, MIGRATIONS) for _ in range(2)]
            by_hand, folder = [await _start(way, address, url) for way, url in zip(("by-hand", "fold"), urls, strict=True)]
            limits, rates, megabytes = [], [], []
            turns = min(TURNS, size // LEAST)
            async for told in _filled(address, size, turns):
                limits.append((await _take_turn(by_hand, told))[0])
                rate, memory = await _take_turn(folder, told)
                rates.append(rate)
                megabytes.append(memory)
                say(f"{name}: {told:,} of {size:,} events folded, {rate:,.0f} a second, {memory} MB")
            assert await _totals(urls[0]) == await _totals(urls[1])
            for process in (by_hand, folder):
                process.terminate()
                await process.wait()
            early, late = megabytes[turns // 5], megabytes[-1]
            yield against(f"fold of {size:,} events", name, rates, limits, "events/s", "ratio >= 0.65")
            growth = round(late / early, 2)
            yield Figure(f"fold, memory after {size:,}, beside after a fifth", name, late, "MB", early, growth, "< 200 MB, flat")


async def _filled(address: str, size: int, turns: int) -> AsyncIterator[int]:
    """Tell so many events in so many turns; yields how many are told after each."""
    log = await open_log(address)
    await log.create(handlers.topics)
    events, positions = made_up(size), Counter[Partition]()
    for turn in range(1, turns + 1):
        for chunk in batched(islice(events, size * turn // turns - size * (turn - 1) // turns), 5000):
            records = []
            for key, value in chunk:
                partition = Partition(TOPIC, partition_of(key))
                positions[partition] += 1
                records.append(Record(partition, positions[partition], str(key).encode(), value))
            assert (await log.append(records)).error is None
        yield positions.total()
    await log.close()


async def _start(way: str, address: str, url: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.fold", way, address, url, stdin=PIPE, stdout=PIPE
    )


async def _take_turn(process: Process, told: int) -> tuple[float, float]:
    """Have everything folded that is told. Returns events a second, and the most memory the process ever had, in MB."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"%d\n" % told)
    said = await process.stdout.readline()
    assert said, "it has died"
    rate, megabytes = map(float, said.split())
    return rate, megabytes


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
        again = rb'"\1":"' + b"%08x" % made
        for value in base[: events - made]:
            other = _IDENTIFIER.sub(again, value)
            contract = _CONTRACT.search(other)
            assert contract is not None
            yield UUID(contract[1].decode()), other
        made += len(base)


def batched(events: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(events)
    while chunk := list(islice(remaining, size)):
        yield chunk


Turn = Callable[[int], Awaitable[None]]
"""Folds until so many events are folded since the beginning."""


async def _fold(pool: Pool, log: EventLog) -> Turn:
    consumer = Consumer(pool=pool, log=log, handlers=handlers, batch=BATCH)

    async def turn(told: int) -> None:
        await consumer.drain(seconds=3600)

    return turn


async def _by_hand(pool: Pool, log: EventLog) -> Turn:
    async def from_the_beginning(partitions: Collection[Partition]) -> Mapping[Partition, int]:
        return dict.fromkeys(partitions, 0)

    reader = await log.reader(handlers.topics, from_the_beginning, group=None)
    folded = 0

    async def turn(told: int) -> None:
        nonlocal folded
        while folded < told:
            if delivered := await reader.read(BATCH, 1.0):
                await _apply(pool, _map_by_hand(delivered))
                folded += len(delivered)

    return turn


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


async def _apply(pool: Pool, heard: Heard) -> None:
    async with pool.acquire() as conn, conn.transaction():
        mark, at = await store.lock_feed(conn), datetime.now(UTC)
        await store.keep_allocations(conn, [part for spread in heard.spreads.values() for part in spread.parts])
        await store.fold(conn, heard.figures, heard.dues, mark=mark, at=at)
        if per_supplier := [figure for figure in heard.figures if figure.per_supplier]:
            await store.settle_suppliers(conn, per_supplier, mark=mark, at=at)
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


async def _take_turns(way: str, address: str, url: str) -> None:
    """The process that folds: each line in says how many events are told by now, each line out how fast they were folded."""
    log = await open_log(address)
    pool = await connect_pool(url, min_size=1)
    spare_the_collector()
    turn = await {"fold": _fold, "by-hand": _by_hand}[way](pool, log)
    folded = 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        began = time.perf_counter()
        await turn(int(line))
        print((int(line) - folded) / (time.perf_counter() - began), _megabytes(), flush=True)
        folded = int(line)


def _megabytes() -> float:
    """The most that this process ever had; getrusage would count what its parent had before it."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


if __name__ == "__main__":
    asyncio.run(_take_turns(*sys.argv[1:]))
