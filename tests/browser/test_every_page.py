"""Every page that anybody can reach, on a large and a small screen, with JavaScript and without: clean, and to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import pytest
from playwright.async_api import Browser

from tests.browser.crawling import Found, crawl
from tests.browser.looking import EXAMINED, Person, Screen, person
from tests.demonstrated import Demonstration, shown

PEOPLE = ["nobody", *shown()]
_AT_ONCE = 3
NO_DATA = {
    "/alerts/today: *": "the first ten of lists that are downloaded where they go on, and tasks",
    "/alerts/{alert_id:uuid}: *": "the arithmetic of one alert",
    "/alerts/contracts/{contract_id:uuid}: Compliance and its parts *": "downloaded with those of all quarters, further down",
    "/alerts/contracts/{contract_id:uuid}/meetings/*: Tasks *": "forms to tick tasks off, which the meeting's pack lists",
    "/commitments/account: *": "where somebody is signed in, with a form to end it",
    "/commitments/contracts/{contract_id:uuid}: Targets of *": "downloaded with what is owed, further up",
    "/commitments/cookies: *": "the cookies that Parity sets",
    "/commitments/notices/{proposal_id:uuid}: *": "what a notice says otherwise, to be decided",
    "/commitments/people/{person_id:uuid}: API keys *": "with a form to revoke one",
    "/commitments/registering*: *": "what somebody has begun to type",
    "/returns/*: What changed: *": "what one change was",
    "/returns/*: * quarters before": "downloaded with every rating of the contract",
    "/returns/restatement-requests/{request_id:uuid}: *": "what one change would be",
}
"""Tables without a download below them, by route and caption, and why."""


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


def test_every_table_of_data_can_be_downloaded(found: Mapping[str, Found]) -> None:
    """As CSV from a link below it, and as XLSX from the same macro."""
    kept_back = {table for one in found.values() for table in one.kept_back}
    assert kept_back, "some tables are no data"
    left_out = {table for table in kept_back if not any(fnmatchcase(table, known) for known in NO_DATA)}
    assert not left_out, "\n".join(sorted(left_out))


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
