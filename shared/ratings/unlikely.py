"""Figures that are worth a second look before they are submitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from statistics import median

from shared.obligations import Figure, FteCounting, Kind, Terms


class Unlikely(StrEnum):
    """Which rule a figure met."""

    FAR_ABOVE_TARGET = "far_above_target"
    FAR_FROM_USUAL = "far_from_usual"
    SAME_AGAIN = "same_again"


@dataclass(frozen=True, slots=True)
class Limits:
    times_target: int = 3
    times_median: int = 5
    quarters_of_median: int = 4
    same_in_a_row: int = 3


LIMITS = Limits()


def unlikely(terms: Terms, figure: Figure, before: Sequence[Figure], limits: Limits = LIMITS) -> tuple[Unlikely, ...]:
    """The rules that a quarter's figure meets, given the obligation's figures of the quarters before it, oldest first.

    Nil has its reason already, and a yes that stays yes is no wonder: neither is asked about. Where target or median is zero
    there is no scale to be far from.
    """
    value = quantity(terms, figure)
    if figure.nil or terms.kind is Kind.FLAG or value is None:
        return ()
    met = []
    if terms.target > 0 and value > limits.times_target * Fraction(terms.target):
        met.append(Unlikely.FAR_ABOVE_TARGET)
    middle = usual(terms, before, limits)
    if middle is not None and middle > 0 and (value > limits.times_median * middle or value * limits.times_median < middle):
        met.append(Unlikely.FAR_FROM_USUAL)
    latest = before[len(before) - limits.same_in_a_row + 1 :] if len(before) >= limits.same_in_a_row - 1 else []
    if value and latest and all(_same(figure, other) for other in latest):
        met.append(Unlikely.SAME_AGAIN)
    return tuple(met)


def usual(terms: Terms, before: Sequence[Figure], limits: Limits = LIMITS) -> Fraction | None:
    """The median of the quarters before; None where they are too few."""
    known = [value for value in (quantity(terms, other) for other in before) if value is not None]
    return Fraction(median(known)) if len(known) >= limits.quarters_of_median else None


def quantity(terms: Terms, figure: Figure) -> Fraction | None:
    """A figure as one number to compare with a quarter's target; None for a ratio with nothing to measure."""
    if figure.numerator is not None and figure.denominator is not None:
        return 100 * Fraction(figure.numerator) / Fraction(figure.denominator) if figure.denominator else None
    if figure.value is None:
        return None
    years = terms.kind is Kind.FTE and terms.fte_counting is FteCounting.FTE_YEARS
    return Fraction(figure.value) / (4 if years else 1)


def _same(one: Figure, other: Figure) -> bool:
    return (one.value, one.numerator, one.denominator) == (other.value, other.numerator, other.denominator)
