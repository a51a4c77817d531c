"""What the header leads to, under the NHS brand: as accessible as under Parity's own, and by the organisation's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.looking import Screen, person
from tests.demonstrated import Demonstration, shown


@pytest.fixture(scope="module")
def branded(demonstration_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    settings = {"PARITY_BRAND": "nhs", "PARITY_ORGANISATION_NAME": "Mersey Vale University Hospitals"}
    mine = Demonstration.on_a_copy(demonstration_data, tmp_path_factory.mktemp("branded"), settings)
    yield mine
    mine.close()


@pytest.mark.parametrize("who", ["nobody", *shown()])
async def test_the_main_pages_under_the_brand_of_the_nhs(browser: Browser, branded: Demonstration, who: str) -> None:
    session = None if who == "nobody" else await branded.session(who)
    async with person(browser, branded.url, session, Screen(1280, javascript=True)) as somebody:
        page = await somebody.open("/")
        header = page.get_by_role("banner")
        await expect(header.get_by_role("img", name="NHS")).to_be_visible()
        await expect(header.get_by_text("Mersey Vale University Hospitals")).to_be_visible()
        await somebody.examine(page, "the first page")
        leads = header.get_by_role("navigation").get_by_role("link")
        paths = [str(await link.get_attribute("href")) for link in await leads.all()]
        assert paths or who == "nobody"
        for path in paths:
            await page.goto(branded.url + path, wait_until="load")
            await somebody.examine(page, path)
        assert not somebody.faults, "\n".join(somebody.faults)
