"""One Chromium for the tests of a process. It shares their event loop, so playwright's own pytest plugin is not used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.looking import EXAMINED, PATIENCE
from tests.browser.refused.in_browsers import Windows
from tests.browser.refused.refusal import Ground
from tests.demonstrated import Demonstration, demonstration, demonstration_data, of_this_run  # noqa: F401


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def windows(browser: Browser, demonstration: Demonstration) -> AsyncIterator[Windows]:  # noqa: F811
    """Of the people of a demonstration, whose forms are filled in wrongly."""
    ground = Ground(demonstration)
    async with AsyncExitStack() as stack:
        yield Windows(browser, ground, stack)
    for walker in ground.people.values():
        await walker.http.aclose()


@pytest.fixture(scope="session")
def looked_at(of_this_run: Path) -> Path:  # noqa: F811
    """A folder with a file for each test that has run, in whichever process: what it has looked at."""
    folder = of_this_run / "looked-at"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def _keep_what_was_looked_at(request: pytest.FixtureRequest, looked_at: Path) -> Iterator[None]:
    EXAMINED.clear()
    yield
    kept = looked_at / file_of(request.node)
    kept.with_suffix(".part").write_text("\n".join(EXAMINED))
    kept.with_suffix(".part").rename(kept)


def file_of(item: pytest.Item) -> str:
    return sha256(item.nodeid.encode()).hexdigest()
