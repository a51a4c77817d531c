"""The pages of a supplier: from the list to the confirmation, with nothing typed ever lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.returns.actions.filing import save_line, submit
from services.returns.actions.reviewing import approve
from services.returns.models.decisions import Approval
from shared.access import Role
from shared.obligations import Judgement
from tests.returns.builders import (
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    MANAGER,
    OTHER_SUPPLIER,
    a_contract,
    an_organisation,
    content,
)
from tests.returns.conftest import Office
from tests.returns.office import BOTH, CALLS, HOURS, JULY, LIST, line, opened
from tests.visiting import Visit


async def test_a_return_from_the_list_to_the_confirmation(two_lines: Office) -> None:
    certifier = await two_lines.certifier()
    task_list = await opened(certifier)
    assert "0 of 2 lines completed" in task_list.text
    assert task_list.text.index(CALLS) < task_list.text.index(HOURS)  # the contract's order, BOTH sides
    page = await certifier.get(task_list.links[CALLS])
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    assert HOURS in page.title
    page = await certifier.submit(page, "Save and continue", {"figure-value": "1,040", "story": "Two schools"}, expect=422)
    assert "This figure looks unlikely" in page.text
    assert "The figure is far above the quarter's target. Correct it, or say why it is right." in page.text
    page = await certifier.submit(page, "Save and continue", {"figure-value": "40"})
    assert page.title.startswith("Check your answers before you submit the return")
    assert "Figure 931 of 980 (95.0 %)" in page.text
    assert page.links["Change figure of calls"].endswith("#figure")
    page = await certifier.get(page.links["Continue to certify"])
    refused = await certifier.submit(page, "Certify and submit", {"only_what_was_promised": "true"}, expect=422)
    assert refused.links["Select the statement on this contract and quarter, or go back and correct the return"]
    page = await certifier.submit(refused, "Certify and submit", BOTH)
    assert "Return submitted" in page.text
    assert "What happens next" in page.text
    assert "A trust reviews each line by Monday 27 July 2026" in page.text
    filed = await two_lines.world.filed()
    assert (filed.status, filed.submitted_by, filed.on_behalf) == ("submitted", certifier.person_id, False)
    assert [str(one.figure.value or one.figure.numerator) for one in filed.lines if one.figure] == ["931", "40"]


async def test_a_draft_is_saved_however_little_it_says(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    task_list = await editor.submit(page, "Save and come back later", {"story": "Two schools"})
    assert "In progress" in task_list.text
    page = await editor.get(task_list.links[HOURS])
    assert page.forms[0].fields["story"] == ["Two schools"]


async def test_the_task_list_says_what_each_line_reports(two_lines: Office) -> None:
    certifier = await two_lines.certifier()
    task_list = await opened(certifier)
    assert f"{CALLS} Target 95.0 % Not yet started" in task_list.text
    page = await line(certifier, CALLS)
    await certifier.submit(page, "Save and come back later", {"figure-numerator": "931"})
    assert "Entered 931 of ?. Target 95.0 % In progress" in (await opened(certifier)).text
    page = await line(certifier, CALLS)
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await certifier.submit(page, "Save and continue", {"nil_reason": "The schools were closed"})
    said = (await opened(certifier)).text
    assert "Entered 931 of 980 (95.0 %). Target 95.0 % Completed" in said
    assert "Nothing to report. Target 50 hours Completed" in said
    await certifier.submit(await certifier.get(page.links["Continue to certify"]), "Certify and submit", BOTH)
    said = (await certifier.get(task_list.response.url.path)).text
    assert "Reported 931 of 980 (95.0 %). Target 95.0 % In review" in said
    assert "Nothing to report. Target 50 hours In review" in said


async def test_what_cannot_be_read_stays_as_it_was_typed(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    said = {"figure-value": "about <b>40</b>", "story": "Two schools", "share": "250", "breakdown-0-recipient": "A school"}
    again = await editor.submit(page, "Save and come back later", said, expect=422)
    assert again.links["Enter a number, such as 1,200 or 12.5"] == "#figure-value"
    assert again.links["Enter a share above 0 and up to 100, with no more than 2 decimal places"] == "#share"
    assert again.links["Enter the figure of part 1"] == "#breakdown-0-figure-value"
    fields = again.forms[0].fields
    assert [fields[name] for name in said] == [[value] for value in said.values()]
    assert (await two_lines.world.line()).version == 1


async def test_what_is_missing_is_asked_for_and_the_draft_is_kept(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await line(editor, CALLS)
    again = await editor.submit(page, "Save and continue", {"figure-numerator": "931"}, expect=422)
    assert again.links["Enter the numerator and the denominator, or report nil with a reason"] == "#figure-numerator"
    assert "Your draft is saved" in again.text
    page = await editor.submit(again, "Save and continue", {"figure-denominator": "980"})
    assert HOURS in page.title


async def test_nothing_is_reported_with_a_reason(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    said = {"figure-value": "3", "nil_reason": "The schools were closed"}
    again = await editor.submit(page, "Save and continue", said, expect=422)
    assert again.links["Remove the figure, or remove the reason for reporting nil"] == "#nil_reason"
    await editor.submit(again, "Save and continue", {"figure-value": ""})
    assert (await two_lines.world.line()).content.nil_reason == "The schools were closed"


async def test_the_second_of_two_sees_what_changed_and_loses_nothing(two_lines: Office) -> None:
    first, second = await two_lines.editor("Ann Lee"), await two_lines.editor("Bo Grant")
    of_first, of_second = await line(first, HOURS), await line(second, HOURS)
    await first.submit(of_first, "Save and come back later", {"figure-value": "40", "story": "Two schools"})
    again = await second.submit(of_second, "Save and come back later", {"figure-value": "45", "story": "Three"}, expect=422)
    assert again.links["Ann Lee changed this line meanwhile: look at what stands now, then save again"] == "#changed"
    assert "Figure When you opened it Nothing yet Now 40 hours" in again.text
    assert "Story When you opened it Nothing Now Two schools" in again.text
    assert [again.forms[0].fields[name] for name in ("figure-value", "story")] == [["45"], ["Three"]]
    assert (await two_lines.world.line()).content.story == "Two schools"
    await second.submit(again, "Save and come back later")
    assert (await two_lines.world.line()).content.story == "Three"


async def test_what_is_typed_while_another_submits_is_not_saved_and_still_there_to_copy(two_lines: Office) -> None:
    certifier, editor = await two_lines.certifier("Cleo Hart"), await two_lines.editor()
    page = await line(certifier, CALLS)
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await certifier.submit(page, "Save and continue", {"figure-value": "40"})
    typing = await line(editor, HOURS)
    await certifier.submit(await certifier.get(page.links["Continue to certify"]), "Certify and submit", BOTH)
    again = await editor.submit(typing, "Save and continue", {"figure-value": "44", "story": "A word more"}, expect=422)
    assert "Cleo Hart changed this line meanwhile: it is with the reviewer" in again.links
    assert "What you typed, which is not saved Figure 44 hours Story A word more" in again.text
    assert (await two_lines.world.line()).content.story is None


async def test_the_same_sent_twice_is_saved_once(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    for _ in range(2):
        await editor.submit(page, "Save and come back later", {"figure-value": "40"})
    assert (await two_lines.world.line()).version == 2


async def test_a_return_that_changed_is_checked_again_before_it_is_certified(two_lines: Office) -> None:
    certifier, editor = await two_lines.certifier(), await two_lines.editor()
    page = await line(certifier, CALLS)
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await certifier.submit(page, "Save and continue", {"figure-value": "40"})
    page = await certifier.get(page.links["Continue to certify"])
    await editor.submit(await line(editor, HOURS), "Save and come back later", {"figure-value": "50"})
    again = await certifier.submit(page, "Certify and submit", BOTH, expect=422)
    assert "The return has changed since you opened this page" in again.text
    again = await certifier.submit(again, "Certify and submit", BOTH, expect=422)
    assert (await two_lines.world.filed()).status == "open"


async def test_an_editor_is_told_who_may_certify(two_lines: Office) -> None:
    editor = await two_lines.editor()
    await two_lines.certifier("Cleo Hart")
    page = await line(editor, CALLS)
    page = await editor.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await editor.submit(page, "Save and continue", {"figure-value": "40"})
    assert "Cleo Hart can certify and submit it" in page.text
    certify = str(page.response.url).replace("/check", "/certify")
    await editor.get(certify, expect=403)


async def test_a_contract_manager_submits_in_the_suppliers_place_with_a_reason(two_lines: Office) -> None:
    manager = await two_lines.manager()
    page = await manager.get("/returns/?show=open")
    page = await manager.get(page.links["Soft services"])
    page = await manager.get(page.links[CALLS])
    page = await manager.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await manager.submit(page, "Save and continue", {"figure-value": "40"})
    page = await manager.get(page.links["Continue to certify"])
    again = await manager.submit(page, "Certify and submit", BOTH, expect=422)
    assert again.links["Say why you submit in the supplier's place"] == "#on_behalf_because"
    page = await manager.submit(again, "Certify and submit", {**BOTH, "on_behalf_because": "Their system is down"})
    assert (await two_lines.world.filed()).on_behalf


async def test_anothers_return_is_not_there(two_lines: Office) -> None:
    editor = await two_lines.editor()
    task_list = await opened(editor)
    stranger = await two_lines.visit(Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER, works_at=OTHER_SUPPLIER)
    assert "Nothing waits for you" in (await stranger.get(LIST)).text
    of_line, of_return = task_list.links[HOURS], str(task_list.response.url)
    for path in (of_line, of_return, f"{of_return}/check", f"{of_return}/certify", f"{of_return}/submitted"):
        await stranger.get(path, expect=404)
    nobody = Visit.nobody(two_lines.runtime)
    await nobody.get(of_return, expect=303)
    await (await two_lines.visit(Role.OPERATOR)).get(of_return, expect=403)


@pytest.mark.parametrize("notifications", ["log", "smtp"])
async def test_mail_is_promised_only_where_it_is_sent(office: Office, notifications: str) -> None:
    settings = office.runtime.settings.model_copy(update={"notifications": notifications})
    office = Office(replace(office.runtime, settings=settings), office.commitments)
    await office.world.hear(an_organisation(), a_contract(), when=JULY)
    certifier, manager, stranger = await office.certifier(), await office.manager(), await office.stranger()
    filed = await office.world.filed()
    [owed] = filed.lines
    seen = [await stranger.get(LIST), await manager.get(f"{LIST}?show=to-review")]
    async with office.world.pool.acquire() as conn, conn.transaction():
        await save_line(conn, owed.line_id, content(40), by=CERTIFIER, at=JULY)
        await submit(conn, filed.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=JULY)
    seen.append(await certifier.get(f"/returns/{filed.return_id}/submitted"))
    async with office.world.pool.acquire() as conn, conn.transaction():
        await approve(conn, filed.return_id, Approval(judgement=Judgement.MET), by=MANAGER, at=JULY)
    seen.append(await manager.get(f"/returns/lines/{owed.line_id}/ask-to-restate"))
    for page in seen:
        assert ("we will email" in page.text.lower()) is (notifications == "smtp"), page.text
