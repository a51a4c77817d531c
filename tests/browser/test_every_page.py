"""Every page that anybody can reach, on a large and a small screen, with JavaScript and without: clean, and to itself."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser

from tests.browser.crawling import OPENED, crawl
from tests.browser.looking import SCREENS, Screen, person
from tests.demonstrated import Demonstration, shown

_AT_ONCE = 3


@pytest.mark.parametrize("who", ["nobody", *shown()])
async def test_every_page_is_accessible_and_clean(browser: Browser, demonstration: Demonstration, who: str) -> None:
    session = None if who == "nobody" else await demonstration.session(who)
    found = await asyncio.to_thread(crawl, demonstration.url, session, "/")
    OPENED.update(found.routes)
    assert found.pages
    assert not found.broken
    first, *others = SCREENS
    faults = await _faults(browser, demonstration.url, session, first, found.pages)
    for screen in others:
        faults += await _faults(browser, demonstration.url, session, screen, found.one_each)
    assert not faults, "\n".join(faults)


async def _faults(browser: Browser, url: str, session: str | None, screen: Screen, paths: list[str]) -> list[str]:
    limit = asyncio.Semaphore(_AT_ONCE)
    async with person(browser, url, session, screen) as somebody:

        async def look(path: str) -> None:
            async with limit:
                page = await somebody.open(path)
                await somebody.examine(page, path)
                await page.close()

        await asyncio.gather(*(look(path) for path in paths))
        return somebody.faults
