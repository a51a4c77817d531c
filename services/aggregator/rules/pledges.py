"""Partner VCFSE pledges: what was pledged, how far it has come, and what a reader is warned of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from services.aggregator.models.pledges import PartnerReport, PartnerStanding, Pledge, PledgedMeasure, PledgeProgress
from services.aggregator.models.totals import Amounts
from services.aggregator.rules.counting import over_quarters
from shared.events.commitments import ContractFact, ObligationFact
from shared.events.icb_totals import Coverage
from shared.obligations import Measure, Terms, plain
from shared.quarters import Quarter

ZERO = Decimal(0)


def pledge_of(contract: ContractFact) -> Pledge:
    """What a contract of the form pledge says about the Partner VCFSE measures."""
    organisation = next((party for party in contract.suppliers if party.lead), contract.suppliers[0])
    baselines = {baseline.measure_code: baseline for baseline in contract.baselines}
    measures: dict[str, Measure] = {}
    targets: dict[str, dict[str, Decimal]] = {}
    for obligation in contract.obligations:
        for year, terms in _years(obligation).items():
            measure = terms[-1].measure
            if measure.partner_vcfse:
                measures[measure.code] = measure
                of_measure = targets.setdefault(measure.code, {})
                of_measure[year] = of_measure.get(year, ZERO) + _combined(terms)
    return Pledge(
        contract_id=contract.contract_id,
        version=contract.version,
        organisation_id=organisation.organisation_id,
        measures=tuple(
            PledgedMeasure(
                code=code,
                label=measure.label,
                unit=measure.unit,
                kind=measure.kind,
                over_time=measure.over_time,
                baseline=baselines.get(code),
                targets=dict(sorted(targets[code].items())),
            )
            for code, measure in measures.items()
        ),
    )


def report(year: str, pledges: Sequence[tuple[Pledge, str]], standings: Sequence[PartnerStanding]) -> PartnerReport:
    """``pledges`` with their organisations' names; ``standings`` of the quarters of ``year``, in their order."""
    quarters = sorted({standing.quarter for standing in standings})
    rows = [
        _progress(year, pledge, name, measure, quarters, standings) for pledge, name in pledges for measure in pledge.measures
    ]
    codes = dict.fromkeys((row.measure_code, row.unit) for row in sorted(rows, key=lambda row: row.measure_code))
    return PartnerReport(
        year=year,
        region=tuple(_region([row for row in rows if (row.measure_code, row.unit) == code]) for code in codes),
        organisations=tuple(rows),
    )


def warnings(measure: PledgedMeasure, year: str) -> tuple[str, ...]:
    """What is wrong with a pledge's target of ``year``: it is to grow from the baseline, year on year."""
    target = measure.targets.get(year)
    if target is None:
        return (f"There is no target for {year}.",)
    earlier = [before for before in measure.targets if before < year]
    if earlier:
        last = measure.targets[max(earlier)]
        if target <= last:
            return (f"The target of {plain(target)} for {year} is not above the {plain(last)} of {max(earlier)}.",)
    elif measure.baseline is None:
        return ("There is no baseline to compare the first year's target with.",)
    elif target <= measure.baseline.amount:
        return (f"The target of {plain(target)} for {year} is not above the baseline of {plain(measure.baseline.amount)}.",)
    return ()


def _progress(
    year: str,
    pledge: Pledge,
    name: str,
    measure: PledgedMeasure,
    quarters: Sequence[Quarter],
    standings: Sequence[PartnerStanding],
) -> PledgeProgress:
    of_measure = [standing for standing in standings if (standing.code, standing.unit) == (measure.code, measure.unit)]
    own = [standing for standing in of_measure if standing.contract_id == pledge.contract_id]
    within = [standing for standing in of_measure if not standing.pledge and standing.supplier_id == pledge.organisation_id]
    return PledgeProgress(
        organisation_id=pledge.organisation_id,
        organisation=name,
        measure_code=measure.code,
        measure=measure.label,
        unit=measure.unit,
        year=year,
        baseline=measure.baseline and measure.baseline.amount,
        target=measure.targets.get(year),
        delivered=_delivered(measure, quarters, own),
        of_which_contracts=_delivered(measure, quarters, within),
        coverage=_sum_of_coverage(standing.coverage for standing in own),
        warnings=warnings(measure, year),
    )


def _region(rows: Sequence[PledgeProgress]) -> PledgeProgress:
    first = rows[0]
    return PledgeProgress(
        organisation_id=None,
        organisation="The region",
        measure_code=first.measure_code,
        measure=first.measure,
        unit=first.unit,
        year=first.year,
        baseline=_sum(row.baseline for row in rows),
        target=_sum(row.target for row in rows),
        delivered=_sum(row.delivered for row in rows),
        of_which_contracts=_sum(row.of_which_contracts for row in rows),
        coverage=_sum_of_coverage(row.coverage for row in rows),
        warnings=tuple(f"{row.organisation}: {warning}" for row in rows for warning in row.warnings),
    )


def _delivered(measure: PledgedMeasure, quarters: Sequence[Quarter], standings: Sequence[PartnerStanding]) -> Decimal | None:
    by_quarter = [_sum(standing.value for standing in standings if standing.quarter == quarter) for quarter in quarters]
    total = over_quarters(measure.kind, measure.over_time, [None if value is None else Amounts(value) for value in by_quarter])
    return None if total is None else total.value


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """None where nothing is known: missing is not zero."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, start=ZERO) if known else None


def _sum_of_coverage(coverages: Iterable[Coverage]) -> Coverage:
    found = list(coverages)
    return Coverage(
        due=sum(coverage.due for coverage in found),
        received=sum(coverage.received for coverage in found),
        approved=sum(coverage.approved for coverage in found),
        promised_due=sum((coverage.promised_due for coverage in found), start=ZERO),
        promised_received=sum((coverage.promised_received for coverage in found), start=ZERO),
        promised_approved=sum((coverage.promised_approved for coverage in found), start=ZERO),
    )


def _years(obligation: ObligationFact) -> dict[str, list[Terms]]:
    """The terms in force in each quarter, by financial year."""
    years: dict[str, list[Terms]] = {}
    for quarter in sorted({entry.quarter for version in obligation.versions for entry in version.targets}):
        terms = obligation.terms_in(quarter)
        if terms is not None:
            years.setdefault(quarter.financial_year, []).append(terms)
    return years


def _combined(terms: Sequence[Terms]) -> Decimal:
    """A year's target out of its quarters'."""
    last = terms[-1]
    combined = over_quarters(last.kind, last.over_time, [Amounts(each.target) for each in terms])
    return ZERO if combined is None or combined.value is None else combined.value
