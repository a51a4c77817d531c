"""What the tool suggests when an obligation is recorded, and a person confirms: bands, and targets spread from a total."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from shared.obligations import Bands, BandsBy, Direction, Kind, QuarterTarget
from shared.quarters import Quarter
from shared.ratings.rounding import stored

DEFAULT_SHARES = (Fraction(1), Fraction(9, 10), Fraction(7, 10))
POINTS_BELOW = (0, 5, 15)
"""For a ratio: percentage points below its target."""
POINTS_FROM = 50
"""The target (in %) under which points would be too coarse, and shares of the target are suggested."""


def suggested_bands(kind: Kind, direction: Direction, target: Decimal) -> Bands | None:
    """Bands for a target: a quarter's, or where the obligation's basis is longer, the sum over it. None for a flag."""
    if kind is Kind.FLAG:
        return None
    wanted = Fraction(target)
    if direction is Direction.LOWER:
        return _thresholds([wanted / share for share in DEFAULT_SHARES])
    if kind is not Kind.RATIO:
        return _bands(BandsBy.SHARE_OF_TARGET, DEFAULT_SHARES)
    if wanted < POINTS_FROM:
        return _thresholds([wanted * share for share in DEFAULT_SHARES])
    return _thresholds([wanted - points for points in POINTS_BELOW])


def _thresholds(values: Sequence[Fraction]) -> Bands:
    return _bands(BandsBy.THRESHOLDS, values)


def _bands(by: BandsBy, values: Sequence[Fraction]) -> Bands:
    good, approaching, improvement = (stored(value) for value in values)
    return Bands(by=by, good=good, approaching=approaching, improvement=improvement)


class Spread(StrEnum):
    """How a total is laid over the quarters of a contract."""

    EVENLY = "evenly"
    BY_DAYS = "by_days"
    """By the days of the contract in each quarter."""
    RAMPED = "ramped"
    """Growing by the same step: 1, 2, 3, … parts."""
    BY_TERM = "by_term"
    """In the quarters that hold a school term: summer (Q1), autumn (Q3) and spring (Q4) alike, nothing in Q2."""
    ONCE_A_YEAR = "once_a_year"
    """In each financial year's last quarter of the contract, alike."""


class NoQuarterToSpreadOver(ValueError):
    """No quarter of the contract can take a share of the total. Choose another way to spread it, or enter the targets."""


def spread(
    total: Decimal, quarters: Sequence[Quarter], way: Spread, *, starts_on: date, ends_on: date
) -> tuple[QuarterTarget, ...]:
    """Lay a total over quarters (in order) so that the targets sum to it exactly.

    Targets have two decimals (more where the total has more); what rounding leaves goes to the largest remainders, the
    earliest first. Raises NoQuarterToSpreadOver.
    """
    weights = _weights(quarters, way, starts_on, ends_on)
    whole = sum(weights)
    if whole <= 0:
        raise NoQuarterToSpreadOver(NoQuarterToSpreadOver.__doc__)
    exponent = total.normalize().as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 0)
    steps = int(total.scaleb(places))
    shares = [Fraction(steps * weight, whole) for weight in weights]
    floors = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda n: floors[n] - shares[n])
    for n in by_remainder[: steps - sum(floors)]:
        floors[n] += 1
    return tuple(
        QuarterTarget(quarter=quarter, target=Decimal(count).scaleb(-places))
        for quarter, count in zip(quarters, floors, strict=True)
    )


def _weights(quarters: Sequence[Quarter], way: Spread, starts_on: date, ends_on: date) -> list[int]:
    match way:
        case Spread.EVENLY:
            return [1] * len(quarters)
        case Spread.BY_DAYS:
            return [quarter.days_within(starts_on, ends_on) for quarter in quarters]
        case Spread.RAMPED:
            return list(range(1, len(quarters) + 1))
        case Spread.BY_TERM:
            return [int(quarter.number != 2) for quarter in quarters]
        case Spread.ONCE_A_YEAR:
            years = groupby(quarters, key=lambda quarter: quarter.financial_year)
            last = {max(in_year) for _, in_year in years}
            return [int(quarter in last) for quarter in quarters]
