"""Working days in England: Monday to Friday without bank holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import accumulate

import holidays


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


@cache
def _counted(year: int) -> tuple[int, ...]:
    """For each day of the year, how many of its working days have begun by then."""
    first, days = date(year, 1, 1), date(year, 12, 31).timetuple().tm_yday
    return tuple(accumulate(int(is_working_day(first + timedelta(days=n))) for n in range(days)))


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
    if later <= earlier:
        return 0
    years_between = sum(_counted(year)[-1] for year in range(earlier.year, later.year))
    return years_between + _counted_to(later) - _counted_to(earlier)


def _counted_to(day: date) -> int:
    return _counted(day.year)[day.timetuple().tm_yday - 1]
