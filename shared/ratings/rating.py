"""The rating of one obligation at the end of one quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.obligations import Bands, BandsBy, Direction, Kind, Terms
from shared.quarters import Quarter
from shared.ratings.classes import Rating, WhyOther
from shared.ratings.figures import Measured, QuarterOwed, measure, window


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating with all that it was decided by."""

    quarter: Quarter
    rating: Rating
    reason: WhyOther | None
    """Why ``other``; None else."""
    counted: tuple[Quarter, ...]
    """The window's quarters whose line is approved."""
    incomplete: tuple[Quarter, ...]
    """The window's quarters that are due and have no approved line."""
    measured: Measured | None
    terms: Terms

    @property
    def published(self) -> Rating:
        """As regulation 39 would publish it: what is incomplete is ``other``."""
        return Rating.OTHER if self.incomplete else self.rating

    @property
    def reported(self) -> bool:
        """The quarter's own line is approved."""
        return self.quarter in self.counted

    @property
    def short(self) -> bool:
        """Below good by the quarter's own approved figure. What is missing is late, not short."""
        return self.reported and self.rating.short


def rate(owed: Sequence[QuarterOwed], quarter: Quarter) -> Rated | None:
    """Rate an obligation at the end of ``quarter``; None where nothing was owed in it.

    ``owed`` holds at least the quarters of the window, in any order. Missing quarters count on neither side; they are listed.
    """
    looked_at = window(owed, quarter)
    if not looked_at:
        return None
    terms = looked_at[-1].terms
    counted = [entry for entry in looked_at if entry.figure is not None]
    measured = measure(counted) if counted else None
    rating, reason = Rating.OTHER, _why_other(terms, bool(counted), measured)
    if reason is None and measured is not None:
        rating = judge(terms, measured)
    return Rated(
        quarter=quarter,
        rating=rating,
        reason=reason,
        counted=tuple(entry.quarter for entry in counted),
        incomplete=tuple(entry.quarter for entry in looked_at if entry.due and entry.figure is None),
        measured=measured,
        terms=terms,
    )


def _why_other(terms: Terms, any_approved: bool, measured: Measured | None) -> WhyOther | None:
    if not any_approved:
        return WhyOther.NO_APPROVED_LINE
    if measured is None:
        return WhyOther.NOTHING_TO_MEASURE
    shares = terms.bands is not None and terms.bands.by is BandsBy.SHARE_OF_TARGET
    if shares and terms.direction is Direction.HIGHER and measured.target == 0:
        return WhyOther.NOTHING_DUE_YET
    return None


def judge(terms: Terms, measured: Measured) -> Rating:
    """Which of the four classes a measured quantity lies in; exactly on a band is inside it."""
    if terms.kind is Kind.FLAG:
        return Rating.GOOD if measured.delivered else Rating.INADEQUATE
    for limit, rating in zip(
        limits(terms, measured.target),
        (Rating.GOOD, Rating.APPROACHING_TARGET, Rating.REQUIRES_IMPROVEMENT),
        strict=True,
    ):
        if reaches(terms, measured.delivered, limit):
            return rating
    return Rating.INADEQUATE


def limits(terms: Terms, target: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """The three bands as quantities in the unit. Raises ValueError for a flag, which has none."""
    bands: Bands | None = terms.bands
    if bands is None:
        raise ValueError("Only a flag is rated without bands")
    scale = target if bands.by is BandsBy.SHARE_OF_TARGET else Fraction(1)
    return Fraction(bands.good) * scale, Fraction(bands.approaching) * scale, Fraction(bands.improvement) * scale


def reaches(terms: Terms, delivered: Fraction, limit: Fraction) -> bool:
    return delivered >= limit if terms.direction is Direction.HIGHER else delivered <= limit
