"""A form filled in wrongly on every screen: what it says, at which field, with nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Response, expect

from tests.browser.crawling import routes
from tests.browser.looking import Person, Screen, person
from tests.browser.refused.refusal import Ground, Refusal, Typed

_SUMMARY = """() => {
    const hrefs = [...document.querySelectorAll(".nhsuk-error-summary a[href^='#']")].map(link => link.getAttribute("href"))
    const fields = hrefs.map(href => document.getElementById(href.slice(1)))
    const comesBefore = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING
    return {
        leadsNowhere: hrefs.filter((href, nth) => !fields[nth]),
        outOfOrder: hrefs.slice(1).filter((href, nth) => fields[nth + 1] && comesBefore(fields[nth + 1], fields[nth])),
        focused: document.activeElement.classList.contains("nhsuk-error-summary"),
    }
}"""


@dataclass
class Windows:
    """One for each person with JavaScript, and one without."""

    browser: Browser
    ground: Ground
    stack: AsyncExitStack
    opened: dict[tuple[str, bool], tuple[Person, Page]] = field(default_factory=dict)

    async def of(self, who: str) -> list[tuple[Person, Page]]:
        return [await self._one(who, javascript) for javascript in (True, False)]

    async def _one(self, who: str, javascript: bool) -> tuple[Person, Page]:
        walker = await self.ground.person(who)
        if (who, javascript) not in self.opened:
            somebody = await self.stack.enter_async_context(
                person(self.browser, self.ground.demonstration.url, None, Screen(1280, javascript))
            )
            self.opened[who, javascript] = somebody, await somebody.context.new_page()
        somebody, page = self.opened[who, javascript]
        await somebody.hold(dict(walker.http.cookies))
        return somebody, page


async def is_said(refusal: Refusal, windows: Windows) -> None:
    """What is refused, in each of the windows of whoever is refused."""
    if refusal.prepared:
        await windows.ground.once(refusal.prepared)
    if refusal.button:
        path = (await windows.ground.along(refusal.who, *refusal.page)).response.url.raw_path.decode()
    else:
        [path] = (step.format_map(windows.ground.known) for step in refusal.page)
    both = await windows.of(refusal.who)
    answers = await asyncio.gather(*(_open(somebody, page, path, refusal, windows.ground) for somebody, page in both))
    if refusal.meanwhile:
        await refusal.meanwhile(windows.ground)
    await asyncio.gather(
        *(_refused(somebody, page, refusal, answer) for (somebody, page), answer in zip(both, answers, strict=True))
    )


async def _open(somebody: Person, page: Page, path: str, refusal: Refusal, ground: Ground) -> Response | None:
    somebody.faults.clear()
    answer = await page.goto(somebody.url + path, wait_until="load")
    if refusal.button and refusal.out_of_reach:
        await somebody.examine(page, path)
    await _fill(page, refusal.typed, ground.files)
    return answer


async def _refused(somebody: Person, page: Page, refusal: Refusal, answer: Response | None) -> None:
    if refusal.button:
        button = page.get_by_role("main").get_by_role("button", name=refusal.button, exact=True).first
        async with page.expect_navigation(wait_until="load") as navigating:
            await button.click()
        answer = await navigating.value
        assert answer.request.method == "POST"
        assert _route_of(urlsplit(answer.url).path) == refusal.route
    assert answer is not None
    assert answer.status == refusal.status
    await expect(page.get_by_role("main").get_by_text(refusal.says).first).to_be_visible()
    if refusal.button and refusal.status == 422:
        summary = await page.evaluate(_SUMMARY)
        assert summary == {"leadsNowhere": [], "outOfOrder": [], "focused": somebody.screen.javascript}
        assert (await page.title()).startswith("Error: ")
    await somebody.examine(page, str(refusal))
    assert not somebody.faults, "\n".join(somebody.faults)


async def _fill(page: Page, typed: Mapping[str, Typed], files: Mapping[str, bytes]) -> None:
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for name, value in typed.items():
        named = page.get_by_role("main").locator(f"[name='{name}']")
        kind = await named.first.evaluate("field => field.type")
        if kind == "file":
            content = value if isinstance(value, bytes) else files[str(value)]
            await named.set_input_files([{"name": "report.pdf", "mimeType": "application/pdf", "buffer": content}])
        elif isinstance(value, tuple):
            for option in await named.all():
                chosen = await option.get_attribute("value") in value
                if chosen or kind == "checkbox":
                    await option.set_checked(chosen, force=True)
        elif kind in ("text", "password", "textarea"):
            await named.first.fill(str(value), force=True)
        else:
            await named.first.evaluate("(field, value) => { field.value = value }", value)


def _route_of(path: str) -> str | None:
    """The route of the form that is sent to a path."""
    for whole, route in routes():
        prefix = whole.removesuffix(route.path)
        if "POST" in route.methods and path.startswith(prefix) and route.path_regex.match(path.removeprefix(prefix)):
            return whole
    return None
