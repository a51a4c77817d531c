"""JSON and CSV under ``/api/v1``."""

from services.aggregator.api import publications, totals

ROUTERS = (totals.router, publications.router)

__all__ = ["ROUTERS"]
