"""Days of provisional cuts: each ends at local midnight."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from shared.quarters import LONDON, local_date


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def end_of(day: date) -> datetime:
    """Its last moment."""
    return start_of(day + timedelta(days=1)) - timedelta(microseconds=1)


def day_ended(at: datetime) -> date | None:
    """The day whose last moment this is; None in the middle of a day."""
    day = local_date(at)
    return day if at == end_of(day) else None
