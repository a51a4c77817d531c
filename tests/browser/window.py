"""A person's window in a whole journey: every page that comes is examined, every word that matters is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from playwright.async_api import Locator, Page, expect

from tests.browser.looking import WIDTHS, Person, follow

_SOON = 2_000
_TRIES = 30


@dataclass
class Window:
    somebody: Person
    page: Page
    widths: Sequence[int] = WIDTHS
    """At which every page is examined."""

    @classmethod
    async def of(cls, somebody: Person, widths: Sequence[int] = WIDTHS) -> Self:
        """At the page where the person begins the day."""
        window = cls(somebody, await somebody.open("/"), widths)
        await window._examine("the first page")
        return window

    async def follow(self, link: str) -> None:
        """The first link with these words, whole or in part."""
        await self._to(self.page.get_by_role("link", name=link).first, link)

    async def press(self, button: str) -> None:
        """The button with exactly these words; a link that looks like a button is one too."""
        await self._to(self.page.get_by_role("button", name=button, exact=True).first, button)

    async def enter_date(self, day: int, month: int, year: int) -> None:
        for part, value in (("Day", day), ("Month", month), ("Year", year)):
            await self.page.get_by_label(part, exact=True).fill(str(value))

    async def choose(self, *words: str) -> None:
        """Radios and checkboxes by what stands beside them."""
        for one in words:
            option = self.page.get_by_role("radio", name=one).or_(self.page.get_by_role("checkbox", name=one))
            await option.first.check(force=True)

    async def sees(self, *words: str) -> None:
        for one in words:
            await expect(self.page.get_by_role("main").get_by_text(one).first).to_be_visible()

    async def until(self, awaited: Locator) -> None:
        """Look again until it is there: what one service tells another takes a moment."""
        for _ in range(_TRIES):
            try:
                await expect(awaited.first).to_be_visible(timeout=_SOON)
                return
            except AssertionError:
                await self.page.reload(wait_until="load")
        await expect(awaited.first).to_be_visible(timeout=_SOON)

    async def _to(self, control: Locator, words: str) -> None:
        await follow(control)
        await self._examine(f"after {words}")

    async def _examine(self, what: str) -> None:
        await self.somebody.examine(self.page, f"{what} ({self.page.url.removeprefix(self.somebody.url)})", self.widths)
