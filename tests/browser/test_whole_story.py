"""The whole story in one go, by the people whose work it is: from an award notice to the figure that a region publishes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2 as httpx
from playwright.async_api import Browser, Locator, expect

from tests.browser.looking import Screen, person
from tests.browser.window import Window
from tests.demonstrated import Demonstration
from tests.system.processes import parity

NOTICE = Path(__file__).parent / "made-up-notice.json"
TITLE = "Portering at Vale and Kirkwood hospitals"
MOVED, READY = "Patients moved within 20 minutes", "Equipment found ready for use"
HOURS = "Hours volunteered for local community projects"
QUARTER = "2026-27-Q3"
DESK, PHONE = Screen(1280, javascript=True), Screen(320, javascript=False)


async def test_from_a_notice_to_what_the_region_publishes(browser: Browser, demonstration: Demonstration) -> None:
    async with AsyncExitStack() as stack:

        async def window(shown_as: str, screen: Screen = DESK) -> Window:
            session = await demonstration.session(shown_as)
            somebody = await stack.enter_async_context(person(browser, demonstration.url, session, screen))
            return await Window.of(somebody, widths=(screen.width,))

        amina = await window("contract manager")
        await register(amina)
        phone = await window("supplier", PHONE)
        await note(phone, "14", 12, "Garden day at Kirkwood")
        await note(phone, "10", 19, "Food bank in Vale")

        moved = await asyncio.to_thread(parity, "demo", "advance", "--to", "2027-01-05", "--data", demonstration.data)
        assert moved.returncode == 0, moved.stderr

        tom = await window("supplier")
        await report(tom)
        await review(amina)
        priya = await window("ICB analyst")
        await see_what_counts(priya)
        await report_again(tom)
        await approve(amina)
        await propose_recovery(tom)
        await agree(amina)
        key = await make_key(await window("administrator"))
        await close(priya)
        read_feed(demonstration.url, key)
        windows = (amina, phone, tom, priya)
        assert not (faults := [fault for one in windows for fault in one.somebody.faults]), "\n".join(faults)


async def register(amina: Window) -> None:
    """What the notice says is taken over, what it leaves open is asked for, and social value is added from the catalogue."""
    await amina.follow("Contracts")
    await amina.follow("Contracts from notices")
    await amina.page.locator("input[type=file]").set_input_files(NOTICE)
    await amina.press("Upload")
    await amina.sees("1 contract proposed (1 new, 0 changed)")
    await amina.follow(TITLE)
    await amina.sees(MOVED, "The notices do not say everything")
    await amina.press("Register it")

    await amina.follow("What was awarded")
    await amina.page.get_by_label("Contract reference").fill("MV-2026-031")
    await amina.press("Save and continue")
    await amina.choose("Mersey Vale Hospitals NHS Trust")
    await amina.page.get_by_label("Search the organisations").last.fill("Brightwater")
    await amina.press("Search")
    await amina.choose("Brightwater Facilities Ltd")
    await amina.press("Save and continue")
    await amina.page.get_by_label("Liverpool").fill("60")
    await amina.page.get_by_label("Knowsley").fill("40")
    await amina.press("Save and continue")

    for promised, target in ((MOVED, "95"), (READY, "98")):
        await amina.follow(promised)
        await amina.choose("A share, in %", "More is better")
        await amina.press("Save and continue")
        await amina.page.get_by_label("Target of each quarter").fill(target)
        await amina.press("Save and continue")
        await amina.press("Confirm and continue")
    await amina.press("Continue")

    await amina.press("Add an obligation")
    await amina.page.get_by_label("Search the measures").fill("volunteered")
    await amina.press("Search")
    await amina.choose("NT29 Hours")
    await amina.press("Use this measure")
    await amina.page.get_by_label("What was promised").fill("160 hours are volunteered over two years.")
    await amina.press("Save and continue")
    await amina.choose("The same target in every quarter")
    await amina.page.get_by_label("Target of each quarter").fill("20")
    await amina.press("Save and continue")
    await amina.press("Confirm and continue")
    await amina.press("Continue")
    await amina.sees("Check before you register the contract", "Brightwater Facilities Ltd (demonstration)", MOVED, READY, HOURS)
    await amina.press("Register this contract")
    await amina.sees(TITLE, "MV-2026-031")


async def note(tom: Window, hours: str, day: int, what: str) -> None:
    """What was done before is offered first: two taps, then how much."""
    did = tom.page.get_by_role("link", name=f"SV1 {HOURS}")
    await tom.follow("Activities")
    if not await did.count():
        await tom.follow("Something else")
    await tom.until(did)
    await tom.follow(f"SV1 {HOURS}")
    await tom.page.get_by_label("How much in all?").fill(hours)
    await tom.enter_date(day, 11, 2026)
    await tom.page.get_by_label("Note").fill(what)
    await tom.press("Save")
    await tom.sees(what)


async def report(tom: Window) -> None:
    """A share needs two figures; hours fill themselves from what was noted."""
    await open_return(tom)
    await tom.follow(MOVED)
    await tom.page.get_by_label("How many (numerator)", exact=True).fill("870")
    await tom.press("Save and continue")
    await tom.sees("There is a problem")
    await tom.page.get_by_label("Out of how many (denominator)", exact=True).fill("1000")
    await tom.page.get_by_label("The story behind the figure").fill("A lift stood still for two weeks.")
    await tom.press("Save and continue")
    await expect(tom.page.get_by_role("heading", name=READY)).to_be_visible()
    await tom.page.get_by_label("How many (numerator)", exact=True).fill("198")
    await tom.page.get_by_label("Out of how many (denominator)", exact=True).fill("200")
    await tom.press("Save and continue")
    await tom.sees("24 hours")
    await tom.follow("Change story of SV1")
    await tom.sees("2 activities noted in this quarter", "Garden day at Kirkwood")
    await expect(tom.page.get_by_label("How much was delivered?")).to_have_value("24")
    await tom.page.get_by_label("The story behind the figure").fill("A garden day, and a day at a food bank.")
    await tom.press("Save and continue")
    await submit(tom)


async def open_return(tom: Window) -> None:
    await tom.follow("Your returns")
    await tom.until(tom.page.get_by_role("link", name=TITLE))
    await tom.follow(TITLE)


async def submit(tom: Window) -> None:
    await tom.sees("Check your answers before you submit the return")
    await tom.press("Continue to certify")
    await tom.choose("Every figure is for this contract", "Every figure is for what this contract promised only")
    await tom.press("Certify and submit")
    await tom.sees("Return submitted")


async def review(amina: Window) -> None:
    """What is on target is approved and counts; one line goes back."""
    await open_review(amina)
    await amina.press("Look at the 2 lines on target and approve them")
    await amina.choose("Yes")
    await amina.press("Approve 2 lines")
    await amina.sees("2 lines approved: they count from now on.")
    await amina.choose("Ask for changes")
    await amina.page.get_by_label("What should the supplier change").fill("Our helpdesk counted 880 of 1,000.")
    await amina.press("Save decisions")
    await amina.sees("1 line sent back to the supplier")


async def open_review(amina: Window) -> None:
    await amina.follow("Today")
    await amina.until(amina.page.get_by_role("link", name=TITLE))
    await amina.follow(TITLE)
    await amina.sees("Review the return")


async def see_what_counts(priya: Window) -> None:
    """The hours are in the region's total while the neighbouring line waits."""
    await priya.follow("The quarter")
    await priya.page.get_by_label("Quarter", exact=True).select_option(QUARTER)
    await priya.press("Show this quarter")
    hours = row(priya, "NT29")
    await priya.until(hours.filter(has_text="24 hours"))
    await priya.follow("NT29")
    await priya.sees(HOURS, "24 hours")


def row(window: Window, words: str) -> Locator:
    return window.page.get_by_role("row").filter(has_text=words)


async def report_again(tom: Window) -> None:
    await open_return(tom)
    await tom.sees("asked for changes to 1 line")
    await tom.follow(MOVED)
    await tom.sees("Our helpdesk counted 880 of 1,000.")
    await tom.page.get_by_label("How many (numerator)", exact=True).fill("880")
    await tom.press("Save and continue")
    await submit(tom)


async def approve(amina: Window) -> None:
    await open_review(amina)
    await amina.choose("Yes", "Approve")
    await amina.press("Save decisions")
    await amina.sees("Every line is approved. Nothing is left to do.")


async def propose_recovery(tom: Window) -> None:
    """88 % of 95 % is a shortfall: an alert, whose arithmetic both sides see."""
    await tom.follow("Alerts")
    alert = row(tom, TITLE).filter(has_text=MOVED).get_by_role("link")
    await tom.until(alert)
    await tom.follow(MOVED)
    await tom.sees("Measured 88.0 % against a target of 95.0 %")
    await tom.follow("Propose a recovery plan")
    await tom.page.get_by_label("What will be done").fill("A second lift is serviced by night. Tom Adeyemi sees to it.")
    await tom.enter_date(12, 2, 2027)
    await tom.press("Propose the plan")
    await tom.sees("A second lift is serviced by night.")


async def agree(amina: Window) -> None:
    await amina.follow("Alerts")
    await amina.until(row(amina, TITLE).filter(has_text=MOVED))
    await amina.follow(MOVED)
    await amina.follow("Answer the recovery plan")
    await amina.choose("Yes")
    await amina.press("Send your answer")
    await amina.sees("Recovery agreed")


async def make_key(joan: Window) -> str:
    """It is shown once."""
    await joan.follow("People")
    await joan.follow("Priya Nair")
    await joan.follow("Make an API key")
    await joan.page.get_by_label("What it is for").fill("Board dashboard")
    await joan.press("Make key")
    await joan.sees("It is not shown again.")
    key = await joan.page.get_by_role("main").locator("code").first.inner_text()
    assert not joan.somebody.faults, "\n".join(joan.somebody.faults)
    return key


async def close(priya: Window) -> None:
    """Not before what is missing was seen."""
    await priya.follow("The quarter")
    await priya.page.get_by_label("Quarter", exact=True).select_option(QUARTER)
    await priya.press("Show this quarter")
    await priya.follow("Close this quarter")
    await priya.sees("What is still missing", "Sandfield Council")
    await priya.press("Close the quarter")
    await priya.sees("There is a problem")
    await priya.choose("I have seen what is missing")
    await priya.press("Close the quarter")
    await priya.sees("Publication 1")


def read_feed(url: str, key: str) -> None:
    """Any program with the key reads what was published."""
    answer = httpx.get(
        f"{url}/icb/api/v1/totals?quarter={QUARTER}&publication=1&dimension=region",
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    [hours] = [one for one in answer.json()["items"] if one["measure_code"] == "NT29"]
    assert (hours["value"], hours["unit"]) == ("24", "hours")
    assert hours["coverage"]["due"] > hours["coverage"]["approved"] == 1
