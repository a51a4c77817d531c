"""How grave an alert is. The numbers and pairs are data."""

from __future__ import annotations

from datetime import date

from shared.ratings.classes import AlertKind, Rating, Severity
from shared.working_days import add_working_days

SHORTFALL = {
    Rating.APPROACHING_TARGET: Severity.LOW,
    Rating.REQUIRES_IMPROVEMENT: Severity.MEDIUM,
    Rating.INADEQUATE: Severity.HIGH,
}

RAISED_AT = {
    AlertKind.STORY_NOT_MET: Severity.MEDIUM,
    AlertKind.LATE_RETURN: Severity.MEDIUM,
    AlertKind.LATE_REVIEW: Severity.MEDIUM,
    AlertKind.MISSING_EVIDENCE: Severity.LOW,
    AlertKind.FORECAST: Severity.LOW,
    AlertKind.UNLIKELY_FIGURE: Severity.LOW,
    AlertKind.SHARED_EVIDENCE: Severity.MEDIUM,
}
"""The severity that every other kind starts with."""

HIGH_WHEN_LATE_BY = 10
"""Working days after which something late is of high severity."""

GROWS_WITH_TIME = (AlertKind.LATE_RETURN, AlertKind.LATE_REVIEW)
"""Late is late on one clock, whoever keeps the other waiting."""


def shortfall_severity(rating: Rating, short_before: bool) -> Severity | None:
    """One step up where the obligation was short at the quarter before too; None where it is not short."""
    severity = SHORTFALL.get(rating)
    return severity.step_up() if severity and short_before else severity


def late_severity(due_on: date, on: date) -> Severity | None:
    """Of something that was due and has not come: from the day after it was due, and from ten working days."""
    if on <= due_on:
        return None
    return Severity.HIGH if on >= high_from(due_on) else RAISED_AT[AlertKind.LATE_RETURN]


def high_from(due_on: date) -> date:
    """The day from which something due then is late enough to be of high severity."""
    return add_working_days(due_on, HIGH_WHEN_LATE_BY)
