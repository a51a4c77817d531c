"""The returns service."""

from __future__ import annotations

from pathlib import Path

from services.returns.api import router
from services.returns.gauges import set_gauges
from services.returns.handlers import handlers
from services.returns.pages import pages
from services.returns.rules.deadlines import Deadlines
from services.returns.schedule import chores
from shared.service import Service, create_service
from shared.settings import Settings


def under(settings: Settings) -> Service:
    """The service with the deadlines of these settings."""
    deadlines = Deadlines.of(settings)
    return create_service(
        "returns",
        title="Returns",
        routers=[router],
        pages=pages,
        handlers=handlers(deadlines),
        chores=chores(deadlines),
        migrations=Path(__file__).parent / "migrations",
        gauges=set_gauges,
        under=under,
    )


service = under(Settings.model_construct())
"""With the usual deadlines, until a Runtime opens it under its own settings."""
