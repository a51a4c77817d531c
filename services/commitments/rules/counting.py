"""From what a person entered to terms and targets: defaults by the measure's kind, bands by suggestion, targets by quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from services.commitments.models.obligations import Counting
from shared.errors import FieldError
from shared.obligations import Bands, BandsBy, Basis, Direction, FteCounting, Kind, Measure, QuarterTarget, Terms
from shared.quarters import Quarter, quarters_of
from shared.ratings.targets import NoQuarterToSpreadOver, spread, suggested_bands


@dataclass(frozen=True)
class Counted:
    """Terms for the first quarter, the targets of all, and whether the bands are the tool's suggestion."""

    terms: Terms
    targets: tuple[QuarterTarget, ...]
    suggested: bool


def count(
    entered: Counting, measure: Measure, *, version: int, starts_on: date, ends_on: date, first: Quarter | None = None
) -> Counted | list[FieldError]:
    """What an obligation comes to in a contract that runs these days, from its ``first`` quarter on; or what to mend."""
    quarters = [quarter for quarter in quarters_of(starts_on, ends_on) if first is None or quarter >= first]
    targets = _targets(entered, measure.kind, quarters, starts_on=starts_on, ends_on=ends_on)
    if isinstance(targets, FieldError):
        return [targets]
    direction = entered.direction or measure.direction
    basis = entered.basis or (Basis.YEAR if measure.kind is Kind.FLOW else Basis.QUARTER)
    bands = entered.bands or _suggestion(measure.kind, direction, basis, targets)
    errors = [*_target_errors(targets, measure, quarters), *_band_errors(bands, measure.kind, direction)]
    if errors:
        return errors
    terms = Terms(
        version=version,
        measure=measure,
        direction=direction,
        basis=basis,
        fte_counting=entered.fte_counting,
        over_time=entered.over_time or measure.over_time,
        bands=bands,
        frequency=entered.frequency,
        evidence_required=entered.evidence_required,
        target=targets[0].target,
    )
    return Counted(terms, targets, suggested=entered.bands is None and bands is not None and bands.by is BandsBy.THRESHOLDS)


def adds_up(kind: Kind, fte_counting: FteCounting) -> bool:
    """Whether what quarters deliver comes to a total. 95 % of a contract is no 11 % in each of nine quarters."""
    return kind is Kind.FLOW or (kind is Kind.FTE and fte_counting is FteCounting.FTE_YEARS)


def _targets(
    entered: Counting, kind: Kind, quarters: Sequence[Quarter], *, starts_on: date, ends_on: date
) -> tuple[QuarterTarget, ...] | FieldError:
    if entered.spread is None:
        return tuple(sorted(entered.targets, key=lambda entry: entry.quarter))
    if not adds_up(kind, entered.fte_counting):
        return FieldError(
            "/spread/total", "A total is spread only over quarters that add up. Enter a target for each", "no-total"
        )
    try:
        return spread(entered.spread.total, quarters, entered.spread.way, starts_on=starts_on, ends_on=ends_on)
    except NoQuarterToSpreadOver as error:
        return FieldError("/spread/way", str(error), "no-quarter-to-spread-over")


def _suggestion(kind: Kind, direction: Direction, basis: Basis, targets: Sequence[QuarterTarget]) -> Bands | None:
    """Thresholds are values in the unit: of a quarter, or where a flow's basis is longer of the quarters it looks at."""
    first = targets[0]
    wanted = first.target
    if kind is Kind.FLOW and basis is not Basis.QUARTER:
        alike = [one for one in targets if basis is Basis.CONTRACT or one.quarter.financial_year == first.quarter.financial_year]
        wanted = sum((one.target for one in alike), Decimal(0))
    return suggested_bands(kind, direction, wanted)


def _target_errors(targets: Sequence[QuarterTarget], measure: Measure, quarters: Sequence[Quarter]) -> list[FieldError]:
    errors = []
    for number, entry in enumerate(targets):
        pointer = f"/targets/{number}"
        if entry.quarter not in quarters:
            errors.append(
                FieldError(
                    f"{pointer}/quarter",
                    f"{entry.quarter} is not among the quarters that this is about: {quarters[0]} to {quarters[-1]}"
                    if quarters
                    else f"{entry.quarter} is not a quarter of the contract",
                    "outside-contract",
                )
            )
        if measure.kind is Kind.FLAG and entry.target != 1:
            errors.append(FieldError(f"{pointer}/target", "The target of a yes/no measure is 1 (yes)", "not-a-flag"))
        if measure.kind is Kind.HEADCOUNT and entry.target % 1:
            errors.append(FieldError(f"{pointer}/target", "The target of a headcount is a whole number of people", "not-whole"))
        if measure.kind is Kind.RATIO and measure.unit == "%" and entry.target > 100:
            errors.append(FieldError(f"{pointer}/target", "The target of a share is between 0 and 100 %", "not-a-percentage"))
    return errors


def _band_errors(bands: Bands | None, kind: Kind, direction: Direction) -> list[FieldError]:
    if kind is Kind.FLAG:
        return [FieldError("/bands", "A yes/no measure has no bands: yes is good, no is inadequate", "bands")] if bands else []
    if bands is None:
        return [FieldError("/bands", "Enter three bands", "bands")]
    values = (bands.good, bands.approaching, bands.improvement)
    if any(value < 0 for value in values):
        return [FieldError("/bands", "Bands are zero or more", "bands")]
    if bands.by is BandsBy.SHARE_OF_TARGET and (kind is Kind.RATIO or direction is Direction.LOWER):
        return [FieldError("/bands/by", "For a ratio, or where lower is better, bands are thresholds in the unit", "bands")]
    higher = direction is Direction.HIGHER or bands.by is BandsBy.SHARE_OF_TARGET
    if any(nearer < further if higher else nearer > further for nearer, further in pairwise(values)):
        order = "falling" if higher else "rising"
        return [FieldError("/bands", f"Bands go from good to requires improvement in {order} order", "bands")]
    return []
