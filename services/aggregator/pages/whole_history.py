"""Which quarters were closed and which cuts made, for administrators."""

from __future__ import annotations

from services.aggregator.pages.routing import pages
from shared.pages.history import add_history

add_history(pages, "aggregator", ["publication", "cut"], of_contracts=False)
