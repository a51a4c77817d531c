"""Every page that anybody can reach, on a large and a small screen, with JavaScript and without: clean, and to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import pytest
from playwright.async_api import Browser

from tests.browser.crawling import Found, crawl
from tests.browser.looking import EXAMINED, Person, Screen, person
from tests.demonstrated import Demonstration, shown

PEOPLE = ["nobody", *shown()]
_AT_ONCE = 3


@pytest.fixture(scope="module")
async def sessions(demonstration: Demonstration) -> Mapping[str, str | None]:
    return {who: None if who == "nobody" else await demonstration.session(who) for who in PEOPLE}


@pytest.fixture(scope="module")
async def found(demonstration: Demonstration, sessions: Mapping[str, str | None]) -> Mapping[str, Found]:
    """What links lead each of them to."""
    found = [asyncio.to_thread(crawl, demonstration.url, session, "/") for session in sessions.values()]
    return dict(zip(sessions, await asyncio.gather(*found), strict=True))


@pytest.mark.parametrize("who", PEOPLE)
async def test_every_page_is_accessible_and_clean(
    browser: Browser,
    demonstration: Demonstration,
    sessions: Mapping[str, str | None],
    found: Mapping[str, Found],
    who: str,
) -> None:
    """Whoever comes to a route first looks without JavaScript too; the others look at what it shows to them."""
    assert not found[who].broken
    EXAMINED.update(found[who].routes)
    pages = found[who].pages
    before = {route for other in PEOPLE[: PEOPLE.index(who)] for route in found[other].pages}
    first = [path for route, path in pages.items() if route not in before]
    assert pages
    faults = await _faults(browser, demonstration.url, sessions[who], pages.values(), javascript=True)
    faults += await _faults(browser, demonstration.url, sessions[who], first, javascript=False)
    assert not faults, "\n".join(faults)


async def _faults(browser: Browser, url: str, session: str | None, paths: Iterable[str], *, javascript: bool) -> list[str]:
    async with person(browser, url, session, Screen(1280, javascript)) as somebody:
        waiting = iter(paths)
        await asyncio.gather(*(_look(somebody, waiting) for _ in range(_AT_ONCE)))
        return somebody.faults


async def _look(somebody: Person, waiting: Iterable[str]) -> None:
    page = await somebody.context.new_page()
    for path in waiting:
        await page.goto(somebody.url + path, wait_until="load")
        await somebody.examine(page, path)
