"""What figures come to: over one quarter, over three months, over the window of a rating. Exact, and never rounded on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.obligations import Basis, Figure, FteCounting, Kind, OverTime, Terms
from shared.quarters import Quarter
from shared.ratings.rounding import stored


@dataclass(frozen=True, slots=True)
class QuarterOwed:
    """One quarter in which an obligation was owed, as a rating looks at it."""

    quarter: Quarter
    terms: Terms
    """In force in that quarter, with its target."""
    figure: Figure | None
    """Of the approved line; None where none is approved."""
    days: int
    """Days of the contract in the quarter: its weight in an average."""
    due: bool = True
    """Whether a return is due for it: it counts as missing as long as there is no approved line."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Both sides of a rating, in the obligation's unit (% for a ratio)."""

    delivered: Fraction
    target: Fraction


def comparable(owed: Sequence[QuarterOwed], quarter: Quarter) -> list[QuarterOwed]:
    """The quarters up to ``quarter``, in order, that are counted in the same kind and unit; empty where nothing is owed in it."""
    here = next((entry for entry in owed if entry.quarter == quarter), None)
    if here is None:
        return []
    counted_in = (here.terms.kind, here.terms.measure.unit)
    return sorted(
        (entry for entry in owed if entry.quarter <= quarter and (entry.terms.kind, entry.terms.measure.unit) == counted_in),
        key=lambda entry: entry.quarter,
    )


def window(owed: Sequence[QuarterOwed], quarter: Quarter) -> list[QuarterOwed]:
    """The quarters that a rating at the end of ``quarter`` looks at, by the basis in force then, in order."""
    here = next((entry for entry in owed if entry.quarter == quarter), None)
    if here is None:
        return []
    match here.terms.basis:
        case Basis.QUARTER:
            return [here]
        case Basis.YEAR:
            first = quarter.first_of_year
            return comparable([entry for entry in owed if first <= entry.quarter <= quarter], quarter)
        case Basis.CONTRACT:
            return comparable(owed, quarter)


def measure(counted: Sequence[QuarterOwed]) -> Measured | None:
    """Delivered and target over approved quarters (in order, at least one), counted as the last one's terms say.

    None for a ratio with nothing to measure.
    """
    latest = counted[-1]
    match latest.terms:
        case Terms(kind=Kind.RATIO, over_time=OverTime.LATEST):
            return _pooled(counted[-1:])
        case Terms(kind=Kind.RATIO):
            return _pooled(counted)
        case Terms(kind=Kind.HEADCOUNT | Kind.FLAG):
            return Measured(Fraction(_value(latest)), Fraction(latest.terms.target))
        case Terms(kind=Kind.FTE, fte_counting=FteCounting.AVERAGE):
            return _average(counted)
        case Terms(kind=Kind.FTE):
            return Measured(Fraction(sum(_value(entry) for entry in counted)) / 4, _targets(counted))
        case _:
            return Measured(Fraction(sum(_value(entry) for entry in counted)), _targets(counted))


def _targets(counted: Sequence[QuarterOwed]) -> Fraction:
    return Fraction(sum(entry.terms.target for entry in counted))


def _value(entry: QuarterOwed) -> Decimal:
    if entry.figure is None or entry.figure.value is None:
        raise ValueError(f"{entry.quarter} has no value")
    return entry.figure.value


def _parts(entry: QuarterOwed) -> tuple[Fraction, Fraction]:
    figure = entry.figure
    if figure is None or figure.numerator is None or figure.denominator is None:
        raise ValueError(f"{entry.quarter} has no numerator and denominator")
    return Fraction(figure.numerator), Fraction(figure.denominator)


def _pooled(counted: Sequence[QuarterOwed]) -> Measured | None:
    """Numerators and denominators are added, percentages never; targets weigh as much as what they were measured on."""
    parts = [_parts(entry) for entry in counted]
    whole = sum((denominator for _, denominator in parts), Fraction())
    if not whole:
        return None
    met = sum((numerator for numerator, _ in parts), Fraction())
    targets = sum(Fraction(entry.terms.target) * part[1] for entry, part in zip(counted, parts, strict=True))
    return Measured(100 * met / whole, targets / whole)


def _average(counted: Sequence[QuarterOwed]) -> Measured:
    """Weighted by the days of the contract in each quarter; what was approved for one weighs a day at least."""
    weights = [max(entry.days, 1) for entry in counted]
    weighed = list(zip(counted, weights, strict=True))
    return Measured(
        Fraction(sum(_value(entry) * weight for entry, weight in weighed)) / sum(weights),
        Fraction(sum(entry.terms.target * weight for entry, weight in weighed)) / sum(weights),
    )


def roll_up(terms: Terms, months: Sequence[Figure]) -> Figure:
    """A quarter's figure from those of its months (in order; a month in which the contract did not run is left out).

    Flows are added, FTE is averaged, a headcount or flag takes its latest, a ratio pools or takes its latest. Raises ValueError
    where there is no month.
    """
    if not months:
        raise ValueError("Enter at least one month")
    nil = all(month.nil for month in months)
    latest = months[-1]
    if terms.kind is Kind.RATIO:
        pooled = months if terms.over_time is not OverTime.LATEST else [latest]
        met = sum((month.numerator or Decimal(0) for month in pooled), Decimal(0))
        whole = sum((month.denominator or Decimal(0) for month in pooled), Decimal(0))
        return Figure(numerator=met, denominator=whole, nil=nil)
    if terms.kind in (Kind.HEADCOUNT, Kind.FLAG):
        return latest.model_copy(update={"nil": nil})
    total = sum((Fraction(month.value or 0) for month in months), Fraction())
    return Figure(value=stored(total / len(months) if terms.kind is Kind.FTE else total), nil=nil)
