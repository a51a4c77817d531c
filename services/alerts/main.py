"""The alerts service, put together."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import Gauge

from services.alerts.api import ROUTERS
from services.alerts.handlers import handlers
from services.alerts.pages import pages
from services.alerts.schedule import CHORES
from services.alerts.store.alerts import open_by_severity_and_kind
from shared import charts
from shared.db import Pool
from shared.ratings import AlertKind, Severity
from shared.service import create_service

_unresolved = Gauge("parity_alerts_unresolved", "Alerts that are not resolved", ["severity", "kind"])


async def _observe(pool: Pool) -> None:
    counts = await open_by_severity_and_kind(pool)
    for severity in Severity:
        for kind in AlertKind:
            _unresolved.labels(severity.value, kind.value).set(counts.get((severity, kind), 0))


service = create_service(
    "alerts",
    title="ratings, alerts and recovery",
    routers=ROUTERS,
    handlers=handlers,
    chores=CHORES,
    pages=pages,
    migrations=Path(__file__).parent / "migrations",
    gauges=_observe,
    warm_up=charts.warm_up,
)
