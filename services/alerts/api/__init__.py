"""JSON routes under ``/api/v1``."""

from services.alerts.api import alerts, meetings, reports

ROUTERS = (alerts.router, reports.router, meetings.router)

__all__ = ["ROUTERS"]
