"""Partner VCFSE: pledges against baseline and yearly targets; contract lines are "of which", never added."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.aggregator.actions.reading import partner_vcfse
from services.aggregator.models.pledges import PartnerReport, PledgeProgress
from services.aggregator.rules.pledges import pledge_of, warnings
from shared.events.commitments import Baseline, ObligationFact, ObligationVersion
from shared.ids import new_id
from shared.obligations import ContractForm, Measure, QuarterTarget, Side
from shared.quarters import Quarter
from tests.aggregator.builders import (
    AFTER_Q2,
    HOURS,
    Q1,
    Q2,
    SPEND,
    Contract,
    an_organisation,
    contract_recorded,
    recorded,
    terms,
)
from tests.aggregator.conftest import Aggregator


def an_obligation(targets: dict[str, int], measure: Measure = SPEND) -> ObligationFact:
    """``targets`` by year, the same in every quarter."""
    quarters = [Quarter.parse(f"{year}-Q{number}") for year in targets for number in (1, 2, 3, 4)]
    return ObligationFact(
        obligation_id=new_id(),
        reference="P-1",
        side=Side.SOCIAL_VALUE,
        versions=(
            ObligationVersion(
                from_quarter=quarters[0],
                terms=terms(measure),
                targets=tuple(QuarterTarget(quarter=each, target=Decimal(targets[each.financial_year])) for each in quarters),
            ),
        ),
    )


def a_baseline(amount: int) -> Baseline:
    return Baseline(measure_code="NT14", amount=Decimal(amount), from_date=date(2025, 4, 1), to_date=date(2026, 3, 31))


def a_pledge(organisation=None) -> Contract:
    return Contract(form=ContractForm.PLEDGE, suppliers=(organisation or an_organisation("A trust that pledged"),))


@pytest.mark.parametrize(
    ("baseline", "targets", "year", "warned"),
    [
        (100, {"2026-27": 30, "2027-28": 40}, "2026-27", ()),
        (100, {"2026-27": 25}, "2026-27", ("The target of 100 for 2026-27 is not above the baseline of 100.",)),
        (100, {"2026-27": 30, "2027-28": 30}, "2027-28", ("The target of 120 for 2027-28 is not above the 120 of 2026-27.",)),
        (None, {"2026-27": 30}, "2026-27", ("There is no baseline to compare the first year's target with.",)),
        (100, {"2026-27": 30}, "2027-28", ("There is no target for 2027-28.",)),
    ],
)
def test_targets_are_to_grow_year_on_year(baseline, targets, year, warned):
    baselines = (a_baseline(baseline),) if baseline else ()
    pledge = pledge_of(contract_recorded(a_pledge(), obligations=(an_obligation(targets),), baselines=baselines))
    assert warnings(pledge.measures[0], year) == warned


def test_obligations_of_one_measure_are_one_target_and_other_measures_are_no_pledge():
    contract = contract_recorded(
        a_pledge(),
        obligations=(an_obligation({"2026-27": 30}), an_obligation({"2026-27": 5}), an_obligation({"2026-27": 5}, HOURS)),
    )
    (measure,) = pledge_of(contract).measures
    assert (measure.code, measure.targets) == ("NT14", {"2026-27": 140})


async def report(aggregator: Aggregator, year: str = "2026-27", **options) -> PartnerReport:
    async with aggregator.pool.acquire() as conn:
        return await partner_vcfse(conn, year, **options)


def amounts(row: PledgeProgress) -> tuple:
    return row.baseline, row.target, row.delivered, row.of_which_contracts


@pytest.mark.asyncio
async def test_progress_for_the_region_and_per_organisation(aggregator: Aggregator):
    one, two = an_organisation("Trust one"), an_organisation("Trust two")
    of_one, of_two = a_pledge(one), a_pledge(two)
    works = Contract(suppliers=(one,))
    await aggregator.hears(
        recorded(one),
        recorded(two),
        contract_recorded(of_one, obligations=(an_obligation({"2026-27": 30}),), baselines=(a_baseline(100),)),
        contract_recorded(of_two, obligations=(an_obligation({"2026-27": 10}),), baselines=(a_baseline(60),)),
    )
    await aggregator.hears(of_one.owes(SPEND, quarter=Q1).all(25), of_one.owes(SPEND, quarter=Q2).all(35))
    await aggregator.hears(of_two.owes(SPEND, quarter=Q1).opened(), works.owes(SPEND, quarter=Q2).all(8))
    await aggregator.hears(Contract().owes(SPEND, quarter=Q2).all(1000))

    found = await report(aggregator)
    assert [row.organisation for row in found.organisations] == ["Trust one", "Trust two"]
    assert [amounts(row) for row in found.organisations] == [(100, 120, 60, 8), (60, 40, None, None)]
    assert found.organisations[1].warnings == ("The target of 40 for 2026-27 is not above the baseline of 60.",)
    (region,) = found.region
    assert amounts(region) == (160, 160, 60, 8)
    assert (region.coverage.due, region.coverage.approved) == (3, 2)
    assert region.warnings == ("Trust two: The target of 40 for 2026-27 is not above the baseline of 60.",)


@pytest.mark.asyncio
async def test_progress_as_at_a_time(aggregator: Aggregator):
    pledge = a_pledge()
    filed = pledge.owes(SPEND, quarter=Q1)
    await aggregator.hears(contract_recorded(pledge, obligations=(an_obligation({"2026-27": 30}),)), filed.all(25))
    await aggregator.hears(filed.restated(26), at=AFTER_Q2 + timedelta(days=2))
    assert [(await report(aggregator, as_of=AFTER_Q2 + timedelta(days=days))).region[0].delivered for days in (0, 1, 2)] == [
        25,
        25,
        26,
    ]


@pytest.mark.asyncio
async def test_the_newest_version_of_a_pledge_counts_whatever_came_first(aggregator: Aggregator):
    pledge = a_pledge()
    newer = contract_recorded(pledge, version=2, obligations=(an_obligation({"2026-27": 50}),))
    older = contract_recorded(pledge, version=1, obligations=(an_obligation({"2026-27": 30}),))
    await aggregator.hears(newer)
    await aggregator.hears(older)
    assert (await report(aggregator)).region[0].target == 200
