"""What people do about an alert, and what they come to who change their minds; with JavaScript and without."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser, expect

from tests.browser.looking import SCREENS, Screen, person
from tests.browser.window import Window
from tests.demonstrated import Demonstration

ALERTS = {True: "C2 Complaints upheld", False: "S4 Weeks of apprenticeship"}
"""Something of the core service, and something of social value."""
OpenWindow = Callable[[str], Awaitable[Window]]


@asynccontextmanager
async def windows(browser: Browser, demonstration: Demonstration, screen: Screen) -> AsyncIterator[OpenWindow]:
    """A window for each who comes; at the end, nothing was wrong with any page that they saw."""
    async with AsyncExitStack() as stack:
        opened = []

        async def window(who: str) -> Window:
            session = await demonstration.session(who)
            opened.append(await stack.enter_async_context(person(browser, demonstration.url, session, screen)))
            return await Window.of(opened[-1])

        yield window
        assert not (faults := [fault for one in opened for fault in one.faults]), "\n".join(faults)


@pytest.mark.parametrize("screen", SCREENS, ids=str)
async def test_both_parties_work_on_an_alert(browser: Browser, demonstration: Demonstration, screen: Screen) -> None:
    async with windows(browser, demonstration, screen) as window:
        amina, tom = await window("contract manager"), await window("supplier")
        alert = ALERTS[screen.javascript]
        await narrow_the_list(amina)
        await acknowledge(amina, alert)
        await dispute(tom, alert)
        await hold_against_it(amina)
        await propose(tom)
        await agree_and_resolve(amina)
        await read_parity_report(amina)
        await agree_task(amina, f"Two meetings on {alert}")
        await finish_task(tom, f"Two meetings on {alert}")


async def narrow_the_list(amina: Window) -> None:
    await amina.follow("Alerts")
    await amina.page.get_by_text("Narrow the list").click()
    await amina.page.get_by_label("Kind").select_option(label="Late return")
    await amina.page.get_by_label("Contract", exact=True).fill("nothing of this name")
    await amina.press("Show these alerts")
    await amina.sees("No alert is like this.")
    await amina.page.get_by_label("Contract", exact=True).fill("wound")
    await amina.press("Show these alerts")
    await expect(amina.page.get_by_role("link", name="Late return")).to_have_count(1)
    await expect(amina.page.get_by_role("link", name="Shortfall")).to_have_count(0)
    await amina.follow("Show all")


async def acknowledge(amina: Window, alert: str) -> None:
    await amina.follow(alert)
    await amina.sees("What to do", "The arithmetic", "As it is rated" if "S4" in alert else "It counts this quarter only.")
    await amina.press("Acknowledge")
    await amina.sees("Acknowledged")
    await expect(amina.page.get_by_role("button", name="Acknowledge")).to_have_count(0)


async def dispute(tom: Window, alert: str) -> None:
    await tom.follow("Alerts")
    await tom.follow(alert)
    await tom.sees("The arithmetic", "What was said and done")
    await tom.follow("Dispute it")
    await tom.page.get_by_label("Why is it wrong?").fill("Two of them were about another contract.")
    await tom.press("Send the dispute")
    await tom.sees("Two of them were about another contract.")


async def hold_against_it(amina: Window) -> None:
    await amina.page.reload(wait_until="load")
    await amina.follow("Answer the dispute")
    await amina.sees("Two of them were about another contract.")
    await amina.choose("No")
    await amina.page.get_by_label("Your answer").fill("We looked: they were about this one.")
    await amina.press("Send your answer")
    await amina.sees("We looked: they were about this one.")


async def propose(tom: Window) -> None:
    await tom.follow("Propose a recovery plan")
    await tom.page.get_by_label("What will be done").fill("Two more people from January.")
    await tom.enter_date(29, 1, 2027)
    await tom.press("Propose the plan")
    await tom.sees("Two more people from January.")


async def agree_and_resolve(amina: Window) -> None:
    await amina.page.reload(wait_until="load")
    await amina.follow("Answer the recovery plan")
    await amina.choose("Yes")
    await amina.press("Send your answer")
    await amina.sees("Recovery agreed")
    await amina.follow("Resolve it with a reason")
    await amina.page.get_by_label("Why is it resolved?").fill("The plan is under way, and the month was good.")
    await amina.press("Resolve the alert")
    await amina.sees("Resolved", "The plan is under way, and the month was good.")


async def read_parity_report(amina: Window) -> None:
    await amina.follow("Parity report")
    await amina.page.get_by_label("First quarter").select_option("2025-26-Q3")
    await amina.press("Show this period")
    await amina.sees("2025-26 Q3 to 2026-27 Q2: what to do", "The figures")


async def agree_task(amina: Window, task: str) -> None:
    await amina.follow("Contracts")
    await amina.follow("Catering")
    await amina.follow("How it is going")
    await amina.follow("Prepare the review meeting")
    await amina.sees("What changed since the quarter before", "Questions to ask")
    await amina.page.get_by_label("What will be done").fill(task)
    await amina.page.get_by_label("Who will do it").fill("Tom Adeyemi, Brightwater")
    await amina.enter_date(1, 2, 2027)
    await amina.press("Save the task")
    await amina.sees(task)
    async with amina.page.expect_download() as downloading:
        await amina.page.get_by_role("link", name="Download the pack (PDF)").click()
    assert (await downloading.value).suggested_filename == "MV-2025-014-review-2026-27-Q2.pdf"


async def finish_task(tom: Window, task: str) -> None:
    await tom.follow("Your contracts")
    await tom.follow("Catering")
    await tom.follow("How it is going")
    await tom.follow("The review meeting and its tasks")
    await tom.press(f"Mark as done {task}")
    await tom.sees("Done, 23 November 2026")


@pytest.mark.parametrize("screen", SCREENS, ids=str)
async def test_what_was_done_can_be_taken_back(
    browser: Browser, demonstration: Demonstration, screen: Screen, tmp_path: Path
) -> None:
    async with windows(browser, demonstration, screen) as window:
        tom, helen, amina = await window("supplier"), await window("late supplier"), await window("contract manager")
        priya, joan = await window("ICB analyst"), await window("administrator")
        await remove_activity(tom)
        await upload_workbooks(helen, tmp_path, unlikely="S1" if screen.javascript else "S3")
        await delete_draft(amina)
        await take_case_study_back(priya, "Helpdesk calls" if screen.javascript else "Hours volunteered")
        await dismiss_notice(joan, "Video Consultation" if screen.javascript else "Wavertree High Street")


async def remove_activity(tom: Window) -> None:
    await tom.follow("Activities")
    await tom.follow("S1 Hours volunteered")
    await tom.page.get_by_label("How much").fill("3")
    await tom.press("Save")
    await tom.sees("Your activity is noted.")
    await tom.follow("23 November 2026")
    await tom.page.get_by_label("Note").fill("An hour more at Kirkwood")
    await tom.press("Save")
    await tom.sees("Your change is saved.", "An hour more at Kirkwood")
    await tom.follow("23 November 2026")
    await tom.follow("Remove this activity")
    await tom.press("Remove activity")
    await tom.sees("The activity is removed.")


async def upload_workbooks(helen: Window, folder: Path, *, unlikely: str) -> None:
    """Of one return, then of everything that is due, with a figure far above all others."""
    await helen.follow("Your returns")
    await helen.follow("Community wound care")
    await helen.follow("Fill this return in a spreadsheet")
    await _send_back(helen, folder / "one.xlsx", "S1", 26)
    await helen.follow("Your returns")
    await helen.follow("in a spreadsheet")
    await _send_back(helen, folder / "due.xlsx", unlikely, 90_000)
    await helen.page.get_by_label(f"Why is the figure of {unlikely} right?").fill("A whole town took part.")
    await helen.press("Save reasons")


async def _send_back(helen: Window, path: Path, reference: str, figure: int) -> None:
    async with helen.page.expect_download() as downloading:
        await helen.page.get_by_role("button", name="Download the workbook").click()
    await (await downloading.value).save_as(path)
    book = load_workbook(path)
    lines = book["Lines"]
    [row] = [row for row in range(2, lines.max_row + 1) if lines.cell(row, 4).value == reference]
    lines[f"H{row}"] = figure
    book.save(path)
    await helen.page.locator("input[type=file]").set_input_files(path)
    await helen.press("Upload")
    await helen.sees("Workbook saved")


async def delete_draft(amina: Window) -> None:
    await amina.follow("Contracts")
    await amina.press("Register a contract")
    await amina.press("Start now")
    await amina.page.get_by_label("Title").fill("Linen for Kirkwood hospital")
    await amina.press("Save and come back later")
    await amina.follow("Delete")
    await amina.sees("Linen for Kirkwood hospital")
    await amina.press("Delete")


async def take_case_study_back(priya: Window, story: str) -> None:
    await priya.follow("Case studies")
    await priya.press("Find a story")
    await priya.follow(story)
    await priya.page.get_by_label("Title").fill("Calls answered by a neighbour")
    await priya.press("Mark as a case study")
    await priya.page.get_by_label("Who gave consent?").fill("Tom Adeyemi, site manager")
    await priya.enter_date(20, 11, 2026)
    await priya.choose("In person")
    await priya.press("Record consent")
    await priya.sees("Tom Adeyemi, site manager")
    await priya.follow("Remove this case study")
    await priya.press("Remove case study")


async def dismiss_notice(joan: Window, title: str) -> None:
    await joan.follow("Notices")
    await joan.follow(title)
    await joan.follow("Dismiss it")
    await joan.page.get_by_label("Why do you dismiss it?").fill("Registered by form already.")
    await joan.press("Dismiss")
    await joan.sees("decided to register nothing of it")
