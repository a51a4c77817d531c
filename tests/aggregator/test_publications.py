"""A closed quarter reproduces: numbered, immutable, with the reasons why the next number differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.aggregator.actions import comparing
from services.aggregator.actions.hearing import hear
from services.aggregator.actions.publishing import close_quarter
from services.aggregator.actions.reading import Wanted, totals
from services.aggregator.models.publications import Reason, Step
from services.aggregator.models.totals import CountedMeasure, Total
from services.aggregator.rules.closing import NothingToPublish, QuarterNotOver
from services.aggregator.store import differing
from services.aggregator.store import publications as store
from services.aggregator.store import totals as totals_store
from shared.db import Connection
from shared.events.commitments import IcbSees
from shared.events.icb_totals import QuarterPublished, TotalPublished
from shared.obligations import Measure, Place, Sector
from shared.quarters import Quarter
from tests.aggregator.builders import (
    AFTER_Q2,
    CARE_LEAVERS,
    HOURS,
    Q1,
    Q2,
    Q3,
    RATIO,
    TERMS_OF_EMPLOYMENT,
    Contract,
    Positions,
    an_organisation,
    contract_recorded,
    recorded,
)
from tests.aggregator.conftest import Aggregator
from tests.aggregator.histories import batches_of, histories
from tests.aggregator.rolled_back import rolled_back

pytestmark = pytest.mark.asyncio

ANALYST = uuid4()
CLOSED = datetime(2026, 11, 2, 10, tzinfo=UTC)


async def close(aggregator: Aggregator, quarter: Quarter = Q2, at: datetime = CLOSED):
    async with aggregator.pool.acquire() as conn, conn.transaction():
        return await close_quarter(conn, quarter, at=at, by=ANALYST, threshold=5)


async def published(conn: Connection, quarter: Quarter, number: int) -> list[Total]:
    return (await totals(conn, quarter, Wanted(), threshold=5, publication=number))[0]


async def counted(conn: Connection, measure: Measure) -> CountedMeasure:
    return (await totals_store.measures(conn, measure.code))[0]


async def test_a_quarter_is_closed_with_its_totals_and_positions_and_that_is_told(aggregator: Aggregator):
    await aggregator.hears(Contract().owes(HOURS).all(100))
    made = await close(aggregator)
    assert (made.number, made.quarter, made.person_id, made.reasons) == (1, Q2, ANALYST, {})
    async with aggregator.pool.acquire() as conn:
        figures = await published(conn, Q2, 1)
        events = [row["type"] for row in await conn.fetch("SELECT type FROM outbox ORDER BY number")]
        data = [row["data"] for row in await conn.fetch("SELECT data FROM outbox ORDER BY number")]
    assert {total.dimension: total.value for total in figures} == dict.fromkeys(
        ("region", "place", "buyer", "sector", "theme", "outcome"), 100
    )
    assert events == ["quarter.published.v1", *["total.published.v1"] * 6]
    assert QuarterPublished.model_validate(data[0]).totals == made.totals == 6
    assert {TotalPublished.model_validate(each).value for each in data[1:]} == {100}


async def test_a_quarter_that_is_not_over_cannot_be_closed(aggregator: Aggregator):
    await aggregator.hears(Contract().owes(HOURS, quarter=Q3).opened())
    with pytest.raises(QuarterNotOver, match="31 December 2026"):
        await close(aggregator, Q3, at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert (await close(aggregator, Q3, at=datetime(2027, 1, 1, tzinfo=UTC))).number == 1


async def test_nothing_new_makes_no_new_number(aggregator: Aggregator):
    with pytest.raises(NothingToPublish):
        await close(aggregator)
    hours = Contract().owes(HOURS)
    await aggregator.hears(hours.all(100))
    await close(aggregator)
    with pytest.raises(NothingToPublish):
        await close(aggregator)
    await aggregator.hears(Contract().owes(HOURS, quarter=Q1).opened())
    with pytest.raises(NothingToPublish):
        await close(aggregator)


async def test_later_approvals_and_restatements_make_the_next_number_with_the_reasons(aggregator: Aggregator):
    restated, late, unapproved = (Contract().owes(HOURS) for _ in range(3))
    await aggregator.hears(restated.all(100), late.opened(), unapproved.opened(), unapproved.submitted())
    await close(aggregator)
    await aggregator.hears(restated.restated(90), late.submitted(), late.approved(7), unapproved.approved(20))
    second = await close(aggregator)
    assert second.number == 2
    assert second.reasons == {Reason.RESTATED: 1, Reason.NEWLY_REPORTED: 1, Reason.NEWLY_APPROVED: 1}
    async with aggregator.pool.acquire() as conn:
        changes = await differing.kept(conn, second.publication_id)
        shown = await comparing.shown_changes(conn, changes, threshold=5)
        first, now = [await published(conn, Q2, number) for number in (1, 2)]
    assert {change.reason: change.value for change in shown} == {
        Reason.RESTATED: -10,
        Reason.NEWLY_REPORTED: 7,
        Reason.NEWLY_APPROVED: 20,
    }
    assert [change.contracts for change in shown] == [(), (), ()], "no buyer lets the ICB see contracts"
    assert [next(total.value for total in each if total.dimension == "region") for each in (first, now)] == [100, 117]


async def test_an_approved_figure_that_is_changed_before_its_quarter_is_closed_is_no_restatement(aggregator: Aggregator):
    hours = Contract().owes(HOURS)
    await aggregator.hears(hours.all(100), hours.restated(90))
    assert (await close(aggregator)).reasons == {}


async def test_changes_name_the_contracts_of_buyers_who_show_them(aggregator: Aggregator):
    open_buyer = an_organisation("Open", Sector.PUBLIC)
    seen, unseen = Contract(buyers=(open_buyer,)), Contract()
    await aggregator.hears(
        recorded(open_buyer, icb_sees=IcbSees.CONTRACTS),
        recorded(unseen.buyers[0]),
        contract_recorded(seen),
        contract_recorded(unseen),
    )
    filed = [contract.owes(HOURS) for contract in (seen, unseen)]
    await aggregator.hears(*(each.all(10) for each in filed))
    await close(aggregator)
    await aggregator.hears(*(each.restated(20) for each in filed))
    made = await close(aggregator)
    async with aggregator.pool.acquire() as conn:
        (change,) = await comparing.shown_changes(conn, await differing.kept(conn, made.publication_id), threshold=5)
    assert (change.lines, change.value, change.contracts) == (2, 20, (seen.contract_id,))
    assert [(line.contract_id, line.line_id) for line in change.restated] == [(seen.contract_id, filed[0].lines[0].line_id)]


async def test_small_changes_of_small_numbers_are_hidden(aggregator: Aggregator):
    one, two = (Contract().owes(CARE_LEAVERS) for _ in range(2))
    await aggregator.hears(one.all(10), two.opened())
    await close(aggregator)
    await aggregator.hears(one.restated(12), two.submitted(), two.approved(9))
    made = await close(aggregator)
    async with aggregator.pool.acquire() as conn:
        changes = await comparing.shown_changes(conn, await differing.kept(conn, made.publication_id), threshold=5)
    assert [(change.value, change.hidden) for change in changes] == [(None, True), (None, True)]


async def test_publications_cannot_be_changed_by_the_service(aggregator: Aggregator):
    await aggregator.hears(Contract().owes(HOURS).all(100))
    await close(aggregator)
    for statement in ("UPDATE published_totals SET total = '{}'", "DELETE FROM publications", "DELETE FROM figures"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await aggregator.pool.execute(statement)


async def test_hidden_small_numbers_are_published_without_a_value(aggregator: Aggregator):
    for place, number in ((Place.HALTON, 2), (Place.WIRRAL, 8), (Place.SEFTON, 6)):
        await aggregator.hears(Contract(places={place: "1"}).owes(CARE_LEAVERS).all(number))
    await close(aggregator)
    async with aggregator.pool.acquire() as conn:
        found = {
            total.member: (total.value, total.hidden) for total in await published(conn, Q2, 1) if total.dimension == "place"
        }
        told = [TotalPublished.model_validate(row["data"]) for row in await conn.fetch(
            "SELECT data FROM outbox WHERE type = 'total.published.v1' AND data->>'dimension' = 'place'")]  # fmt: skip
    assert found == {"Halton": (None, True), "Sefton": (None, True), "Wirral": (8, False)}
    assert {total.member: (total.value, total.hidden) for total in told} == found


async def test_the_bridge_from_the_published_quarter_before(aggregator: Aggregator):
    same, ended, silent, late = (Contract() for _ in range(4))
    of_same, of_ended, of_silent, of_late = (contract.owes(HOURS, quarter=Q1) for contract in (same, ended, silent, late))
    await aggregator.hears(of_same.all(10), of_ended.all(20), of_silent.all(30), of_late.opened())
    await close(aggregator, Q1)
    await aggregator.hears(of_same.restated(11))
    await aggregator.hears(
        same.owes(HOURS).all(15), silent.owes(HOURS).opened(), late.owes(HOURS).all(4), Contract().owes(HOURS).all(100)
    )
    async with aggregator.pool.acquire() as conn:
        found = await comparing.bridge_of_quarters(conn, await counted(conn, HOURS), Q2, threshold=5)
    assert (found.before.value, found.before.publication, found.after.value) == (60, 1, 119)
    assert {part.step: part.value for part in found.parts} == {
        Step.RESTATED: 1,
        Step.LIKE_FOR_LIKE: 4,
        Step.NEWLY_REPORTING: 4,
        Step.NO_LONGER_REPORTING: -30,
        Step.NEW: 100,
        Step.ENDED: -20,
    }


async def test_the_bridge_of_two_publications_and_of_a_ratio(aggregator: Aggregator):
    one, two = Contract().owes(RATIO), Contract().owes(RATIO)
    await aggregator.hears(one.all((90, 100)), two.opened())
    await close(aggregator)
    await aggregator.hears(one.restated((80, 100)), two.submitted(), two.approved((10, 100)))
    await close(aggregator)
    async with aggregator.pool.acquire() as conn:
        earlier, later = [await store.publication(conn, Q2.first_day, number) for number in (1, 2)]
        found = await comparing.bridge_of_publications(conn, await counted(conn, RATIO), earlier, later, threshold=5)
    points = {part.step: part.percent for part in found.parts if part.percent}
    assert (found.before.percent, found.after.percent) == (90, 45)
    assert points == {Step.RESTATED: -10, Step.NEWLY_REPORTING: -35}


async def test_a_bridge_of_small_numbers_hides_small_steps_and_is_of_the_region_only(aggregator: Aggregator):
    contract = Contract()
    await aggregator.hears(contract.owes(CARE_LEAVERS, quarter=Q1).all(10), contract.owes(CARE_LEAVERS).all(12))
    await aggregator.hears(Contract().owes(CARE_LEAVERS).all(30))
    async with aggregator.pool.acquire() as conn:
        measure = await counted(conn, CARE_LEAVERS)
        found = await comparing.bridge_of_quarters(conn, measure, Q2, threshold=5)
        assert {part.step: part.hidden for part in found.parts if part.members} == {Step.LIKE_FOR_LIKE: True, Step.NEW: True}
        with pytest.raises(comparing.SmallNumbers):
            await comparing.bridge_of_quarters(conn, measure, Q2, dimension="sector", member="private", threshold=5)


async def test_a_measure_of_the_supplier_is_bridged_by_supplier(aggregator: Aggregator):
    supplier = (an_organisation("A supplier of two"),)
    one, two = (Contract(suppliers=supplier) for _ in range(2))
    await aggregator.hears(one.owes(TERMS_OF_EMPLOYMENT, quarter=Q1).all((80, 100)))
    await aggregator.hears(two.owes(TERMS_OF_EMPLOYMENT).all((82, 100)))
    async with aggregator.pool.acquire() as conn:
        found = await comparing.bridge_of_quarters(conn, await counted(conn, TERMS_OF_EMPLOYMENT), Q2, threshold=5)
    assert [(part.step, part.numerator, part.members) for part in found.parts if part.members] == [(Step.LIKE_FOR_LIKE, 2, 1)]


ordinary = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@ordinary
@given(st.data())
async def test_publications_reproduce_and_every_bridge_adds_up(aggregator: Aggregator, data: st.DataObject):
    events = data.draw(histories())
    async with rolled_back(aggregator.pool) as conn:
        positions, at, stood = Positions(), CLOSED, {}
        for batch in batches_of(data.draw, events):
            await hear(conn, positions.heard(batch), at=at)
            for quarter in data.draw(st.sets(st.sampled_from([Q1, Q2]))):
                try:
                    made = await close_quarter(conn, quarter, at=at, by=ANALYST, threshold=5)
                except NothingToPublish:
                    continue
                stood[quarter, made.number] = (await totals(conn, quarter, Wanted(), threshold=5))[0]
            at += timedelta(days=1)
        for (quarter, number), then in stood.items():
            assert [total.model_dump() for total in await published(conn, quarter, number)] == [
                each.model_dump() for each in then
            ]
            if number > 1:
                await _adds_up(conn, quarter, number)


async def _adds_up(conn: Connection, quarter: Quarter, number: int) -> None:
    earlier, later = [await store.publication(conn, quarter.first_day, each) for each in (number - 1, number)]
    regions = [{total.place: total for total in await published(conn, quarter, each) if total.dimension == "region"}
               for each in (number - 1, number)]  # fmt: skip
    for place, total in regions[1].items():
        measure = (await totals_store.measures(conn, total.measure_code))[0]
        found = await comparing.bridge_of_publications(
            conn, measure, earlier, later, pledge=total.counted == "pledges", threshold=0
        )
        before = regions[0].get(place)
        for name in ("value", "numerator", "denominator"):
            parts = [getattr(part, name) for part in found.parts if getattr(part, name) is not None]
            ends = [(getattr(each, name) if each else None) or Decimal(0) for each in (before, total)]
            assert sum(parts) == ends[1] - ends[0], (name, found)


async def test_a_batch_under_way_is_waited_for(aggregator: Aggregator):
    """What was applied before the closing is in it; what comes after is not, and no batch is half in it."""
    hours = Contract().owes(HOURS)
    await aggregator.hears(hours.all(100))
    received = aggregator.positions.heard([hours.restated(90)])
    async with aggregator.pool.acquire() as consumer, aggregator.pool.acquire() as closer:
        applying = consumer.transaction()
        await applying.start()
        await hear(consumer, received, at=AFTER_Q2)
        async with closer.transaction():
            await closer.execute("SET LOCAL lock_timeout = '200ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await close_quarter(closer, Q2, at=CLOSED, by=ANALYST, threshold=5)
        await applying.commit()
    await close(aggregator)
    async with aggregator.pool.acquire() as conn:
        assert {total.value for total in await published(conn, Q2, 1)} == {90}
