"""A person at a browser: opens pages, and notes whatever a good page does not do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from shared.pages.visitors import COOKIE

_AXE = Axe()
EXAMINED: set[str] = set()
"""Paths of pages that this run has looked at."""
_WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
_TIMERS = "() => { window.setTimeout = (act, wait) => { if (!(wait >= 1000)) Promise.resolve().then(act) } }"
"""Where JavaScript is off no timer ends, and axe waits for some: they end at once, but for those by which it would give up."""


@dataclass(frozen=True)
class Screen:
    width: int
    javascript: bool

    def __str__(self) -> str:
        return f"{self.width} px, JavaScript {'on' if self.javascript else 'off'}"


SCREENS = [Screen(width, javascript) for javascript in (True, False) for width in (1280, 320)]


@dataclass
class Person:
    """``faults``: what was wrong with the pages so far, each with its address and screen."""

    context: BrowserContext
    screen: Screen
    url: str
    faults: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.on("console", lambda message: self._said(path, message))
        page.on("pageerror", lambda error: self.faults.append(f"{path} ({self.screen}): script error {error}"))
        page.on("request", lambda request: self._asked(path, request))
        await page.goto(self.url + path, wait_until="load")
        return page

    async def examine(self, page: Page, what: str) -> None:
        """No WCAG A or AA violation that axe finds, nothing wider than the window, a title and one heading."""
        if not self.screen.javascript:
            await page.evaluate(_TIMERS)
        EXAMINED.add(urlsplit(page.url).path)
        found = (await _AXE.run(page, options=_WCAG)).response["violations"]
        for violation in found:
            nodes = "; ".join(str(node["target"]) for node in violation["nodes"])
            self.faults.append(f"{what} ({self.screen}): {violation['id']}: {violation['help']} at {nodes}")
        wide: Any = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if wide[0] > wide[1]:
            self.faults.append(f"{what} ({self.screen}): is {wide[0]} px wide in a window of {wide[1]} px")
        if not (await page.title()).endswith("– Parity"):
            self.faults.append(f"{what} ({self.screen}): its title is {await page.title()!r}")
        if (headings := await page.locator("h1").count()) != 1:
            self.faults.append(f"{what} ({self.screen}): has {headings} first-level headings")

    def _said(self, path: str, message: ConsoleMessage) -> None:
        # Chromium itself says so of every answer that is no success; the tests of errors look at the status.
        if "Failed to load resource: the server responded with a status" not in message.text:
            self.faults.append(f"{path} ({self.screen}): console {message.type}: {message.text}")

    def _asked(self, path: str, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc and not request.url.startswith(("data:", "blob:")):
            self.faults.append(f"{path} ({self.screen}): asks {request.url}")


@asynccontextmanager
async def person(browser: Browser, url: str, session: str | None, screen: Screen) -> AsyncIterator[Person]:
    """Signed in by ``session``, or nobody."""
    context = await browser.new_context(
        viewport={"width": screen.width, "height": 900},
        java_script_enabled=screen.javascript,
        locale="en-GB",
        timezone_id="Europe/London",
    )
    if session is not None:
        # A __Host- cookie is for HTTPS; on loopback the browser sends it all the same.
        origin = url.replace("http://", "https://")
        await context.add_cookies([{"name": COOKIE, "value": session, "url": origin, "secure": True, "httpOnly": True}])
    try:
        yield Person(context, screen, url)
    finally:
        await context.close()
