"""Where an obligation will end if it goes on like this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.obligations import Basis, FteCounting, Kind
from shared.quarters import Quarter
from shared.ratings.classes import Rating
from shared.ratings.figures import QuarterOwed, comparable, measure
from shared.ratings.rating import Rated, limits, reaches

QUARTERS_OF_PACE = 4
"""How many of the last rated quarters the pace is taken from."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the whole year (or contract) will come to, against its whole target and the second band of it."""

    until: Quarter
    expected: Fraction
    target: Fraction
    limit: Fraction
    short: bool
    so_far: Fraction
    """Delivered until now; ``left`` is the targets that remain, and ``pace`` the part of each that is delivered lately."""
    left: Fraction
    pace: Fraction


def forecast(rated: Rated, owed: Sequence[QuarterOwed], targets: Mapping[Quarter, Decimal]) -> Forecast | None:
    """Forecast an obligation from its rating, its quarters and the targets of every quarter of the contract.

    None where it cannot be known (no pace yet), where no quarter is left, for a basis of one quarter, and for what does not add
    up over time: an average, a headcount, a ratio, a flag. A missing quarter is neither zero nor forgotten: its target remains.
    """
    terms, quarter, so_far = rated.terms, rated.quarter, rated.measured
    adds_up = terms.kind is Kind.FLOW or (terms.kind is Kind.FTE and terms.fte_counting is FteCounting.FTE_YEARS)
    if not adds_up or terms.basis is Basis.QUARTER or not rated.reported or so_far is None:
        return None
    year = [quarter.first_of_year.plus(n) for n in range(4)]
    horizon = [other for other in (targets if terms.basis is Basis.CONTRACT else year) if other in targets]
    remaining = [other for other in horizon if other not in rated.counted]
    if not any(other > quarter for other in remaining):
        return None
    last_rated = [entry for entry in comparable(owed, quarter) if entry.figure is not None][-QUARTERS_OF_PACE:]
    pace = measure(last_rated)
    if pace is None or not pace.target:
        return None
    left = sum((Fraction(targets[other]) for other in remaining), Fraction())
    lately = pace.delivered / pace.target
    expected = so_far.delivered + left * lately
    target = so_far.target + left
    _, second, _ = limits(terms, target)
    worth_saying = rated.rating in (Rating.GOOD, Rating.APPROACHING_TARGET)
    short = worth_saying and not reaches(terms, expected, second)
    return Forecast(max(remaining), expected, target, second, short, so_far.delivered, left, lately)
