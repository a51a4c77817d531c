"""The returns service."""

from __future__ import annotations

from pathlib import Path

from services.returns.api import router
from services.returns.gauges import set_gauges
from services.returns.handlers import handlers
from services.returns.schedule import CHORES
from shared.service import create_service

service = create_service(
    "returns",
    title="Returns",
    routers=[router],
    handlers=handlers,
    chores=CHORES,
    migrations=Path(__file__).parent / "migrations",
    gauges=set_gauges,
)
