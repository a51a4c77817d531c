"""The review meeting: its pack in both forms, the questions it asks, and the tasks that it agrees on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from docx import Document

from services.alerts.models.alerts import StoredRating
from services.alerts.models.facts import KnownObligation
from services.alerts.rules.questions import AT_MOST, Asked, changes, questions
from shared.ids import new_id
from shared.obligations import Side
from shared.ratings import Rating
from tests.alerts.builders import BUYER, OTHER_BUYER, SUPPLIER, Contract, Promised, an_organisation, at
from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, Q2, terms

CONTRACT = Contract("MV-1", (Promised("S1"), Promised("C1", Side.CORE_SERVICE, terms())))
PATH = f"/alerts/contracts/{CONTRACT.contract_id}/meetings/2026-27-Q2"
TASK = {"what": "Send the rota", "owner": "Tom, Brightwater", "due_on-day": "4", "due_on-month": "12", "due_on-year": "2026"}


@pytest.fixture
async def reported(world: World) -> None:
    await world.hear(
        (an_organisation(BUYER, name="Mersey Vale"), NOON),
        (an_organisation(SUPPLIER, name="Brightwater #1"), NOON),
        (CONTRACT.recorded(), at(date(2026, 4, 1))),
        (CONTRACT.opened(Q1), at(date(2026, 7, 1))),
        *((CONTRACT.approved(Q1, "50", name), at(date(2026, 8, 1))) for name in ("S1", "C1")),
        (CONTRACT.opened(Q2), at(date(2026, 10, 1))),
        (CONTRACT.approved(Q2, "10", "S1"), at(date(2026, 11, 1))),
        (CONTRACT.approved(Q2, "50", "C1"), at(date(2026, 11, 1))),
    )


@pytest.mark.usefixtures("reported")
class TestMeeting:
    async def test_it_says_what_changed_and_what_to_ask(self, people: People) -> None:
        page = await (await people.manager()).get(PATH)
        assert "S1 Staff hours on school and college visits: good before, now inadequate." in page.text
        assert "Delivered 60 of 100 hours (60.0 %) in 2026-27 Q1 to 2026-27 Q2: inadequate. What stood in the way" in page.text
        assert "No task is agreed yet." in page.text

    async def test_a_plan_is_asked_about_instead_of_what_it_answers(self, people: People) -> None:
        supplier = await people.supplier()
        page = await supplier.get(f"/alerts/contracts/{CONTRACT.contract_id}")
        [alert] = [href for words, href in page.links.items() if words.startswith("Shortfall: S1")]
        plan = await supplier.get(f"{alert}/plan")
        by = {"due_on-day": "31", "due_on-month": "1", "due_on-year": "2027"}
        await supplier.submit(plan, "Propose the plan", {"plan": "More visits", **by})
        page = await (await people.manager()).get(PATH)
        assert "The supplier proposes a recovery plan for S1 Staff hours on school and college visits. Is it agreed?" in page.text
        assert "What stood in the way" not in page.text

    async def test_the_pack_is_printed_and_edited(self, people: People) -> None:
        manager = await people.manager()
        await manager.submit(await manager.get(PATH), "Save the task", TASK)
        printed = (await manager.get(f"{PATH}/pack.pdf")).response
        assert printed.headers["content-disposition"] == 'attachment; filename="MV-1-review-2026-27-Q2.pdf"'
        assert printed.content.startswith(b"%PDF-")
        assert b"pdfuaid:part" in printed.content
        edited = Document(BytesIO((await manager.get(f"{PATH}/pack.docx")).response.content))
        assert [one.text for one in edited.paragraphs if one.style.name == "Heading 3"] == [
            "Core service: 100.0 %",
            "Social value: 0.0 %",
        ]
        cells = [[cell.text for cell in row.cells] for table in edited.tables for row in table.rows]
        assert ["S1 Staff hours on school and college visits", "60 hours, target 100 hours", "Inadequate"] in cells
        assert ["Send the rota", "Tom, Brightwater", "4 December 2026", "Open"] in cells
        assert any("Supplier: Brightwater #1." in one.text for one in edited.paragraphs)

    async def test_a_task_is_agreed_and_done(self, people: People) -> None:
        manager, supplier = await people.manager(), await people.supplier()
        form = await manager.get(PATH)
        missing = await manager.submit(form, "Save the task", expect=422)
        assert missing.links["Enter what will be done"] == "#what"
        long = await manager.submit(form, "Save the task", {**TASK, "what": "x" * 501, "owner": "y" * 201}, expect=422)
        assert long.links["Enter no more than 500 characters"] == "#what"
        assert long.links["Enter no more than 200 characters"] == "#owner"
        past = await manager.submit(form, "Save the task", {**TASK, "due_on-day": "4", "due_on-month": "1"}, expect=422)
        assert past.links["Enter a date that has not passed"] == "#due_on-day"
        assert past.form("Save the task").fields["owner"] == ["Tom, Brightwater"]
        never = await manager.submit(form, "Save the task", {**TASK, "due_on-year": "9999"}, expect=422)
        assert never.links["Enter a date within the next 5 years"] == "#due_on-day"
        agreed = await manager.submit(past, "Save the task", TASK)
        assert "Send the rota" in agreed.text
        assert "Friday 4 December 2026 in 9 working days" in agreed.text
        seen = await supplier.get(PATH)
        assert "Questions to ask" not in seen.text
        done = await supplier.submit(seen, "Mark as done Send the rota")
        assert "Done, 23 November 2026 Tom Adeyemi" in done.text
        twice = await manager.submit(agreed, "Mark as done Send the rota", expect=422)
        assert "Somebody has marked this task as done already" in twice.text

    async def test_what_was_marked_as_done_by_mistake_is_open_again(self, people: People) -> None:
        manager, supplier = await people.manager(), await people.supplier()
        agreed = await manager.submit(await manager.get(PATH), "Save the task", TASK)
        done = await manager.submit(agreed, "Mark as done Send the rota")
        seen = await supplier.get(PATH)
        again = await supplier.submit(seen, "Not done after all Send the rota")
        assert "Mark as done Send the rota" in again.text
        twice = await manager.submit(done, "Not done after all Send the rota", expect=422)
        assert "Somebody has said already that this task is not done" in twice.text

    async def test_a_task_is_removed_with_a_reason(self, world: World, people: People) -> None:
        manager, supplier = await people.manager(), await people.supplier()
        agreed = await manager.submit(await manager.get(PATH), "Save the task", TASK)
        form = await manager.get(agreed.links["Remove Send the rota"])
        assert "Tom, Brightwater, by 4 December 2026" in form.text
        other = await manager.get(agreed.links["Remove Send the rota"])
        missing = await manager.submit(form, "Remove the task", expect=422)
        assert missing.links["Enter why it is removed"] == "#reason"
        assert "Remove Send the rota" not in (await supplier.get(PATH)).links
        await supplier.get(agreed.links["Remove Send the rota"], expect=403)
        await (await people.manager(organisation_id=OTHER_BUYER)).get(agreed.links["Remove Send the rota"], expect=404)
        gone = await manager.submit(form, "Remove the task", {"reason": "It was written down twice"})
        assert "No task is agreed yet." in gone.text
        twice = await manager.submit(other, "Remove the task", {"reason": "It was written down twice"}, expect=409)
        assert "Somebody has removed this task already" in twice.text
        assert "Send the rota" not in (await supplier.get(PATH)).text
        row = await world.runtime.pool.fetchrow("SELECT removed_by, removed_because FROM meeting_tasks")
        assert tuple(row) == (manager.person_id, "It was written down twice")

    async def test_what_is_overdue_stands_on_today(self, world: World, people: People) -> None:
        manager = await people.manager()
        await manager.submit(await manager.get(PATH), "Save the task", TASK)
        assert "Tasks overdue" not in (await manager.get("/alerts/today")).text
        world.runtime.clock.advance(at(date(2026, 12, 9)))
        today = await manager.get("/alerts/today")
        assert "Friday 4 December 2026 3 working days late" in today.text
        assert today.links["Send the rota"] == f"{PATH}#tasks"
        assert "Send the rota" not in (await (await people.manager(organisation_id=OTHER_BUYER)).get("/alerts/today")).text
        await manager.submit(await manager.get(PATH), "Mark as done Send the rota")
        assert "Tasks overdue" not in (await manager.get("/alerts/today")).text

    async def test_an_open_task_is_carried_to_the_next_meeting(self, people: People) -> None:
        manager = await people.manager()
        before = PATH.replace("Q2", "Q1")
        await manager.submit(await manager.get(before), "Save the task", TASK)
        page = await manager.get(PATH)
        assert "Send the rota From the meeting about 2026-27 Q1" in page.text
        await manager.submit(page, "Mark as done Send the rota")
        assert "Send the rota" not in (await manager.get(PATH)).text
        assert "Send the rota" in (await manager.get(before)).text

    async def test_it_is_for_the_two_parties(self, people: People) -> None:
        stranger, supplier = await people.manager(organisation_id=OTHER_BUYER), await people.supplier()
        form = await supplier.get(PATH)
        for path in (PATH, f"{PATH}/pack.pdf"):
            await stranger.get(path, expect=404)
        await supplier.get(f"{PATH}/pack.docx", expect=403)
        await (await people.analyst()).get(PATH, expect=403)
        await (await people.manager()).get(PATH.replace("Q2", "Q4"), expect=404)
        assert "Save the task" not in form.html


def asked(name: str, rating: Rating, before: Rating | None = None, side: Side = Side.SOCIAL_VALUE) -> Asked:
    obligation = KnownObligation(new_id(), CONTRACT.contract_id, 1, name, side, None, "NT8", "Visits", "hours")
    stored = StoredRating(
        obligation.obligation_id, Q2, CONTRACT.contract_id, 1, NOON, rating, None, (), None, None, {"quarters": []}
    )
    return Asked(obligation, stored, before)


class TestQuestions:
    def test_the_worst_comes_first_whichever_side_it_is_on(self) -> None:
        shown = [
            asked("A", Rating.APPROACHING_TARGET, side=Side.SOCIAL_VALUE),
            asked("B", Rating.INADEQUATE, side=Side.CORE_SERVICE),
            asked("C", Rating.REQUIRES_IMPROVEMENT, side=Side.SOCIAL_VALUE),
        ]
        assert [words[0] for words in questions(shown, [], Q2)] == ["B", "C", "A"]
        swapped = [
            replace(one, obligation=replace(one.obligation, side=next(side for side in Side if side is not one.obligation.side)))
            for one in shown
        ]
        assert questions(swapped, [], Q2) == questions(shown, [], Q2)

    def test_success_is_asked_about_too(self) -> None:
        assert "is good again" in questions([asked("A", Rating.GOOD, Rating.INADEQUATE)], [], Q2)[0]
        assert "case study" in questions([asked("A", Rating.GOOD, Rating.GOOD)], [], Q2)[0]

    def test_an_agenda_stays_short(self) -> None:
        assert len(questions([asked(f"O{n}", Rating.INADEQUATE) for n in range(40)], [], Q2)) == AT_MOST

    def test_only_what_differs_has_changed(self) -> None:
        found = changes([asked("A", Rating.GOOD, Rating.GOOD), asked("B", Rating.GOOD), asked("C", Rating.GOOD, Rating.OTHER)])
        assert found == ["C Visits: other before, now good."]
