"""What was done about alerts and meetings, for administrators."""

from __future__ import annotations

from services.alerts.pages.routing import pages
from shared.pages.history import add_history

add_history(pages, "alerts", ["alert", "task"])
