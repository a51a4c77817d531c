"""Where the people who visit the pages of returns go again and again."""

from __future__ import annotations

from datetime import date

from tests.returns.builders import at
from tests.visiting import Page, Visit

JULY = at(date(2026, 7, 6))
LIST = "/returns/"
HOURS, CALLS = (f"{name} Staff hours on school and college visits" for name in ("hours", "calls"))
"""The two lines of the return that waits."""
BOTH = {"only_this_contract_and_period": "true", "only_what_was_promised": "true"}


async def opened(visit: Visit) -> Page:
    """The task list of the one return that waits."""
    return await visit.get((await visit.get(LIST)).links["Soft services"])


async def line(visit: Visit, name: str) -> Page:
    return await visit.get((await opened(visit)).links[name])
