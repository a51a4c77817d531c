"""An analyst before the aggregator's pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from tests.visiting import Page, Visit

PRESENT = datetime(2026, 11, 2, 10, tzinfo=UTC)


class Analyst(Visit):
    """An analyst before the aggregator's pages, and what the aggregator has heard."""

    hears: Callable[..., Awaitable[Any]]

    async def table(self, page: Page, caption: str, form: str = "CSV") -> bytes:
        """A table of the page, downloaded."""
        answer = await self.http.get(page.links[f"{form} of {caption}"])
        assert answer.status_code == 200, answer.text
        return answer.content

    async def rows(self, page: Page, caption: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((await self.table(page, caption)).decode("utf-8-sig"))))

    async def closes(self, quarter: str = "2026-27-Q2") -> Page:
        page = await self.get(f"/icb/close?quarter={quarter}")
        return await self.submit(page, "Close the quarter", {"seen": "yes"})
