"""JSON routes under ``/api/v1``."""

from services.alerts.api import alerts, reports

ROUTERS = (alerts.router, reports.router)

__all__ = ["ROUTERS"]
