"""Nothing counts twice: totals equal plain addition over the newest approved facts, however they were delivered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.aggregator.actions import reading
from services.aggregator.actions.comparing import bridge_of_quarters
from services.aggregator.actions.hearing import hear
from services.aggregator.actions.keeping import keep_days
from services.aggregator.actions.reading import Wanted
from services.aggregator.models.facts import REGION
from services.aggregator.models.publications import EVERYTHING, Known
from services.aggregator.models.totals import Amounts, Cell, Dimension
from services.aggregator.rules.days import end_of
from services.aggregator.store import daily, ledger, standings
from services.aggregator.store import totals as store
from services.aggregator.store.publications import last_entry
from shared.db import Connection, Record
from shared.obligations import Place
from shared.quarters import Quarter, local_date
from tests.aggregator.builders import AFTER_Q2, HOURS, TERMS_OF_EMPLOYMENT, Contract, Positions, an_organisation
from tests.aggregator.conftest import Aggregator
from tests.aggregator.histories import batches_of, histories
from tests.aggregator.plain_fold import kept_totals, plain_fold
from tests.aggregator.rolled_back import rolled_back

pytestmark = pytest.mark.asyncio

REGION_AND_OTHERS = [
    (Dimension.REGION, REGION),
    *((Dimension.PLACE, place.value) for place in list(Place)[:2]),
    (Dimension.SECTOR, "vcfse"),
]

ordinary = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@ordinary
@given(st.data())
async def test_totals_equal_a_plain_fold_under_duplication_batching_and_any_order(aggregator: Aggregator, data: st.DataObject):
    events = data.draw(histories())
    received = Positions().heard(events)
    delivered = data.draw(st.permutations(received + data.draw(st.lists(st.sampled_from(received), max_size=10))))
    async with rolled_back(aggregator.pool) as conn:
        for batch in batches_of(data.draw, delivered):
            await hear(conn, batch, at=AFTER_Q2)
        assert await kept_totals(conn) == plain_fold(events)


@ordinary
@given(st.data())
async def test_what_was_known_at_any_time_is_reproduced(aggregator: Aggregator, data: st.DataObject):
    events = data.draw(histories())
    async with rolled_back(aggregator.pool) as conn:
        positions, known, at = Positions(), [], AFTER_Q2
        moments = []
        for batch in batches_of(data.draw, events):
            await hear(conn, positions.heard(batch), at=at)
            known += batch
            entry = await conn.fetchval("SELECT max(entry) FROM (SELECT entry FROM figures UNION SELECT entry FROM dues) AS e")
            moments.append((at, entry, await shown(conn)))
            at += timedelta(minutes=1)
        for at, entry, then in moments:
            assert await as_known(conn, Known(at=at)) == then
            assert await as_known(conn, Known(entry)) == then


@ordinary
@given(st.data())
async def test_what_was_known_when_a_day_ended_is_kept(aggregator: Aggregator, data: st.DataObject):
    events = data.draw(histories())
    async with rolled_back(aggregator.pool) as conn:
        positions, at = Positions(), AFTER_Q2
        for batch in batches_of(data.draw, events):
            await hear(conn, positions.heard(batch), at=at)
            at += timedelta(hours=data.draw(st.integers(1, 40)))
            if data.draw(st.booleans()):
                await keep_days(conn, local_date(at), at)
        await keep_days(conn, local_date(at) + timedelta(days=1), at)
        for day in (local_date(AFTER_Q2) + timedelta(days=n) for n in range((local_date(at) - local_date(AFTER_Q2)).days + 1)):
            for quarter in await store.quarters(conn):
                summed = await ledger.totals(conn, quarter, known=Known(at=end_of(day)))
                assert list(map(described, await daily.totals(conn, quarter, day))) == list(map(described, summed))
                read = [
                    (await reading.totals(conn, Quarter(quarter), Wanted(), threshold=5, as_of=moment))[0]
                    for moment in (end_of(day), end_of(day) - timedelta(microseconds=1))
                ]
                assert read[0] == read[1]


@ordinary
@given(st.data())
async def test_a_bridge_of_what_is_kept_equals_that_of_the_ledger(aggregator: Aggregator, data: st.DataObject):
    events = data.draw(histories())
    async with rolled_back(aggregator.pool) as conn:
        positions, at, entry = Positions(), AFTER_Q2, 0
        for number, batch in enumerate(batches_of(data.draw, events), 1):
            await hear(conn, positions.heard(batch), at=at)
            at += timedelta(minutes=1)
            entry = await last_entry(conn)
            for quarter in await store.quarters(conn) if data.draw(st.booleans()) else ():
                await conn.execute(_PUBLISH, quarter, number, at, entry)
        for measure in [measure for code in await codes(conn) for measure in await store.measures(conn, code)]:
            for quarter in map(Quarter, await store.quarters(conn)):
                for dimension, member in REGION_AND_OTHERS if not measure.suppress else REGION_AND_OTHERS[:1]:
                    of = {"dimension": dimension, "member": member}
                    kept, summed, cut = [
                        await bridge_of_quarters(conn, measure, quarter, **of, threshold=5, known=known)
                        for known in (EVERYTHING, Known(entry), Known(at=at))
                    ]
                    assert kept == summed == cut
                    asked = (conn, quarter.first_day, measure.measure_id)
                    assert stand(await standings.of_contracts(*asked, **of)) == stand(await ledger.standings(*asked, **of))


def stand(rows: list[Record]) -> list[tuple[Any, ...]]:
    """Rows that say something; what is not reported has no amounts."""
    amounts = [tuple(row[name] or 0 for name in ("value", "numerator", "denominator")) for row in rows]
    return [
        (row["contract_id"], row["supplier_id"], row["figures"], row["due"], amount if row["figures"] else None)
        for row, amount in zip(rows, amounts, strict=True)
        if row["figures"] or row["due"]
    ]


_PUBLISH = """
    INSERT INTO publications (publication_id, quarter, number, published_at, person_id, entry, threshold, totals)
    VALUES (gen_random_uuid(), $1, $2, $3, gen_random_uuid(), $4, 5, 0)
"""


async def codes(conn: Connection) -> list[str]:
    return [row["code"] for row in await conn.fetch("SELECT DISTINCT code FROM measures ORDER BY code")]


async def shown(conn: Connection) -> list[tuple[Any, ...]]:
    return [described(cell) for quarter in await store.quarters(conn) for cell in (await store.totals(conn, quarter))[0]]


async def as_known(conn: Connection, known: Known) -> list[tuple[Any, ...]]:
    return [described(cell) for quarter in await store.quarters(conn) for cell in await ledger.totals(conn, quarter, known=known)]


def described(cell: Cell) -> tuple[Any, ...]:
    """Without measures that are described later."""
    amounts = cell.amounts or Amounts()
    known = (cell.due, cell.received, cell.approved, cell.promised_due, cell.promised_received, cell.promised_approved)
    return (cell.quarter, cell.measure.measure_id, cell.pledge, cell.dimension, cell.member, *amounts.parts, *known)


async def test_two_members_who_fold_at_once_take_turns(aggregator: Aggregator):
    """Of one supplier's two contracts, in two partitions, each sees what the other has heard: only one figure counts."""
    supplier = (an_organisation("A supplier of two"),)
    one, two = (Contract(suppliers=supplier).owes(TERMS_OF_EMPLOYMENT, HOURS) for _ in range(2))
    events = [one.all((80, 100), 1), two.all((82, 100), 2, at=AFTER_Q2 + timedelta(days=1))]
    batches = [aggregator.positions.heard(told) for told in events]
    async with aggregator.pool.acquire() as first, aggregator.pool.acquire() as second:
        begun = [conn.transaction() for conn in (first, second)]
        for transaction in begun:
            await transaction.start()
        await hear(first, batches[0], at=AFTER_Q2)
        waiting = asyncio.create_task(hear(second, batches[1], at=AFTER_Q2))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await begun[0].commit()
        await waiting
        await begun[1].commit()
    assert await kept_totals(aggregator.pool) == plain_fold(event for told in events for event in told)
