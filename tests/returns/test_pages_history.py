"""History and restatement: every version with what it changed, and a change of what was approved only with a reason."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from services.returns.actions.reviewing import approve, request_changes
from services.returns.models.decisions import Approval, ChangesWanted, ChangeWanted
from shared.access import Role
from shared.events.commitments import IcbSees
from shared.obligations import Judgement
from shared.pages.visitors import COOKIE, csrf_token
from tests.returns.builders import DEADLINES, ICB, MANAGER, OTHER_TRUST, SUPPLIER, TRUST, an_organisation
from tests.returns.conftest import Office
from tests.returns.office import BOTH, CALLS, HOURS, JULY, LIST, line
from tests.visiting import Page, Visit


async def submitted(visit: Visit) -> None:
    page = await visit.submit(await line(visit, HOURS), "Save and continue", {"figure-value": "40", "story": "Two schools"})
    page = await visit.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    await visit.submit(await visit.get(page.links["Continue to certify"]), "Certify and submit", BOTH)


async def of_line(visit: Visit, name: str, show: str = "all") -> Page:
    """The page of a line, whatever its return's status."""
    task_list = await visit.get((await visit.get(f"{LIST}?show={show}")).links["Soft services"])
    return await visit.get(task_list.links[name])


@pytest.fixture
async def in_review(two_lines: Office) -> Office:
    await submitted(await two_lines.certifier("Cleo Hart"))
    return two_lines


@pytest.fixture
async def approved(in_review: Office) -> Office:
    filed = await in_review.world.filed()
    async with in_review.world.pool.acquire() as conn, conn.transaction():
        await approve(conn, filed.return_id, Approval(judgement=Judgement.MET), by=MANAGER, at=JULY)
    return in_review


async def test_changes_requested_are_shown_on_their_line_and_answered(in_review: Office) -> None:
    filed = await in_review.world.filed()
    hours = await in_review.world.line()
    wanted = ChangesWanted(lines=(ChangeWanted(line_id=hours.line_id, reason="Say which schools"),))
    async with in_review.world.pool.acquire() as conn, conn.transaction():
        await request_changes(conn, filed.return_id, wanted, DEADLINES, by=MANAGER, at=JULY)
    editor = await in_review.editor("Ann Lee")
    task_list = await editor.get((await editor.get(LIST)).links["Soft services"])
    assert "A trust asked for changes to 1 line" in task_list.text
    page = await editor.get(task_list.links[HOURS])
    assert "Changes requested : Say which schools" in page.text
    assert "Say which schools" not in (await editor.get(task_list.links[CALLS])).text
    task_list = await editor.submit(page, "Save and come back later", {"story": "Halton High and Wirral Academy"})
    assert "1 of 1" not in task_list.text
    assert "All lines are completed" in task_list.text
    page = await editor.get((await editor.get(task_list.links[HOURS])).links["History of this line"])
    done = re.findall("(Draft saved|Changes requested|Return submitted|Return opened) 6 July", page.text)
    assert done == ["Draft saved", "Changes requested", "Return submitted", "Draft saved", "Return opened"]
    assert "“Say which schools”" in page.text
    assert "Two schools After Halton High and Wirral Academy" in page.text
    assert "by Ann Lee" in page.text


async def test_an_approved_line_is_closed_and_a_supplier_asks_for_its_change(approved: Office) -> None:
    editor = await approved.editor("Ann Lee")
    page = await of_line(editor, HOURS)
    assert "Approved" in page.text
    assert not [form for form in page.forms if "figure-value" in form.fields]
    page = await editor.get(page.links["Ask for a change of this line"])
    again = await editor.submit(page, "Send the request", {"figure-value": "45"}, expect=422)
    assert again.links["Enter the reason for the change"] == "#reason"
    assert again.form("Send the request").fields["figure-value"] == ["45"]
    page = await editor.submit(again, "Send the request", {"reason": "A school was left out"})
    assert "It waits for an answer" in page.text
    assert (await approved.world.line()).content.story == "Two schools"
    assert (await approved.world.line()).version == 4

    manager = await approved.manager()
    page = await of_line(manager, HOURS)
    listed = await manager.get(LIST)
    assert "Soft services, April to June 2026, asked for on 6 July 2026" in listed.text
    assert listed.links[HOURS] == page.links["Answer the request"]
    page = await manager.get(page.links["Answer the request"])
    assert "Approved 40 hours Asked for 45 hours" in page.text
    again = await manager.submit(page, "Send your answer", expect=422)
    assert again.links["Select whether you confirm the change"] == "#confirmed"
    again = await manager.submit(page, "Send your answer", {"confirmed": "no"}, expect=422)
    assert again.links["Say why it is declined"] == "#answer"
    page = await manager.submit(again, "Send your answer", {"confirmed": "yes"})
    assert HOURS not in (await manager.get(LIST)).links
    figure = (await approved.world.line()).figure
    assert figure is not None
    assert str(figure.value) == "45"
    page = await manager.get(page.links["History of this line"])
    assert "Restated" in page.text
    assert "“A school was left out”" in page.text


async def test_a_contract_manager_restates_at_once_and_sees_when_somebody_was_faster(approved: Office) -> None:
    manager, other = await approved.manager("Mo Khan"), await approved.manager("Di Ward")
    page = await of_line(manager, HOURS)
    mine, theirs = await manager.get(page.links["Restate this line"]), await other.get(page.links["Restate this line"])
    page = await manager.submit(mine, "Restate the line", {"figure-value": "44", "reason": "Counted again"})
    assert "44 hours" in page.text
    again = await other.submit(theirs, "Restate the line", {"figure-value": "43", "reason": "Miscounted"}, expect=422)
    assert "Somebody changed this line meanwhile" in again.text
    assert "44 hours" in again.text
    assert again.form("Restate the line").fields["figure-value"] == ["43"]
    unlikely = await other.submit(again, "Restate the line", {"figure-value": "4,300"}, expect=422)
    [said] = [words for words in unlikely.links if words.startswith("The figure is far above")]
    assert unlikely.links[said] == "#unlikely_reason"
    assert (await approved.world.line()).content.figure is not None
    await other.submit(unlikely, "Restate the line", {"reason": "x" * 4001, "figure-value": "43"}, expect=422)


async def test_the_icb_reads_why_an_approved_line_was_restated_and_nothing_of_the_talk(approved: Office) -> None:
    await approved.world.hear(an_organisation(icb_sees=IcbSees.CONTRACTS, version=2), when=JULY)
    ines = await approved.visit(Role.ICB_ANALYST, works_at=ICB, name="Ines Roy")
    path = f"/returns/lines/{(await approved.world.line()).line_id}"
    assert "What was restated" not in (await ines.get(path)).text
    manager = await approved.manager("Mo Khan")
    for hours, reason in (("44", "Counted <again>"), ("45", "A school was left out")):
        page = await manager.get((await of_line(manager, HOURS)).links["Restate this line"])
        await manager.submit(page, "Restate the line", {"figure-value": hours, "reason": reason})
    asked = await manager.get((await of_line(manager, HOURS)).links["Ask the supplier to restate this line"])
    await manager.submit(asked, "Ask the supplier", {"reason": "The register says 46"})
    page = await ines.get(path)
    told = page.text[page.text.index("What was restated") :]
    assert told.index("“A school was left out”") < told.index("“Counted <again>”"), "the latest first"
    assert "by A trust “A school was left out”" in told
    assert re.search("44 hours (After )?45 hours", told)
    assert re.search("40 hours (After )?44 hours", told)
    for between in ("Mo Khan", "The register says 46", "Changing what was approved", "History of this line"):
        assert between not in page.text
    await ines.get(f"{path}/history", expect=403)
    assert "“A school was left out”" in (await of_line(await approved.editor("Ann Lee"), HOURS)).text


async def test_a_contract_manager_asks_the_supplier_to_restate_a_line(approved: Office) -> None:
    manager, editor = await approved.manager("Mo Khan"), await approved.editor("Ann Lee")
    page = await manager.get((await of_line(manager, HOURS)).links["Ask the supplier to restate this line"])
    again = await manager.submit(page, "Ask the supplier", expect=422)
    assert again.links["Enter what the supplier should look at again"] == "#reason"
    page = await manager.submit(again, "Ask the supplier", {"reason": "The register says 45"})
    assert "Mo Khan asked the supplier on 6 July 2026 to look at this line again: “The register says 45”" in page.text
    assert "Ask the supplier to restate this line" not in page.links
    again = await manager.submit(again, "Ask the supplier", {"reason": "Once more", "key": "another"}, expect=422)
    assert "The supplier is asked to restate this line already" in again.text
    assert await told(approved) == [("return-submitted", TRUST), ("return-restatement-asked", SUPPLIER)]

    listed = await editor.get(LIST)
    assert f"{HOURS} : Soft services, April to June 2026, asked on 6 July 2026" in listed.text
    page = await editor.get(listed.links[HOURS])
    assert "“The register says 45”" in page.text
    page = await editor.get(page.links["Ask for a change of this line"])
    assert "You were asked to look at this again: “The register says 45”" in page.text
    page = await editor.submit(page, "Send the request", {"figure-value": "45", "reason": "Miscounted"})
    assert "The register says 45" not in page.text
    assert "Supplier asked to restate" in (await editor.get(page.links["History of this line"])).text
    assert HOURS not in (await editor.get(LIST)).links

    page = await manager.get((await of_line(manager, HOURS)).links["Answer the request"])
    await manager.submit(page, "Send your answer", {"confirmed": "yes"})
    assert (await told(approved))[2:] == [("return-restatement-requested", TRUST), ("return-restatement-answered", SUPPLIER)]


async def test_a_supplier_is_told_once_of_each_restatement_and_of_no_reason(approved: Office) -> None:
    manager = await approved.manager()
    page = await manager.get((await of_line(manager, HOURS)).links["Ask the supplier to restate this line"])
    await manager.submit(page, "Ask the supplier", {"reason": "The register says 45"})
    for hours in ("44", "45"):
        page = await manager.get((await of_line(manager, HOURS)).links["Restate this line"])
        for _ in range(2):  # a double click
            await manager.submit(page, "Restate the line", {"figure-value": hours, "reason": "Counted again"})
    assert (await told(approved))[2:] == [("return-restated", SUPPLIER)] * 2
    async with approved.world.pool.acquire() as conn:
        said = await conn.fetchval("SELECT string_agg(data::text, ' ') FROM notices")
    assert "Counted again" not in said
    assert "register" not in said
    assert HOURS not in (await (await approved.editor()).get(LIST)).links


async def test_only_the_buyer_asks_for_a_restatement(approved: Office) -> None:
    line_id = (await approved.world.line()).line_id
    path = f"/returns/lines/{line_id}/ask-to-restate"
    await (await approved.editor()).get(path, expect=403)
    await (await approved.visit(Role.CONTRACT_MANAGER, works_at=OTHER_TRUST)).get(path, expect=404)
    assert "Ask the supplier to restate this line" not in (await of_line(await approved.editor(), HOURS)).links


async def told(office: Office) -> list[tuple[str, UUID]]:
    """Which notices are recorded, and for whom, in order."""
    async with office.world.pool.acquire() as conn:
        found = await conn.fetch("SELECT template, organisation_ids FROM notices ORDER BY id")
    return [(one["template"], organisation) for one in found for organisation in one["organisation_ids"]]


async def test_the_history_of_a_return_names_who_did_what(approved: Office) -> None:
    editor = await approved.editor()
    task_list = await editor.get((await editor.get(f"{LIST}?show=approved")).links["Soft services"])
    page = await editor.get(task_list.links["History of this return"])
    for said in ("Return submitted", "by Cleo Hart", "Return opened", "by Parity", "Draft saved", "Approved"):
        assert said in page.text


async def test_anothers_history_is_not_there(approved: Office) -> None:
    editor, stranger = await approved.editor(), await approved.stranger()
    page = await of_line(editor, HOURS)
    for words in ("History of this line", "Ask for a change of this line"):
        await stranger.get(page.links[words], expect=404)


async def test_a_supplier_who_is_asked_again_answers_that_the_figure_is_right(approved: Office) -> None:
    manager, editor = await approved.manager("Mo Khan"), await approved.editor("Ann Lee")
    page = await manager.get((await of_line(manager, HOURS)).links["Ask the supplier to restate this line"])
    await manager.submit(page, "Ask the supplier", {"reason": "The register says 45"})
    page = await of_line(editor, HOURS)
    assert "Withdraw" not in page.html
    again = await editor.submit(page, "The figure is right", expect=422)
    assert again.links["Enter why the figure is right"] == "#right_because"
    answered = await editor.submit(again, "The figure is right", {"right_because": "Five of them were in July"})
    assert "Ann Lee answered on 6 July 2026 that the figure is right: “Five of them were in July”" in answered.text
    assert HOURS not in (await editor.get(LIST)).links
    refused = await editor.submit(again, "The figure is right", {"right_because": "Once more", "key": "another"}, expect=422)
    assert "Nobody asks the supplier to look at this line again" in refused.text
    assert (await told(approved))[2:] == [("return-figure-confirmed", TRUST)]
    assert (await approved.world.line()).version == 4

    page = await of_line(manager, HOURS)
    assert "“Five of them were in July”" in page.text
    done = await manager.get(page.links["History of this line"])
    assert "Figure said to be right" in done.text
    assert "“Five of them were in July”" in done.text
    page = await manager.get(page.links["Ask the supplier to restate this line"])
    page = await manager.submit(page, "Ask the supplier", {"reason": "Which five?"})
    assert "to look at this line again: “Which five?”" in page.text


async def test_a_contract_manager_no_longer_asks(approved: Office) -> None:
    manager, other = await approved.manager("Mo Khan"), await approved.manager("Di Ward")
    page = await manager.get((await of_line(manager, HOURS)).links["Ask the supplier to restate this line"])
    page = await manager.submit(page, "Ask the supplier", {"reason": "The register says 45"})
    assert "The figure is right" not in page.html
    theirs = await of_line(other, HOURS)
    for visit, form in ((manager, page), (other, theirs)):  # both at once
        page = await visit.submit(form, "Withdraw this")
        assert "The register says 45" not in page.text
        assert "Ask the supplier to restate this line" in page.links
    assert (await manager.get(page.links["History of this line"])).text.count("No longer asked to restate") == 1
    assert HOURS not in (await (await approved.editor()).get(LIST)).links


async def test_only_the_supplier_answers_and_only_the_buyer_withdraws(approved: Office) -> None:
    line_id = (await approved.world.line()).line_id
    editor, manager, stranger = await approved.editor(), await approved.manager(), await approved.stranger()
    page = await manager.get((await of_line(manager, HOURS)).links["Ask the supplier to restate this line"])
    await manager.submit(page, "Ask the supplier", {"reason": "The register says 45"})
    right, withdraw = (f"/returns/lines/{line_id}/{step}" for step in ("figure-is-right", "ask-to-restate/withdraw"))
    for visit, path, status in (
        (manager, right, 403),
        (stranger, right, 404),
        (editor, withdraw, 403),
        (await approved.visit(Role.CONTRACT_MANAGER, works_at=OTHER_TRUST), withdraw, 404),
    ):
        sent = {"csrf": csrf_token(visit.http.cookies[COOKIE]), "right_because": "So it is"}
        assert (await visit.http.post(path, data=sent)).status_code == status
    assert HOURS in (await editor.get(LIST)).links


async def test_a_story_that_a_supplier_tells_anew_is_judged_anew(approved: Office) -> None:
    editor, manager = await approved.editor(), await approved.manager()
    for story, judgement in (("Two schools and a college", "partly"), ("Three schools", None)):
        page = await editor.get((await of_line(editor, HOURS)).links["Ask for a change of this line"])
        await editor.submit(page, "Send the request", {"story": story, "reason": "It was left out"})
        page = await manager.get((await of_line(manager, HOURS)).links["Answer the request"])
        assert "does it meet the promise?" in page.text
        again = await manager.submit(page, "Send your answer", {"judgement": "perhaps"}, expect=422)
        assert again.links["Select how the story meets the promise"] == "#judgement"
        given = {"confirmed": "yes"} | ({"judgement": judgement} if judgement else {"judgement": ""})
        await manager.submit(again, "Send your answer", given)
        told_anew = await approved.world.line()
        assert (told_anew.content.story, told_anew.judgement) == (story, Judgement.PARTLY)
    page = await editor.get((await of_line(editor, HOURS)).links["Ask for a change of this line"])
    await editor.submit(page, "Send the request", {"figure-value": "45", "reason": "Miscounted"})
    page = await manager.get((await of_line(manager, HOURS)).links["Answer the request"])
    assert "does it meet the promise?" not in page.text
