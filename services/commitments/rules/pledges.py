"""From baselines and yearly targets to what changes of a pledge: obligations that are added, and such that are varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.commitments.models.contracts import Contract, PledgedBaseline
from services.commitments.models.obligations import Counting, NewObligation, Obligation, Variation
from services.commitments.models.pledges import PledgedMeasure
from services.commitments.rules.contracts import earliest_addition, targets_in_force
from shared.errors import Conflict, FieldError, Invalid
from shared.obligations import BandsBy, Basis, ContractForm, Kind, Measure, QuarterTarget, Side, plain
from shared.quarters import Quarter, quarters_of
from shared.ratings.targets import Spread, spread


class NoPledge(Conflict):
    """Only a pledge has baselines and yearly targets. Vary the obligations of this contract instead."""


@dataclass(frozen=True)
class Plan:
    """``baselines`` is None where they stay as they are."""

    baselines: tuple[PledgedBaseline, ...] | None
    added: tuple[NewObligation, ...]
    varied: tuple[tuple[UUID, Variation], ...]


def of_measure(contract: Contract, code: str) -> list[Obligation]:
    return [one for one in contract.obligations if one.newest.terms.measure.code == code]


def years_of(contract: Contract) -> dict[str, list[Quarter]]:
    """The pledge's quarters by financial year."""
    years: dict[str, list[Quarter]] = {}
    for quarter in quarters_of(contract.starts_on, contract.ends_on):
        years.setdefault(quarter.financial_year, []).append(quarter)
    return years


def yearly(owed: Sequence[Obligation]) -> dict[str, Decimal]:
    """What is owed in each financial year: a flow's quarters together, else what stands at its end."""
    found: dict[str, Decimal] = {}
    for one in owed:
        last: dict[str, Decimal] = {}
        for entry in targets_in_force(one):
            before = last.get(entry.quarter.financial_year, Decimal(0)) if one.newest.terms.kind is Kind.FLOW else Decimal(0)
            last[entry.quarter.financial_year] = before + entry.target
        found = {year: found.get(year, Decimal(0)) + last.get(year, Decimal(0)) for year in sorted({*found, *last})}
    return found


def open_from(contract: Contract, owed: Sequence[Obligation], *, today: date) -> Quarter:
    """The first quarter whose target can be changed, or set."""
    if owed:
        return max(Quarter.of(today), Quarter.of(contract.starts_on), owed[0].newest.from_quarter)
    return earliest_addition(contract, today=today)


def plan(
    contract: Contract, said: Sequence[PledgedMeasure], measures: Mapping[str, Measure], reason: str, *, today: date
) -> Plan:
    """``measures``: those of the catalogue, by code. Raises NoPledge, and Invalid with pointers into ``/measures``."""
    if contract.form is not ContractForm.PLEDGE:
        raise NoPledge
    baselines = {one.measure_code: one for one in contract.baselines}
    added: list[NewObligation] = []
    varied: list[tuple[UUID, Variation]] = []
    errors: list[FieldError] = []
    for number, one in enumerate(said):
        pointer = f"/measures/{number}"
        if one.baseline is not None:
            baselines[one.measure_code] = one.baseline
        owed = of_measure(contract, one.measure_code)
        stands = yearly(owed)
        wanted = {year: target for year, target in one.targets.items() if target != stands.get(year)}
        measure = owed[0].newest.terms.measure if owed else measures.get(one.measure_code)
        if not wanted:
            continue
        if measure is None or len(owed) > 1:
            detail = "Vary its obligations one by one" if owed else f"{one.measure_code} is in no catalogue"
            errors.append(FieldError(f"{pointer}/measure_code", detail, "unknown-measure"))
            continue
        first = open_from(contract, owed, today=today)
        targets = _targets(contract, owed[0] if owed else None, wanted, measure.kind, first, f"{pointer}/targets")
        if isinstance(targets, FieldError):
            errors.append(targets)
        elif owed:
            counting = _counting(owed[0], targets)
            variation = Variation(from_quarter=targets[0].quarter, reason=reason, counting=counting)
            varied.append((owed[0].obligation_id, variation))
        else:
            added.append(_new(measure, targets))
    if errors:
        raise Invalid(errors=errors)
    after = tuple(baselines.values())
    return Plan(after if after != contract.baselines else None, tuple(added), tuple(varied))


def _targets(
    contract: Contract, owed: Obligation | None, wanted: Mapping[str, Decimal], kind: Kind, first: Quarter, pointer: str
) -> tuple[QuarterTarget, ...] | FieldError:
    """Those of all quarters from the first that changes on."""
    stands = {entry.quarter: entry.target for entry in targets_in_force(owed)} if owed else {}
    years = years_of(contract)
    after = {quarter: target for quarter, target in stands.items() if quarter >= first}
    changing: list[Quarter] = []
    for year, target in sorted(wanted.items()):
        left = [quarter for quarter in years.get(year, ()) if quarter >= first]
        if not left:
            return FieldError(f"{pointer}/{year}", "The past is never rewritten. Leave this year as it is", "quarter-over")
        gone = sum((stands.get(quarter, Decimal(0)) for quarter in years[year] if quarter < first), Decimal(0))
        if kind is not Kind.FLOW:
            after |= dict.fromkeys(left, target)
        elif target < gone:
            detail = f"{plain(gone)} are owed in quarters of this year that are over. Enter that or more"
            return FieldError(f"{pointer}/{year}", detail, "quarter-over")
        else:
            starts_on, ends_on = left[0].first_day, left[-1].last_day
            shares = spread(target - gone, left, Spread.EVENLY, starts_on=starts_on, ends_on=ends_on)
            after |= {entry.quarter: entry.target for entry in shares}
        changing += left
    return tuple(QuarterTarget(quarter=quarter, target=after[quarter]) for quarter in sorted(after) if quarter >= min(changing))


def _counting(owed: Obligation, targets: tuple[QuarterTarget, ...]) -> Counting:
    """As it was counted before; bands that are figures of a target follow the target."""
    terms = owed.newest.terms
    return Counting(
        wording=owed.newest.wording,
        direction=terms.direction,
        basis=terms.basis,
        fte_counting=terms.fte_counting,
        over_time=terms.over_time,
        bands=terms.bands if terms.bands and terms.bands.by is BandsBy.SHARE_OF_TARGET else None,
        frequency=terms.frequency,
        evidence_required=terms.evidence_required,
        targets=targets,
    )


def _new(measure: Measure, targets: tuple[QuarterTarget, ...]) -> NewObligation:
    return NewObligation(
        reference=measure.code,
        side=Side.SOCIAL_VALUE,
        measure=measure.code,
        wording=measure.label,
        basis=Basis.YEAR if measure.kind is Kind.FLOW else Basis.QUARTER,
        targets=targets,
    )
