"""When a quarter may be closed."""

from __future__ import annotations

from datetime import datetime

from shared.errors import Conflict
from shared.quarters import Quarter, local_date


class QuarterNotOver(Conflict):
    """This quarter has not ended yet."""


class NothingToPublish(Conflict):
    """Nothing was heard about this quarter since its last publication."""


def may_close(quarter: Quarter, *, at: datetime, anything_new: bool) -> None:
    """Raises QuarterNotOver, NothingToPublish."""
    if local_date(at) <= quarter.last_day:
        raise QuarterNotOver(f"{quarter} ends on {quarter.last_day:%-d %B %Y}. It can be closed after that.")
    if not anything_new:
        raise NothingToPublish
