"""Arithmetic, section 4: its table, word for word, and its sentences."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.aggregator.models.totals import Cell
from services.aggregator.rules.showing import hide_small_numbers
from services.aggregator.store import totals as store
from shared.obligations import ContractForm, Measure, Place, Sector
from tests.aggregator.builders import (
    AFTER_Q2,
    CARE_LEAVERS,
    FLAG,
    FTE,
    HEADCOUNT,
    HOURS,
    MONEY,
    Q1,
    Q2,
    Q3,
    RATIO,
    SPEND,
    TERMS_OF_EMPLOYMENT,
    Contract,
    a_measure,
    an_organisation,
)
from tests.aggregator.conftest import Aggregator

pytestmark = pytest.mark.asyncio


async def cells(aggregator: Aggregator, measure: Measure, dimension: str = "region", quarter=Q2, **options) -> dict[str, Cell]:
    async with aggregator.pool.acquire() as conn:
        found, _ = await store.totals(conn, quarter.first_day, codes=[measure.code], dimensions=[dimension], **options)
    return {cell.member: cell for cell in found}


async def region(aggregator: Aggregator, measure: Measure, quarter=Q2) -> Cell:
    return (await cells(aggregator, measure, quarter=quarter))["all"]


def of(cell: Cell) -> tuple[Decimal | None, ...]:
    assert cell.amounts is not None
    return cell.amounts.parts


def coverage(cell: Cell) -> tuple[int, int, int]:
    return cell.due, cell.received, cell.approved


async def test_t1_fte_is_weighted_by_the_days_of_the_contract_in_the_quarter(aggregator: Aggregator):
    a = Contract(starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30))
    b = Contract(starts_on=date(2026, 8, 16), ends_on=date(2027, 9, 30))
    await aggregator.hears(a.owes(FTE, target=10).all("10.0"), b.owes(FTE, target=4).all("4.0"))
    assert of(await region(aggregator, FTE)) == (Decimal("12.0"), None, None)
    assert (await region(aggregator, FTE)).promised_due == 12


async def test_t2_ratios_pool_numerators_and_denominators(aggregator: Aggregator):
    await aggregator.hears(Contract().owes(RATIO).all((90, 100)), Contract().owes(RATIO).all((10, 100)))
    assert of(await region(aggregator, RATIO)) == (None, 100, 200)


async def test_t3_a_headcount_that_was_not_received_is_not_zero(aggregator: Aggregator):
    await aggregator.hears(Contract().owes(HEADCOUNT).all(30), Contract().owes(HEADCOUNT).opened())
    total = await region(aggregator, HEADCOUNT)
    assert of(total) == (30, None, None)
    assert coverage(total) == (2, 1, 1)
    assert (total.promised_due, total.promised_received, total.promised_approved) == (100, 50, 50)


async def test_t4_a_measure_of_the_whole_supplier_counts_once_as_approved_last(aggregator: Aggregator):
    supplier = (an_organisation("A supplier of two"),)
    one, two = (Contract(suppliers=supplier).owes(TERMS_OF_EMPLOYMENT) for _ in range(2))
    await aggregator.hears(one.all((80, 100)))
    assert of(await region(aggregator, TERMS_OF_EMPLOYMENT)) == (None, 80, 100)
    await aggregator.hears(two.all((82, 100), at=AFTER_Q2 + timedelta(days=1)))
    total = await region(aggregator, TERMS_OF_EMPLOYMENT)
    assert of(total) == (None, 82, 100)
    assert coverage(total) == (2, 2, 2)


async def test_approved_last_is_by_the_time_of_approval_and_a_restatement_renews_it(aggregator: Aggregator):
    supplier = (an_organisation("A supplier of two"),)
    one, two = (Contract(suppliers=supplier).owes(TERMS_OF_EMPLOYMENT) for _ in range(2))
    await aggregator.hears(two.all((82, 100)), one.all((80, 100), at=AFTER_Q2 + timedelta(days=1)))
    assert of(await region(aggregator, TERMS_OF_EMPLOYMENT)) == (None, 80, 100)
    await aggregator.hears(two.restated((83, 100)))
    assert of(await region(aggregator, TERMS_OF_EMPLOYMENT)) == (None, 83, 100)


async def test_t5_figures_are_split_by_the_shares_of_places(aggregator: Aggregator):
    await aggregator.hears(Contract(places={Place.HALTON: "0.6", Place.WIRRAL: "0.4"}).owes(HOURS).all(100))
    assert {member: of(cell)[0] for member, cell in (await cells(aggregator, HOURS, "place")).items()} == {
        "Halton": 60,
        "Wirral": 40,
    }


async def test_t6_small_numbers_are_hidden_and_so_is_the_next_smallest(aggregator: Aggregator):
    for place, number in ((Place.HALTON, 2), (Place.WIRRAL, 8), (Place.SEFTON, 6)):
        await aggregator.hears(Contract(places={place: "1"}).owes(CARE_LEAVERS).all(number))
    shown = hide_small_numbers((await cells(aggregator, CARE_LEAVERS, "place")).values(), 5)
    assert {cell.member: cell.hidden for cell in shown} == {"Halton": True, "Sefton": True, "Wirral": False}
    assert all(cell.amounts is None for cell in shown if cell.hidden)
    (whole,) = hide_small_numbers((await cells(aggregator, CARE_LEAVERS)).values(), 5)
    assert of(whole)[0] == 16


async def test_t7_the_remainder_goes_to_the_largest_share(aggregator: Aggregator):
    thirds = {Place.HALTON: "0.333334", Place.SEFTON: "0.333333", Place.WIRRAL: "0.333333"}
    await aggregator.hears(Contract(places=thirds).owes(MONEY).all("100.00"))
    parts = [of(cell)[0] for cell in (await cells(aggregator, MONEY, "place")).values()]
    assert parts == [Decimal("33.3334"), Decimal("33.3333"), Decimal("33.3333")]
    assert sum(parts) == 100


async def test_a_remainder_below_a_millionth_is_not_lost(aggregator: Aggregator):
    thirds = {Place.HALTON: "0.333333", Place.SEFTON: "0.333333", Place.WIRRAL: "0.333334"}
    await aggregator.hears(Contract(places=thirds).owes(MONEY).all("0.000001"))
    parts = {member: of(cell)[0] for member, cell in (await cells(aggregator, MONEY, "place")).items()}
    assert parts == {"Halton": 0, "Sefton": 0, "Wirral": Decimal("0.000001")}


async def test_without_shares_figures_stand_under_several_places_and_the_lead_buyer(aggregator: Aggregator):
    lead, other = an_organisation("Lead", Sector.PUBLIC), an_organisation("Other", Sector.PUBLIC, lead=False)
    await aggregator.hears(Contract(buyers=(other, lead)).owes(HOURS).all(7))
    assert list(await cells(aggregator, HOURS, "place")) == ["several places"]
    assert list(await cells(aggregator, HOURS, "buyer")) == [str(lead.organisation_id)]


async def test_several_buyers_with_shares_each_get_their_part(aggregator: Aggregator):
    one, two = an_organisation("One", share="0.25"), an_organisation("Two", lead=False, share="0.75")
    await aggregator.hears(Contract(buyers=(one, two)).owes(HOURS).all(10))
    found = await cells(aggregator, HOURS, "buyer")
    assert (of(found[str(one.organisation_id)])[0], of(found[str(two.organisation_id)])[0]) == (Decimal("2.5"), Decimal("7.5"))
    assert [coverage(cell) for cell in found.values()] == [(1, 1, 1), (1, 1, 1)]


async def test_a_flag_is_x_of_y(aggregator: Aggregator):
    await aggregator.hears(Contract().owes(FLAG, target=1).all(1), Contract().owes(FLAG, target=1).all(0))
    assert of(await region(aggregator, FLAG)) == (None, 1, 2)


async def test_an_approved_line_counts_while_its_neighbours_are_disputed(aggregator: Aggregator):
    both = Contract().owes(HOURS, MONEY)
    await aggregator.hears(both.opened(), both.submitted(), both.approved(12, nth=0))
    assert of(await region(aggregator, HOURS))[0] == 12
    disputed = await region(aggregator, MONEY)
    assert disputed.amounts is None
    assert (coverage(await region(aggregator, HOURS)), coverage(disputed)) == ((1, 1, 1), (1, 1, 0))


async def test_a_contract_counts_once_in_coverage_however_many_lines_it_has_of_a_measure(aggregator: Aggregator):
    twice = Contract().owes(HOURS, HOURS)
    await aggregator.hears(twice.opened(), twice.submitted(), twice.approved(5, nth=0))
    total = await region(aggregator, HOURS)
    assert coverage(total) == (1, 1, 0)
    assert (total.promised_due, total.promised_approved) == (100, 50)
    await aggregator.hears(twice.approved(6, nth=1))
    assert (coverage(await region(aggregator, HOURS)), of(await region(aggregator, HOURS))[0]) == ((1, 1, 1), 11)


async def test_a_restated_figure_replaces_the_one_before(aggregator: Aggregator):
    hours = Contract(places={Place.HALTON: "0.6", Place.WIRRAL: "0.4"}).owes(HOURS)
    await aggregator.hears(hours.all(100))
    await aggregator.hears(hours.restated(90))
    assert of(await region(aggregator, HOURS))[0] == 90
    assert [of(cell)[0] for cell in (await cells(aggregator, HOURS, "place")).values()] == [54, 36]


async def test_an_approved_figure_stays_where_it_was_spread_when_the_contract_is_spread_otherwise(aggregator: Aggregator):
    contract = Contract(places={Place.HALTON: "1"})
    hours = contract.owes(HOURS)
    await aggregator.hears(hours.all(100))
    contract.places = {Place.WIRRAL: "1"}
    await aggregator.hears(hours.submitted())
    found = await cells(aggregator, HOURS, "place")
    assert (found["Halton"].amounts is not None, coverage(found["Halton"])) == (True, (0, 0, 0))
    assert (found["Wirral"].amounts, coverage(found["Wirral"])) == (None, (1, 1, 1))


async def test_pledges_are_counted_apart_from_contracts(aggregator: Aggregator):
    await aggregator.hears(Contract(form=ContractForm.PLEDGE).owes(SPEND).all(900), Contract().owes(SPEND).all(100))
    async with aggregator.pool.acquire() as conn:
        found, _ = await store.totals(conn, Q2.first_day, codes=["NT14"], dimensions=["region"])
    assert [(cell.pledge, of(cell)[0]) for cell in found] == [(False, 100), (True, 900)]


async def test_units_never_mix_and_a_buyers_own_measures_are_kept_apart(aggregator: Aggregator):
    trust = an_organisation("A trust", Sector.PUBLIC)
    calls = a_measure("NT8", framework="own", buyer_id=trust.organisation_id)
    days = a_measure("NT8", unit="days")
    await aggregator.hears(*(Contract().owes(measure).all(nth) for nth, measure in enumerate((HOURS, days, calls), 1)))
    async with aggregator.pool.acquire() as conn:
        everything, _ = await store.totals(conn, Q2.first_day, dimensions=["region"])
        frameworks, _ = await store.totals(conn, Q2.first_day, dimensions=["region"], own=False)
    assert sorted(of(cell)[0] for cell in everything) == [1, 2, 3]
    assert {(cell.measure.unit, of(cell)[0]) for cell in frameworks} == {("hours", 1), ("days", 2)}


async def test_quarters_stand_apart(aggregator: Aggregator):
    contract = Contract()
    await aggregator.hears(contract.owes(HEADCOUNT, quarter=Q1).all(30), contract.owes(HEADCOUNT, quarter=Q2).opened())
    assert (await region(aggregator, HEADCOUNT)).amounts is None
    assert of(await region(aggregator, HEADCOUNT, quarter=Q1))[0] == 30
    assert await cells(aggregator, HEADCOUNT, quarter=Q3) == {}
