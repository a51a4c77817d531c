"""Compliance of a contract in a quarter: one half core service, one half social value, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from shared.obligations import Side
from shared.ratings.classes import Rating

SCORES = {
    Rating.GOOD: Fraction(1),
    Rating.APPROACHING_TARGET: Fraction(8, 10),
    Rating.REQUIRES_IMPROVEMENT: Fraction(5, 10),
    Rating.INADEQUATE: Fraction(0),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a contract: the mean score of what is rated, and what stands beside it."""

    score: Fraction | None
    """None where nothing on this side is rated."""
    rated: int
    incomplete: int
    other: int


@dataclass(frozen=True, slots=True)
class Compliance:
    score: Fraction | None
    """Between 0 and 1; None where nothing is rated."""
    parts: Mapping[Side, Part]

    @property
    def one_sided(self) -> Side | None:
        """The side that the score rests on alone, where the other has nothing rated."""
        rated = [side for side, part in self.parts.items() if part.score is not None]
        return rated[0] if len(rated) == 1 else None


def compliance(ratings: Iterable[tuple[Side, Rating, bool]]) -> Compliance:
    """From each obligation's side, rating and whether that is incomplete (counted beside, not in)."""
    listed = list(ratings)
    parts = {side: _part([(rating, incomplete) for of, rating, incomplete in listed if of is side]) for side in Side}
    scores = [part.score for part in parts.values() if part.score is not None]
    return Compliance(sum(scores, Fraction()) / len(scores) if scores else None, parts)


def _part(ratings: list[tuple[Rating, bool]]) -> Part:
    scores = [SCORES[rating] for rating, incomplete in ratings if not incomplete and rating in SCORES]
    incomplete = sum(incomplete for _, incomplete in ratings)
    return Part(
        score=sum(scores, Fraction()) / len(scores) if scores else None,
        rated=len(scores),
        incomplete=incomplete,
        other=len(ratings) - len(scores) - incomplete,
    )
