"""What was done to returns and what belongs to them, for administrators."""

from __future__ import annotations

from services.returns.pages.routing import pages
from shared.pages.history import add_history

add_history(pages, "returns", ["return", "line", "activity", "case_study"])
