"""The parity report: what was asked of both sides, and how fast it was followed up, side beside side."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import accumulate

from shared.ratings.classes import Rating
from shared.working_days import working_days_between


@dataclass(frozen=True, slots=True)
class AlertDates:
    """The local dates of one alert, or of so many alike; None for what has not happened."""

    raised_on: date
    acknowledged_on: date | None = None
    planned_on: date | None = None
    resolved_on: date | None = None
    alike: int = 1


@dataclass(frozen=True, slots=True)
class Approvals:
    """So many lines whose return was submitted on one day, and that were approved on another."""

    submitted_on: date
    approved_on: date
    lines: int


@dataclass(frozen=True, slots=True)
class Days:
    """Working days that something took, over the alerts (or lines) on which it happened; None where there is none."""

    count: int
    median: Fraction | None
    ninetieth: int | None
    """The 90th percentile: the shortest time within which nine of ten were done (nearest rank)."""


@dataclass(frozen=True, slots=True)
class ParityColumn:
    """One side over a period."""

    rated: int
    incomplete: int
    shares: dict[Rating, Fraction]
    """Of the rated, how many parts of one have each rating; empty where none is rated."""
    returns_due: int
    returns_on_time: int
    to_approve: Days
    """From a return's first submission to the approval of each of its lines."""
    alerts_raised: int
    to_acknowledge: Days
    to_plan: Days
    to_resolve: Days


def parity_column(
    ratings: Mapping[tuple[Rating, bool], int],
    returns_due: int,
    returns_on_time: int,
    alerts: Sequence[AlertDates],
    approvals: Sequence[Approvals] = (),
) -> ParityColumn:
    """One column. ``ratings``: how many of each class, by whether they are incomplete."""
    complete = {rating: ratings.get((rating, False), 0) for rating in Rating}
    rated = sum(complete.values())
    return ParityColumn(
        rated=rated,
        incomplete=sum(ratings.values()) - rated,
        shares={rating: Fraction(count, rated) for rating, count in complete.items()} if rated else {},
        returns_due=returns_due,
        returns_on_time=returns_on_time,
        to_approve=_days((one.submitted_on, one.approved_on, one.lines) for one in approvals),
        alerts_raised=sum(alert.alike for alert in alerts),
        to_acknowledge=_days((alert.raised_on, alert.acknowledged_on, alert.alike) for alert in alerts),
        to_plan=_days((alert.raised_on, alert.planned_on, alert.alike) for alert in alerts),
        to_resolve=_days((alert.raised_on, alert.resolved_on, alert.alike) for alert in alerts),
    )


def _days(spans: Iterable[tuple[date, date | None, int]]) -> Days:
    """From when something began, when it ended, and how often that was so."""
    took: Counter[int] = Counter()
    for start, end, alike in spans:
        if end is not None:
            took[working_days_between(start, end)] += alike
    count = took.total()
    if not count:
        return Days(0, None, None)
    in_order = sorted(took)
    reached = list(accumulate(took[days] for days in in_order))

    def at(place: int) -> int:
        return in_order[bisect_left(reached, place)]

    return Days(count, Fraction(at((count + 1) // 2) + at(count // 2 + 1), 2), at(-(-9 * count // 10)))
