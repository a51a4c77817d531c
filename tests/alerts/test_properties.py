"""What holds of every history: parity, and the same outcome however it is heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.alerts.actions.ticking import tick
from services.alerts.handlers import fold
from shared.db import Connection
from shared.events import Event
from shared.obligations import Side
from shared.spine import Received
from tests.alerts.builders import Contract, Promised, Telling, at, contents
from tests.alerts.histories import History, histories, told
from tests.shared.ratings.builders import Q1, terms

in_a_database = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
Tables = dict[str, list[dict[str, Any]]]


@asynccontextmanager
async def as_if_never(conn: Connection) -> AsyncIterator[None]:
    """Whatever happens inside is undone, so that every example finds the same empty database."""
    transaction = conn.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def lived_through(conn: Connection, events: Sequence[tuple[Event, datetime]]) -> Tables:
    """Hear the events one by one, with the clock ticking every few days in between and for half a year after."""
    tell = Telling()
    ticks = iter(_days(events[0][1].date(), events[-1][1].date() + timedelta(days=180)))
    today = next(ticks)
    async with as_if_never(conn):
        for event, moment in [*events, (None, at(date(2100, 1, 1)))]:
            while today is not None and today <= moment.date():
                await tick(conn, today, datetime.combine(today, time(7), moment.tzinfo))
                today = next(ticks, None)
            if event is not None:
                await fold(conn, [tell(event, moment)])
        return await contents(conn)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=7)


def differing(one: Tables, other: Tables) -> list[dict[str, Any]]:
    """The rows that only one of them has."""
    return [
        row
        for table in one.keys() | other.keys()
        for some, rest in ((one, other), (other, one))
        for row in some[table]
        if row not in rest[table]
    ]


def swapped(obligations: Sequence[Promised]) -> Sequence[Promised]:
    other = {Side.CORE_SERVICE: Side.SOCIAL_VALUE, Side.SOCIAL_VALUE: Side.CORE_SERVICE}
    return [replace(promised, side=other[promised.side]) for promised in obligations]


@in_a_database
@given(histories())
async def test_swapping_every_side_moves_no_rating_alert_severity_or_deadline(conn: Connection, history: History) -> None:
    one = await lived_through(conn, told(history))
    other = await lived_through(conn, told(history, swapped))
    assert [row.pop("side") for row in one["obligations"]] != [row.pop("side") for row in other["obligations"]]
    assert differing(one, other) == []


@in_a_database
@given(histories(), st.integers(0, 3), st.randoms())
async def test_names_order_and_number_of_the_other_sides_obligations_move_nothing(
    conn: Connection, history: History, number: int, random: Any
) -> None:
    def others_changed(obligations: Sequence[Promised]) -> Sequence[Promised]:
        kept = [promised for promised in obligations if promised.side is Side.SOCIAL_VALUE]
        changed = [*kept, *(Promised(f"new-{n}", Side.CORE_SERVICE, terms(target=n)) for n in range(number))]
        random.shuffle(changed)
        return changed

    before = await lived_through(conn, told(history))
    after = await lived_through(conn, told(history, others_changed))
    assert differing(_of_social_value(before, before), _of_social_value(after, before)) == []


def _of_social_value(tables: Tables, known: Tables) -> Tables:
    """What is about these obligations or their returns; but a late review ends with the review of any line, of either side."""
    social = {row["obligation_id"] for row in known["obligations"] if row["side"] == Side.SOCIAL_VALUE}
    return {
        "ratings": [row for row in tables["ratings"] if row["obligation_id"] in social],
        "alerts": [
            row
            for row in tables["alerts"]
            if (row["obligation_id"] in social and row["kind"] != "shared_evidence") or row["kind"] == "late_return"
        ],
    }


@in_a_database
@given(histories())
async def test_a_variation_never_changes_a_rating_of_the_quarters_before_it(conn: Connection, history: History) -> None:
    never = [replace(year, varied_after=len(year.lines)) for year in history]
    varied, unvaried = await lived_through(conn, told(history)), await lived_through(conn, told(never))
    turns = {Contract(year.name).contract_id: Q1.plus(year.varied_after).first_day for year in history}

    def before(tables: Tables) -> list[dict[str, Any]]:
        return [row for row in tables["ratings"] if row["quarter"] < turns[row["contract_id"]]]

    assert before(varied) == before(unvaried)


@in_a_database
@given(histories(), st.data())
async def test_any_interleaving_batching_and_repetition_gives_the_same_tables(
    conn: Connection, history: History, data: st.DataObject
) -> None:
    tell = Telling()
    in_time = [tell(event, moment) for event, moment in told(history)]
    async with as_if_never(conn):
        for received in in_time:
            await fold(conn, [received])
        expected = await contents(conn)

    streams: dict[tuple[str, int], list[Received]] = defaultdict(list)
    for received in in_time:
        streams[received.topic, received.partition].append(received)
    turns = data.draw(st.permutations([place for place, stream in streams.items() for _ in stream]), label="turns")
    mixed = [streams[place].pop(0) for place in turns]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(mixed))), label="cuts") | {len(mixed)})
    batches = [mixed[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]
    async with as_if_never(conn):
        for batch in batches:
            await fold(conn, batch)
            await fold(conn, batch)
        assert differing(await contents(conn), expected) == []
        await fold(conn, mixed)
        assert differing(await contents(conn), expected) == []
