"""The review of a return: each line by itself, what is on target in one step, and nothing decided by accident."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from services.returns.actions.evidence import add_to_line
from services.returns.actions.filing import save_line, submit
from services.returns.actions.reviewing import approve
from services.returns.models.content import LineContent
from services.returns.models.decisions import Approval, Certification
from services.returns.store.files import evidence_store
from shared.access import Caller, Role
from shared.events.returns import ChangesRequested, LineApproved
from shared.obligations import Basis, Kind, Side
from tests.returns.builders import (
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    MANAGER,
    OTHER_TRUST,
    Q1,
    Q2,
    SUPPLIER,
    a_contract,
    an_obligation,
    an_organisation,
    content,
    ratio,
    terms,
)
from tests.returns.conftest import Office
from tests.returns.office import JULY
from tests.returns.test_files import PDF, PNG
from tests.visiting import Page, Visit

STORY = "Twelve visits to Halton schools"


@dataclass
class Desk:
    """A contract manager's desk with a submitted return on it."""

    office: Office
    manager: Visit
    path: str
    ids: dict[str, str]

    async def look(self) -> Page:
        return await self.manager.get(self.path)

    def chosen(self, **decisions: str) -> dict[str, str]:
        """``decision_hours="approve"`` as the form names it."""
        named = {}
        for key, said in decisions.items():
            what, _, line = key.partition("_")
            named[f"{what}-{self.ids[line]}"] = said
        return named

    async def status(self) -> dict[str, str]:
        return {line.reference: line.status.value for line in (await self.office.world.filed()).lines}


async def on_desk(
    office: Office, said: dict[str, LineContent], *, by: Caller = CERTIFIER, certified: Certification = CERTIFIED
) -> Desk:
    world = office.world
    obligations = [
        an_obligation("calls", terms(Kind.RATIO, target=95), side=Side.CORE_SERVICE),
        an_obligation(),
        an_obligation("trees", terms(target=10)),
    ]
    await world.hear(an_organisation(), a_contract(*obligations), when=JULY)
    filed = await world.filed()
    ids = {line.reference: line.line_id for line in filed.lines}
    async with world.pool.acquire() as conn, conn.transaction():
        for name, words in said.items():
            await save_line(conn, ids[name], words, by=by, at=JULY)
    async with world.pool.acquire() as conn, conn.transaction():
        await submit(conn, filed.return_id, certified, DEADLINES, by=by, at=JULY)
    named = {name: str(line_id) for name, line_id in ids.items()}
    return Desk(office, await office.manager(), f"/returns/{filed.return_id}/review", named)


EVERYTHING = {"calls": content(ratio(990, 1000)), "hours": content(60, story=STORY), "trees": content(4)}


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await on_desk(office, EVERYTHING)


async def test_a_review_shows_each_line_with_what_it_would_come_to(desk: Desk) -> None:
    page = await desk.look()
    assert "Submitted on 6 July 2026 by Somebody who has left. Review it by Monday 27 July 2026" in page.text
    assert page.text.index("990 of 1,000 (99.0 %)") < page.text.index("60 hours") < page.text.index("4 hours")
    assert "With 4 hours" not in page.text
    assert "If it is approved: 4 hours against a target of 10 hours." in page.text
    assert "With 60 hours" not in page.text
    assert STORY in page.text
    assert "Inadequate" in page.text
    headings, *rows = await desk.manager.table(page.links["CSV of all lines"])
    assert headings == ("Line", "Measure", "Side", "Reported", "Out of", "Unit", "Target", "Rating", "Status")
    assert [(row[0], *row[2:]) for row in rows] == [
        ("calls", "Core service", "990", "1000", "", "95.0 %", "Good", "To review"),
        ("hours", "Social value", "60", "", "hours", "50 hours", "Good", "To review"),
        ("trees", "Social value", "4", "", "hours", "10 hours", "Inadequate", "To review"),
    ]


async def test_one_line_counts_while_its_neighbours_wait_or_go_back(desk: Desk) -> None:
    page = await desk.look()
    chosen = desk.chosen(decision_calls="approve", decision_trees="changes", reason_trees="Which trees?", decision_hours="later")
    page = await desk.manager.submit(page, "Save decisions", chosen)
    assert "1 line approved: it counts from now on. 1 line sent back to the supplier." in page.text
    assert await desk.status() == {"calls": "approved", "hours": "submitted", "trees": "changes_requested"}
    assert [one.reference for one in await desk.office.world.told(LineApproved) if isinstance(one, LineApproved)] == ["calls"]
    assert len(await desk.office.world.told(ChangesRequested)) == 1
    assert (await desk.office.world.line("trees")).change_reason == "Which trees?"
    page = await desk.manager.submit(page, "Save decisions", desk.chosen(decision_hours="approve", judgement_hours="partly"))
    assert (await desk.office.world.line("hours")).judgement == "partly"
    assert "You asked: Which trees? See this line" in page.text
    assert "whatever becomes of the other lines. See this line" in page.text
    assert "Nothing waits for you" in page.text


async def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(desk: Desk) -> None:
    page = await desk.look()
    chosen = desk.chosen(decision_calls="approve", decision_hours="approve", decision_trees="changes")
    again = await desk.manager.submit(page, "Save decisions", chosen, expect=422)
    assert again.title.startswith("Error: ")
    assert again.links["hours: select whether the story shows what was promised"] == f"#judgement-{desk.ids['hours']}"
    assert again.links["trees: enter what the supplier should change"] == f"#reason-{desk.ids['trees']}"
    assert {name: again.form("Save decisions").fields[name] for name in chosen} == {n: [v] for n, v in chosen.items()}
    assert set((await desk.status()).values()) == {"submitted"}
    again = await desk.manager.submit(page, "Save decisions", desk.chosen(decision_hours="later"), expect=422)
    assert "Select approve or ask for changes for at least one line" in again.links
    long = desk.chosen(decision_trees="changes", reason_trees="x" * 4001)
    again = await desk.manager.submit(page, "Save decisions", long, expect=422)
    assert "trees: reason must be 4,000 characters or fewer" in again.links


async def test_a_story_can_be_judged_before_anything_is_decided(desk: Desk) -> None:
    page = await desk.manager.submit(await desk.look(), "Save decisions", desk.chosen(judgement_hours="not_met"))
    assert (await desk.office.world.line("hours")).judgement == "not_met"
    assert page.form("Save decisions").fields[f"judgement-{desk.ids['hours']}"] == ["not_met"]
    assert (await desk.status())["hours"] == "submitted"


async def test_what_is_on_target_is_approved_in_one_step_after_a_look(desk: Desk) -> None:
    page = await desk.manager.get((await desk.look()).links["Look at the 2 lines on target and approve them"])
    assert "This approves 2 lines, and no other" in page.text
    assert STORY in page.text
    assert "trees" not in page.text
    again = await desk.manager.submit(page, "Approve 2 lines", expect=422)
    assert again.links["Select whether the stories show what was promised"] == "#judgement"
    await desk.manager.submit(again, "Approve 2 lines", {"judgement": "met"})
    assert await desk.status() == {"calls": "approved", "hours": "approved", "trees": "submitted"}
    assert [(await desk.office.world.line(name)).judgement for name in ("calls", "hours")] == [None, "met"]
    page = await desk.look()
    assert not any(words.startswith("Look at the") for words in page.links)


async def test_an_unlikely_figure_is_looked_at_by_itself(office: Office) -> None:
    unlikely = content(400, unlikely_reason="All schools took part")
    desk = await on_desk(office, {**EVERYTHING, "hours": unlikely})
    page = await desk.look()
    assert "The figure is far above the quarter's target" in page.text
    assert "The supplier says why the figure is right: All schools took part" in page.text
    page = await desk.manager.get(page.links["Look at the 1 line on target and approve it"])
    assert "This approves 1 line" in page.text


async def test_a_second_look_is_taken_where_somebody_else_decided_meanwhile(desk: Desk) -> None:
    page = await desk.look()
    step = await desk.manager.get(page.links["Look at the 2 lines on target and approve them"])
    other = await desk.office.manager("Bea Long")
    await other.submit(await other.get(desk.path), "Save decisions", desk.chosen(decision_calls="approve"))
    again = await desk.manager.submit(
        page, "Save decisions", desk.chosen(decision_trees="changes", reason_trees="Which?"), expect=422
    )
    assert "Somebody changed this return after you opened it" in again.text
    assert again.form("Save decisions").fields[f"reason-{desk.ids['trees']}"] == ["Which?"]
    refused = await desk.manager.submit(step, "Approve 2 lines", {"judgement": "met"}, expect=422)
    assert "This approves 1 line, and no other" in refused.text
    assert (await desk.status())["hours"] == "submitted"
    await desk.manager.submit(again, "Save decisions")
    assert (await desk.status())["trees"] == "changes_requested"


async def test_the_same_decisions_sent_twice_are_taken_once(desk: Desk) -> None:
    page = await desk.look()
    for _ in range(2):
        await desk.manager.submit(page, "Save decisions", desk.chosen(decision_calls="approve"))
    assert len(await desk.office.world.told(LineApproved)) == 1


async def test_what_was_filed_in_the_suppliers_place_is_marked(office: Office) -> None:
    certified = Certification(**{**CERTIFIED.model_dump(), "on_behalf_because": "Their system is down"})
    desk = await on_desk(office, EVERYTHING, by=MANAGER, certified=certified)
    page = await desk.look()
    assert "Filed in the supplier's place" in page.text
    assert "submitted this for A supplier. Their system is down" in page.text


async def test_evidence_opens_in_the_page_where_that_is_safe(desk: Desk) -> None:
    world, settings = desk.office.world, desk.office.runtime.settings
    line = await world.line("hours")
    for name, body in (("photo.png", PNG), ("register.pdf", PDF), ("notes.txt", b"plain")):
        async with world.pool.acquire() as conn, conn.transaction():
            await add_to_line(
                conn,
                evidence_store(settings.evidence),
                line.line_id,
                name=name,
                content=body,
                largest=100_000,
                by=CERTIFIER,
                at=JULY,
            )
    page = await desk.look()
    assert "Show photo.png here" in page.text
    assert f'<img class="nhsuk-image__img" src="{page.links["photo.png"]}"' in page.html
    assert "notes.txt" in page.links
    assert "Show register.pdf here" not in page.text
    assert (await desk.manager.http.get(page.links["photo.png"])).content == PNG


async def test_the_quarters_before_stand_beside_the_figure(office: Office) -> None:
    over_the_year = an_obligation("hours", terms().model_copy(update={"basis": Basis.YEAR}))
    await office.world.hear(an_organisation(), a_contract(over_the_year), when=JULY.replace(month=10, day=5))
    for quarter, hours in ((Q1, 35), (Q2, 60)):
        filed = await office.world.filed(quarter)
        async with office.world.pool.acquire() as conn, conn.transaction():
            await save_line(conn, filed.lines[0].line_id, content(hours), by=CERTIFIER, at=JULY)
            await submit(conn, filed.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=JULY)
            if quarter == Q1:
                await approve(conn, filed.return_id, Approval(), by=MANAGER, at=JULY)
    page = await (await office.manager()).get(f"/returns/{filed.return_id}/review")
    assert "Quarter April to June 2026 Target 50 hours Reported 35 hours Rating Requires improvement" in page.text
    assert "If it is approved, with 60 hours in this quarter, the financial year so far comes to 95 hours" in page.text
    line = await (await office.editor()).get(f"/returns/lines/{filed.lines[0].line_id}")
    assert "Approved in earlier quarters of the financial year 35 hours of 50 hours" in line.text


async def test_who_does_not_review_it_does_not_find_it(desk: Desk) -> None:
    for visit in (
        await desk.office.visit(Role.CONTRACT_MANAGER, works_at=OTHER_TRUST),
        await desk.office.visit(Role.CONTRACT_MANAGER, works_at=SUPPLIER),
    ):
        for path in (desk.path, f"{desk.path}/on-target", f"{desk.path}/download?file=csv"):
            await visit.get(path, expect=404)
    await (await desk.office.certifier()).get(desk.path, expect=403)
    await Visit.nobody(desk.office.runtime).get(desk.path, expect=303)
