"""The arithmetic of a rating and of an alert, as the rows of a small table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.alerts.models.alerts import Alert, StoredRating
from services.alerts.rules.words import compared
from shared.quarters import Quarter
from shared.ratings import AlertKind, Rating, Unlikely, shown, shown_percent
from shared.ratings.unlikely import LIMITS
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


@dataclass(frozen=True, slots=True)
class Ground:
    """One figure that an alert was raised by."""

    what: str
    amount: str


def grounds(alert: Alert) -> list[Ground]:
    """What a forecast or an unlikely figure was worked out from; empty for the other kinds, and where it was not kept."""
    said = alert.because
    if "unit" not in said:
        return []
    if alert.kind is AlertKind.FORECAST:
        least = "Most" if said["direction"] == "lower" else "Least"
        amounts = {
            "Delivered so far": "so_far",
            "Targets still to come": "left",
            f"Expected by the end of {Quarter.parse(said['until'])}": "expected",
            "Target by then": "target",
            f"{least} for approaching target": "limit",
        }
        rows = [Ground(what, quantity(Decimal(said[name]), said["unit"])) for what, name in amounts.items()]
        return [*rows[:2], Ground("Pace of the last quarters", shown_percent(Decimal(said["pace"]))), *rows[2:]]
    known = {name: Decimal(value) for name, value in compared(said).items()}
    found = [("The figure", known.get("figure"))]
    if Unlikely.FAR_ABOVE_TARGET in said["rules"]:
        target = known["target"]
        found += [("Target of the quarter", target), (f"{LIMITS.times_target} times the target", LIMITS.times_target * target)]
    if Unlikely.FAR_FROM_USUAL in said["rules"] and "median" in known:
        median, times = known["median"], LIMITS.times_median
        found += [("Median of the quarters before", median), (f"{times} times the median", times * median)]
        found.append((f"The median divided by {times}", median / times))
    return [Ground(what, quantity(value, said["unit"])) for what, value in found if value is not None]


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
