"""Partner VCFSE pledges: what is targeted per year, and what a reader is warned of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from services.aggregator.models.pledges import Pledge, PledgedMeasure
from services.aggregator.models.totals import Amounts
from services.aggregator.rules.counting import over_quarters
from shared.events.commitments import ContractFact, ObligationFact
from shared.obligations import Terms, plain
from shared.quarters import Quarter


def pledge_of(contract: ContractFact) -> Pledge:
    """What a contract of the form pledge says about the Partner VCFSE measures."""
    organisation = next((party for party in contract.suppliers if party.lead), contract.suppliers[0])
    baselines = {baseline.measure_code: baseline for baseline in contract.baselines}
    measures = []
    for obligation in contract.obligations:
        owed = dict(_owed(obligation))
        if not owed:
            continue
        measure = list(owed.values())[-1].measure
        if measure.partner_vcfse:
            years = {quarter.financial_year: None for quarter in owed}
            measures.append(
                PledgedMeasure(
                    code=measure.code,
                    label=measure.label,
                    unit=measure.unit,
                    kind=measure.kind,
                    over_time=measure.over_time,
                    baseline=baselines.get(measure.code),
                    targets={year: _target(year, owed) for year in years},
                )
            )
    return Pledge(
        contract_id=contract.contract_id,
        version=contract.version,
        organisation_id=organisation.organisation_id,
        measures=tuple(measures),
    )


def warnings(measure: PledgedMeasure, year: str) -> list[str]:
    """What is wrong with a pledge's target of ``year``: the pledge is to grow from the baseline year on year."""
    target = measure.targets.get(year)
    if target is None:
        return [f"There is no target for {year}."]
    earlier = [before for before in sorted(measure.targets) if before < year]
    if earlier:
        last = measure.targets[earlier[-1]]
        if target <= last:
            return [f"The target of {plain(target)} for {year} is not above the {plain(last)} of {earlier[-1]}."]
    elif measure.baseline is None:
        return ["There is no baseline to compare the first year's target with."]
    elif target <= measure.baseline.amount:
        return [f"The target of {plain(target)} for {year} is not above the baseline of {plain(measure.baseline.amount)}."]
    return []


def sum_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """None where nothing is known: missing is not zero."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, start=Decimal(0)) if known else None


def _owed(obligation: ObligationFact) -> Iterable[tuple[Quarter, Terms]]:
    for quarter in sorted({entry.quarter for version in obligation.versions for entry in version.targets}):
        terms = obligation.terms_in(quarter)
        if terms is not None:
            yield quarter, terms


def _target(year: str, owed: dict[Quarter, Terms]) -> Decimal:
    of_year = [terms for quarter, terms in owed.items() if quarter.financial_year == year]
    last = of_year[-1]
    combined = over_quarters(last.kind, last.over_time, [Amounts(value=terms.target) for terms in of_year])
    return Decimal(0) if combined is None or combined.value is None else combined.value
