"""The parity report: what was asked of both sides, and how fast it was followed up, side beside side."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
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


class What(StrEnum):
    """What is counted of one side."""

    RATED = "rated"
    """By class; those that are incomplete apart."""
    INCOMPLETE = "incomplete"
    RETURNS_DUE = "returns_due"
    RETURNS_ON_TIME = "returns_on_time"
    ALERTS_RAISED = "alerts_raised"
    TO_APPROVE = "to_approve"
    """By how many working days it took, as the three below."""
    TO_ACKNOWLEDGE = "to_acknowledge"
    TO_PLAN = "to_plan"
    TO_RESOLVE = "to_resolve"


Counts = Counter[tuple[What, str]]
"""By what is counted, and the class or the working days that it is counted by. The sum of some is that of all of them."""


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


def counted(
    ratings: Mapping[tuple[Rating, bool], int],
    returns_due: int,
    returns_on_time: int,
    alerts: Sequence[AlertDates] = (),
    approvals: Sequence[Approvals] = (),
) -> Counts:
    """One side. ``ratings``: how many of each class, by whether they are incomplete."""
    counts: Counts = Counter()
    for (rating, incomplete), number in ratings.items():
        counts[(What.INCOMPLETE, "") if incomplete else (What.RATED, rating)] += number
    counts[What.RETURNS_DUE, ""] += returns_due
    counts[What.RETURNS_ON_TIME, ""] += returns_on_time
    counts[What.ALERTS_RAISED, ""] += sum(alert.alike for alert in alerts)
    _count_days(counts, What.TO_APPROVE, ((one.submitted_on, one.approved_on, one.lines) for one in approvals))
    _count_days(counts, What.TO_ACKNOWLEDGE, ((one.raised_on, one.acknowledged_on, one.alike) for one in alerts))
    _count_days(counts, What.TO_PLAN, ((one.raised_on, one.planned_on, one.alike) for one in alerts))
    _count_days(counts, What.TO_RESOLVE, ((one.raised_on, one.resolved_on, one.alike) for one in alerts))
    return counts


def parity_column(counts: Counts) -> ParityColumn:
    """One side's column."""
    complete = {rating: counts[What.RATED, rating] for rating in Rating}
    rated = sum(complete.values())
    return ParityColumn(
        rated=rated,
        incomplete=counts[What.INCOMPLETE, ""],
        shares={rating: Fraction(count, rated) for rating, count in complete.items()} if rated else {},
        returns_due=counts[What.RETURNS_DUE, ""],
        returns_on_time=counts[What.RETURNS_ON_TIME, ""],
        to_approve=_days(counts, What.TO_APPROVE),
        alerts_raised=counts[What.ALERTS_RAISED, ""],
        to_acknowledge=_days(counts, What.TO_ACKNOWLEDGE),
        to_plan=_days(counts, What.TO_PLAN),
        to_resolve=_days(counts, What.TO_RESOLVE),
    )


def _count_days(counts: Counts, what: What, spans: Iterable[tuple[date, date | None, int]]) -> None:
    """From when something began, when it ended, and how often that was so."""
    for start, end, alike in spans:
        if end is not None:
            counts[what, str(working_days_between(start, end))] += alike


def _days(counts: Counts, what: What) -> Days:
    took = Counter({int(days): number for (counted, days), number in counts.items() if counted is what})
    count = took.total()
    if not count:
        return Days(0, None, None)
    in_order = sorted(took)
    reached = list(accumulate(took[days] for days in in_order))

    def at(place: int) -> int:
        return in_order[bisect_left(reached, place)]

    return Days(count, Fraction(at((count + 1) // 2) + at(count // 2 + 1), 2), at(-(-9 * count // 10)))
