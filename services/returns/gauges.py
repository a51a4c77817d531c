"""The business figures among the metrics."""

from __future__ import annotations

from prometheus_client import Gauge

from services.returns.store import returns
from shared.db import Pool

_due = Gauge("parity_returns_due", "Returns that are open and were never submitted")
_overdue = Gauge("parity_returns_overdue", "Of these, the ones found overdue")
_reviews_overdue = Gauge("parity_reviews_overdue", "Submitted returns, untouched, whose review was found overdue")


async def set_gauges(pool: Pool) -> None:
    standing = await returns.standing(pool)
    _due.set(standing.due)
    _overdue.set(standing.overdue)
    _reviews_overdue.set(standing.reviews_overdue)
