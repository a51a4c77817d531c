"""The pages of returns: for suppliers, who fill them, and for contract managers, who review them."""

from services.returns.pages import certifying, evidence, lines, listing, task_list
from services.returns.pages.routing import pages

__all__ = ["certifying", "evidence", "lines", "listing", "pages", "task_list"]
