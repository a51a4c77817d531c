"""The arithmetic of a rating, as the rows of a small table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.alerts.models.alerts import StoredRating
from shared.quarters import Quarter
from shared.ratings import Rating, shown, shown_percent
from shared.words import label, quantity


@dataclass(frozen=True, slots=True)
class QuarterRow:
    """One quarter that a rating looked at. ``share``: of the target; empty where that says nothing."""

    quarter: Quarter
    target: str
    delivered: str
    share: str


@dataclass(frozen=True, slots=True)
class Band:
    rating: str
    reaches: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    quarters: list[QuarterRow]
    together: QuarterRow | None
    """All of them, as the rating counts them; None where there is nothing to count."""
    bands: list[Band]


def arithmetic(rating: StoredRating) -> Arithmetic:
    """The quarters, what they come to, and the limit of each class."""
    said = rating.arithmetic
    rows = [_quarter(entry, said) for entry in said["quarters"]]
    together = None
    if rating.delivered is not None and rating.target is not None:
        unit = said["unit"]
        share = _share(rating.delivered, rating.target, said)
        together = QuarterRow(rating.quarter, quantity(rating.target, unit), quantity(rating.delivered, unit), share)
    return Arithmetic(rows, together, _bands(said))


def _quarter(entry: Mapping[str, Any], said: Mapping[str, Any]) -> QuarterRow:
    quarter, unit, target = Quarter.parse(entry["quarter"]), said["unit"], Decimal(entry["target"])
    if not entry["approved"]:
        return QuarterRow(quarter, quantity(target, unit), "Not approved, counted on neither side", "")
    if entry["numerator"] is not None:
        part, whole = Decimal(entry["numerator"]), Decimal(entry["denominator"])
        measured = shown_percent(100 * Fraction(part) / Fraction(whole)) if whole else ""
        return QuarterRow(quarter, quantity(target, unit), f"{shown(part)} of {shown(whole)}", measured)
    delivered = Decimal(entry["value"])
    nil = " (nil, with a reason)" if entry.get("nil") else ""
    return QuarterRow(quarter, quantity(target, unit), quantity(delivered, unit) + nil, _share(delivered, target, said))


def _share(delivered: Decimal, target: Decimal, said: Mapping[str, Any]) -> str:
    adds_up = said["direction"] == "higher" and said["kind"] not in ("ratio", "flag") and target
    return shown_percent(100 * Fraction(delivered) / Fraction(target)) if adds_up else ""


def _bands(said: Mapping[str, Any]) -> list[Band]:
    if said["bands"] is None:
        return [Band(label(Rating.GOOD), "yes"), Band(label(Rating.INADEQUATE), "no")]
    lower = said["direction"] == "lower"
    limits = [quantity(Decimal(limit), said["unit"]) for limit in said["bands"]["limits"]]
    classes = (Rating.GOOD, Rating.APPROACHING_TARGET, Rating.REQUIRES_IMPROVEMENT)
    found = [
        Band(label(rating), f"at most {limit}" if lower else f"{limit} or more")
        for rating, limit in zip(classes, limits, strict=True)
    ]
    return [*found, Band(label(Rating.INADEQUATE), f"more than {limits[-1]}" if lower else f"less than {limits[-1]}")]
