"""A supplier's quarter in a real browser: a mistake on the way, evidence, a colleague who was faster, at last submitted."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.kafka.cluster import free_port
from services.commitments.main import service as commitments
from services.returns.main import service as returns
from shared.obligations import Kind, Side
from shared.pages.visitors import COOKIE
from tests.browser.looking import SCREENS, Person, Screen, follow, person
from tests.browser.served import served
from tests.conftest import OpenRuntime
from tests.returns.builders import a_contract, an_obligation, an_organisation, terms
from tests.returns.conftest import Office
from tests.returns.office import CALLS, HOURS, JULY
from tests.returns.test_files import HTML, PDF

MOST = 100_000


async def press(somebody: Person, page: Page, words: str, what: str = "") -> None:
    """Press a button and look at what comes."""
    await follow(page.get_by_role("button", name=words, exact=True))
    await somebody.examine(page, what or f"after {words}")


@pytest.mark.parametrize("screen", SCREENS, ids=str)
async def test_a_return_is_filled_and_submitted(browser: Browser, runtime: OpenRuntime, tmp_path: Path, screen: Screen) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    evidence = f"file://{tmp_path}/evidence"
    at_work = await runtime(returns, at=JULY, public_url=url, evidence=evidence, evidence_max_bytes=MOST)
    office = Office(at_work, await runtime(commitments))
    calls = an_obligation("calls", terms(Kind.RATIO, target=95), side=Side.CORE_SERVICE)
    await office.world.hear(an_organisation(), a_contract(calls, an_obligation()), when=JULY)
    session = (await office.certifier("Cleo Hart")).http.cookies[COOKIE]
    colleague = (await office.editor("Ann Lee")).http.cookies[COOKIE]
    async with served(at_work), person(browser, url, session, screen) as somebody:
        page = await somebody.open("/returns/")
        await follow(page.get_by_role("link", name="Soft services"))
        await follow(page.get_by_role("link", name=CALLS))
        await page.get_by_label("How many (numerator)", exact=True).fill("931")
        await press(somebody, page, "Save and continue", "a line with something missing")
        if screen.javascript:
            await expect(page.locator(".nhsuk-error-summary")).to_be_focused()
        await page.get_by_role("link", name="Enter the numerator and the denominator").click()
        denominator = page.get_by_label("Out of how many (denominator)", exact=True)
        await denominator.fill("980")
        async with page.expect_navigation(wait_until="load"):
            await denominator.press("Enter")  # as "Save and continue", whatever other buttons there are
        await expect(page.get_by_role("heading", name=HOURS)).to_be_visible()

        await page.get_by_label("How much was delivered?").fill("400")
        await page.get_by_label("The story behind the figure").fill("Two <b>schools</b>")
        await choose(page, "report.pdf", HTML)
        await press(somebody, page, "Upload", "a file that is not what its name says")
        await expect(page.get_by_label("The story behind the figure")).to_have_value("Two <b>schools</b>")
        if screen.javascript:
            await choose(page, "large.pdf", PDF + b" " * MOST)
            await expect(page.get_by_role("alert").filter(has_text="must be smaller than 97KB")).to_be_visible()
            await somebody.examine(page, "a file that is too large")
        await choose(page, "visits.pdf", PDF)
        await press(somebody, page, "Upload", "a file that was added")
        await expect(page.get_by_role("link", name="visits.pdf")).to_be_visible()

        async with person(browser, url, colleague, screen) as other:
            theirs = await other.open(page.url.removeprefix(url).partition("#")[0])
            await theirs.get_by_label("The story behind the figure").fill("Three schools")
            await press(other, theirs, "Save and come back later")
            assert not other.faults
        await page.get_by_label("The story behind the figure").fill("Two schools, three visits")
        await press(somebody, page, "Save and continue", "a line that somebody changed meanwhile")
        await expect(page.get_by_text("Three schools")).to_be_visible()
        await expect(page.get_by_label("The story behind the figure")).to_have_value("Two schools, three visits")
        await press(somebody, page, "Save and continue", "an unlikely figure")
        await page.get_by_label("Why is the figure right?").fill("All schools came in May")
        await press(somebody, page, "Save and continue", "check answers")

        await follow(page.get_by_role("button", name="Continue to certify"))
        await press(somebody, page, "Certify and submit", "certify, with nothing selected")
        for statement in await page.get_by_role("checkbox").all():
            await statement.check(force=True)
        await press(somebody, page, "Certify and submit", "submitted")
        await expect(page.get_by_role("heading", name="Return submitted")).to_be_visible()
        assert not somebody.faults, "\n".join(somebody.faults)
    filed = await office.world.filed()
    assert (filed.status, [line.content.story for line in filed.lines]) == ("submitted", [None, "Two schools, three visits"])


async def choose(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/pdf", "buffer": content}
    await page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
