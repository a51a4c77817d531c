"""Business figures among the metrics."""

from __future__ import annotations

from prometheus_client import Gauge

from services.aggregator.store import totals
from shared.db import Pool
from shared.quarters import Quarter

_coverage = Gauge(
    "parity_coverage",
    "Of the contracts that owe a measure in a quarter, summed over measures: due, received, approved. The last four quarters.",
    ["quarter", "counted", "state"],
)
_publications = Gauge("parity_publications", "How often a quarter was published. The last four quarters.", ["quarter"])


async def gauges(pool: Pool) -> None:
    """Set them from what is known at present."""
    _coverage.clear()
    _publications.clear()
    for row in await totals.recent_coverage(pool):
        quarter, counted = Quarter(row["quarter"]).code, "pledges" if row["pledge"] else "contracts"
        for state in ("due", "received", "approved"):
            _coverage.labels(quarter, counted, state).set(row[state])
        _publications.labels(quarter).set(row["publications"])
