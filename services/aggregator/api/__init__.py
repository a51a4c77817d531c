"""JSON and CSV under ``/api/v1``."""

from services.aggregator.api import cuts, publications, totals

ROUTERS = (totals.router, publications.router, cuts.router)

__all__ = ["ROUTERS"]
