"""A person at a browser: opens pages, and notes whatever a good page does not do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from deploy.assets.__main__ import AXE
from shared.pages.visitors import COOKIE

EXAMINED: set[str] = set()
"""Paths of pages, and routes of downloads, that the present test has looked at; conftest.py keeps those of each test."""
if not AXE.is_file():
    raise RuntimeError("axe-core has not been fetched yet. Run 'make check', or 'python -m deploy.assets --tests'.")
_AXE = AXE.read_text()
_RUN = "options => axe.run(options).then(found => found.violations)"
_WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # 2.5.3: who speaks to a browser says what stands on a button. By itself axe leaves it out, as an experiment.
    "rules": {"label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],
}
_TIMERS = "() => { window.setTimeout = (act, wait) => { if (!(wait >= 1000)) Promise.resolve().then(act) } }"
"""Where JavaScript is off no timer ends, and axe waits for some: they end at once, but for those by which it would give up."""

_SETTLED = "() => new Promise(done => { let left = 4; const next = () => left-- ? requestAnimationFrame(next) : done(); next() })"
"""After a window became narrow: the menu of the header moves its links a frame later, and once more when that moved others."""


@dataclass(frozen=True)
class Screen:
    width: int
    javascript: bool

    def __str__(self) -> str:
        return f"{self.width} px, JavaScript {'on' if self.javascript else 'off'}"


PATIENCE = 120_000
"""Milliseconds until something that does not come is missed: where servers and browsers share two processors much is late."""
WIDTHS = (1280, 320)
_HEIGHT = 900
SCREENS = [Screen(1280, javascript) for javascript in (True, False)]
"""With JavaScript and without; both become narrow while a page is examined."""


@dataclass
class Person:
    """``faults``: what was wrong with the pages so far, each with its address and screen."""

    context: BrowserContext
    screen: Screen
    url: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.faults.append(f"({self.screen}): script error {error.error}"))
        self.context.on("request", self._asked)

    async def hold(self, cookies: Mapping[str, str]) -> None:
        # A __Host- cookie is for HTTPS; on loopback the browser sends it all the same.
        origin = self.url.replace("http://", "https://")
        for name, value in cookies.items():
            await self.context.add_cookies([{"name": name, "value": value, "url": origin, "secure": True, "httpOnly": True}])

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        await page.goto(self.url + path, wait_until="load")
        return page

    async def examine(self, page: Page, what: str, widths: Sequence[int] = WIDTHS) -> None:
        """The page in a large window and, made narrow, in a small one: what there is of layout is the stylesheet's.

        No WCAG A or AA violation that axe finds, nothing wider than the window, a title and one heading.
        """
        await page.wait_for_load_state("load")
        title = await page.title()
        if not title.startswith("Error: "):
            EXAMINED.add(urlsplit(page.url).path)
        wrong = [] if title.endswith("– Parity") else [f"its title is {title!r}"]
        if (headings := await page.locator("h1").count()) != 1:
            wrong.append(f"has {headings} first-level headings")
        if not self.screen.javascript:
            await page.evaluate(_TIMERS)
        await page.evaluate(_AXE)
        for width in widths:
            await page.set_viewport_size({"width": width, "height": _HEIGHT})
            if self.screen.javascript:
                await page.evaluate(_SETTLED)
            for found in await page.evaluate(_RUN, _WCAG):
                nodes = "; ".join(str(node["target"]) for node in found["nodes"])
                wrong.append(f"{width} px: {found['id']}: {found['help']} at {nodes}")
            if (wide := await page.evaluate("document.documentElement.scrollWidth")) > width:
                wrong.append(f"is {wide} px wide in a window of {width} px")
        await page.set_viewport_size({"width": self.screen.width, "height": _HEIGHT})
        self.faults += [f"{what} ({self.screen}): {one}" for one in wrong]

    def _said(self, message: ConsoleMessage) -> None:
        # Chromium itself says so of every answer that is no success; the tests of errors look at the status.
        if "Failed to load resource: the server responded with a status" not in message.text:
            where = message.page.url if message.page else ""
            self.faults.append(f"{where} ({self.screen}): console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc and not request.url.startswith(("data:", "blob:")):
            self.faults.append(f"({self.screen}): asks {request.url}")


async def follow(control: Locator) -> None:
    """Click a link or a button that leads to a page, until all of that page is there."""
    # A click itself waits until the new page begins, and not until there is anything on it.
    async with control.page.expect_navigation(wait_until="load"):
        await control.click()


@asynccontextmanager
async def person(browser: Browser, url: str, session: str | None, screen: Screen) -> AsyncIterator[Person]:
    """Signed in by ``session``, or nobody."""
    context = await browser.new_context(
        viewport={"width": screen.width, "height": _HEIGHT},
        java_script_enabled=screen.javascript,
        locale="en-GB",
        timezone_id="Europe/London",
    )
    context.set_default_timeout(PATIENCE)
    somebody = Person(context, screen, url)
    await somebody.hold({} if session is None else {COOKIE: session})
    try:
        yield somebody
    finally:
        await context.close()
