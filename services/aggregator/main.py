"""What the aggregator is made of."""

from __future__ import annotations

from pathlib import Path

from services.aggregator.api import ROUTERS
from services.aggregator.gauges import gauges
from services.aggregator.handlers import handlers
from services.aggregator.pages import pages
from services.aggregator.schedule import CHORES
from shared import charts
from shared.service import create_service

service = create_service(
    "aggregator",
    title="the ICB's quarterly totals",
    topic="icb-totals",
    routers=ROUTERS,
    pages=pages,
    handlers=handlers,
    chores=CHORES,
    migrations=Path(__file__).parent / "migrations",
    gauges=gauges,
    warm_up=charts.warm_up,
)
