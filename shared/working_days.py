"""Working days in England: Monday to Friday without bank holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """The date that is ``count`` working days after (before, where negative) ``day``; ``day`` itself does not count."""
    step = timedelta(days=1 if count >= 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(earlier: date, later: date) -> int:
    """How many working days lie after ``earlier`` up to and with ``later``; 0 where later is not after earlier."""
    return sum(is_working_day(earlier + timedelta(days=n)) for n in range(1, (later - earlier).days + 1))
