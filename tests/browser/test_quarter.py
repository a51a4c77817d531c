"""The ICB's analyst makes a cut for the board, looks behind a total, and closes the quarter: wide, narrow, without JavaScript."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.kafka.cluster import free_port
from services.aggregator.main import service
from services.commitments.main import service as commitments
from shared.access import Role
from shared.events.commitments import IcbSees
from shared.obligations import Place
from shared.pages.visitors import COOKIE
from tests.aggregator.builders import CARE_LEAVERS, HOURS, RATIO, Contract, an_organisation, contract_recorded, recorded
from tests.aggregator.conftest import Aggregator
from tests.browser.looking import SCREENS, Screen, follow, person
from tests.browser.served import served
from tests.conftest import OpenRuntime
from tests.visiting import Visit

PRESENT = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("screen", SCREENS, ids=str)
async def test_an_analyst_cuts_looks_behind_and_closes(browser: Browser, runtime: OpenRuntime, screen: Screen) -> None:
    at_work = await runtime(service, at=PRESENT, public_url=f"http://127.0.0.1:{free_port()}")
    visit = await Visit.of(at_work, await runtime(commitments, at=PRESENT), Role.ICB_ANALYST)
    trust = an_organisation("Vale Trust")
    reporting, silent = (
        Contract(reference, buyers=(trust,), places={Place.HALTON: "0.25", Place.WIRRAL: "0.75"}) for reference in ("C-1", "C-2")
    )
    hears = Aggregator(at_work.settings.database("aggregator"), at_work.pool).hears
    await hears(recorded(trust, icb_sees=IcbSees.CONTRACTS), contract_recorded(reporting), contract_recorded(silent))
    await hears(reporting.owes(HOURS, RATIO, CARE_LEAVERS).all(100, (3, 4), 2), silent.owes(HOURS).opened())
    async with served(at_work) as url, person(browser, url, visit.http.cookies[COOKIE], screen) as analyst:

        async def examine(page: Page, what: str) -> None:
            await analyst.examine(page, what)

        page = await analyst.open("/icb/")
        await examine(page, "the quarter")
        await follow(page.get_by_role("link", name="Make a provisional cut"))
        await page.get_by_label("Month").fill("13")
        await follow(page.get_by_role("button", name="Make the cut"))
        await expect(page.get_by_role("link", name="Date of the cut must be a real date")).to_be_visible()
        await examine(page, "a cut, refused")
        for part, number in (("Day", "20"), ("Month", "10"), ("Year", "2026")):
            await page.get_by_label(part).fill(number)
        await follow(page.get_by_role("button", name="Make the cut"))
        await expect(page.get_by_role("heading", name="Provisional figures")).to_be_visible()
        await examine(page, "a cut")
        cut = page.url

        await follow(page.get_by_role("link", name="NT8", exact=True))
        await expect(page.get_by_role("heading", name="Label of NT8")).to_be_visible()
        await examine(page, "a measure")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="CSV of NT8 by place").click()
        downloaded = await downloading.value
        assert downloaded.suggested_filename == "places-NT8-2026-27-Q2-provisional-2026-10-20.csv"
        rows = await asyncio.to_thread(Path(await downloaded.path()).read_text)
        assert "Provisional, as known at the end of 20 October 2026" in rows
        await follow(page.get_by_role("link", name="See the contracts behind this total"))
        await expect(page.get_by_role("rowheader", name="C-1")).to_be_visible()
        await examine(page, "contracts behind a total")

        await page.goto(f"{url}/icb/close")
        await follow(page.get_by_role("button", name="Close the quarter"))
        await expect(page.get_by_role("link", name="Select that you have seen what is missing")).to_be_visible()
        await examine(page, "closing, refused")
        await page.get_by_label("I have seen what is missing").check()
        await follow(page.get_by_role("button", name="Close the quarter"))
        await expect(page.get_by_role("heading", name="Publication 1")).to_be_visible()
        await examine(page, "a publication")
        await page.goto(cut)
        await follow(page.get_by_role("link", name="Compare with the publication"))
        await expect(page.get_by_text("All totals of the region are the same.")).to_be_visible()
        await examine(page, "a cut compared")
        assert not analyst.faults, "\n".join(analyst.faults)
