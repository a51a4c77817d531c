"""Lists of returns: what waits for whom, found by contract and quarter, page by page; and a contract's own."""

from __future__ import annotations

from datetime import date

from services.returns.actions.filing import save_line, submit
from services.returns.actions.reviewing import approve, request_changes
from services.returns.models.decisions import Approval, ChangesWanted, ChangeWanted
from shared.access import Role
from shared.events.commitments import IcbSees
from tests.returns.builders import (
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    ICB,
    MANAGER,
    OTHER_SUPPLIER,
    OTHER_TRUST,
    Q1,
    Q2,
    SUPPLIER,
    a_contract,
    an_organisation,
    at,
    content,
    contract_id,
)
from tests.returns.conftest import Office, World
from tests.returns.office import JULY, LIST

OCTOBER = at(date(2026, 10, 5))


async def submitted(world: World, reference: str) -> None:
    filed = await world.filed(reference=reference)
    async with world.pool.acquire() as conn, conn.transaction():
        for line in filed.lines:
            await save_line(conn, line.line_id, content(40), by=CERTIFIER, at=JULY)
        await submit(conn, filed.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=JULY)


async def test_a_contract_manager_sees_what_waits_for_a_review_first(office: Office) -> None:
    await office.world.hear(
        a_contract(reference="C-1", title="Cleaning"), a_contract(reference="C-2", title="Laundry"), when=JULY
    )
    await submitted(office.world, "C-2")
    manager = await office.manager()
    page = await manager.get(LIST)
    assert "Laundry" in page.links
    assert "Cleaning" not in page.links
    assert "Review due Monday 27 July 2026" in page.text
    page = await manager.get(page.links["With the supplier"])
    assert "Cleaning" in page.links
    assert "Laundry" not in page.links
    page = await manager.get(page.links["All"])
    assert {"Cleaning", "Laundry"} <= page.links.keys()


async def test_a_list_is_taken_away_whole_as_it_is_narrowed(office: Office) -> None:
    await office.world.hear(
        *(a_contract(reference=f"C-{number:02}", title="Cleaning") for number in range(27)),
        a_contract(reference="=L-1", title="Laundry"),
        when=JULY,
    )
    await submitted(office.world, "=L-1")
    manager = await office.manager()
    page = await manager.get(f"{LIST}?show=open")
    assert "Next page" in page.links
    headings, *rows = await manager.table(page.links["XLSX of the returns"])
    assert headings[:5] == ("Contract reference", "Contract", "Quarter", "Status", "Due on")
    assert sorted(row[0] for row in rows) == [f"C-{number:02}" for number in range(27)]
    assert {row[1:4] for row in rows} == {("Cleaning", str(Q1), "Open")}
    found = await manager.get(f"{LIST}?show=all&words=laundry")
    [_, row] = await manager.table(found.links["CSV of the returns"])
    assert row[:4] == ("'=L-1", "Laundry", str(Q1), "In review")
    assert row[5:7] == (JULY.date().isoformat(), "2026-07-27")
    assert row[8:] == ("1", "0", "1", "0")
    editor = await office.editor()
    assert len(await editor.table((await editor.get(f"{LIST}?show=in-review")).links["CSV of the returns"])) == 2
    yours = await editor.get("/returns/yours?show=all")
    assert len(await editor.table(yours.links["CSV of the returns"])) == 29
    stranger = await office.visit(Role.CONTRACT_MANAGER, works_at=OTHER_TRUST)
    assert len(await stranger.table("/returns/download?show=all&file=csv")) == 1, "the headings only"


async def test_who_buys_and_supplies_finds_the_returns_of_each_side_apart(office: Office) -> None:
    await office.world.hear(
        a_contract(reference="C-1", title="Bought", buyer=SUPPLIER, supplier=OTHER_SUPPLIER),
        a_contract(reference="C-2", title="Supplied"),
        when=JULY,
    )
    both = await office.visit(Role.CONTRACT_MANAGER, Role.SUPPLIER_EDITOR, works_at=SUPPLIER)
    bought = await both.get(f"{LIST}?show=all")
    assert "Bought" in bought.links
    assert "Supplied" not in bought.links
    yours = await both.get(bought.links["Your returns"])
    assert yours.title == "Your returns – Parity"
    assert "Supplied" in yours.links
    assert "Bought" not in yours.links
    everything = await both.get(yours.links["All"])
    assert everything.title == yours.title, "it stays on the supplier's side"
    found = await both.get(f"{everything.form('Find').action}?show=all&words=supplied")
    assert "Supplied" in found.links
    filed = await both.get(found.links["Supplied"])
    assert filed.links["Back to returns"] == "/returns/yours"
    filed = await both.get(bought.links["Bought"])
    assert filed.links["Back to returns"] == "/returns/"
    await (await office.manager()).get("/returns/yours", expect=403)


async def test_overdue_returns_are_told_apart(office: Office) -> None:
    await office.world.hear(a_contract(), when=Q1.next().first_day)
    manager = await office.manager()
    assert "No return is overdue" in (await manager.get(f"{LIST}?show=overdue")).text
    office.runtime.clock.advance(OCTOBER)  # type: ignore[attr-defined]
    page = await manager.get(f"{LIST}?show=overdue")
    assert "Soft services" in page.links
    assert "Overdue" in page.text


async def test_a_return_that_was_sent_back_says_by_when_it_is_sent_again(office: Office) -> None:
    await office.world.hear(a_contract(), when=JULY)
    await submitted(office.world, "C-1")
    line = await office.world.line()
    wanted = ChangesWanted(lines=(ChangeWanted(line_id=line.line_id, reason="Which schools?"),))
    async with office.world.pool.acquire() as conn, conn.transaction():
        await request_changes(conn, line.return_id, wanted, DEADLINES, by=MANAGER, at=JULY)
    editor, manager = await office.editor(), await office.manager()
    page = await editor.get(LIST)
    assert "Due Send again by Monday 20 July 2026" in page.text
    assert "Changes requested" in page.text
    page = await editor.get(page.links["Soft services"])
    assert "Sent back on Monday 6 July 2026: send it again by Monday 20 July 2026 ." in page.text
    office.runtime.clock.advance(at(date(2026, 7, 20)))  # type: ignore[attr-defined]
    assert "No return is overdue" in (await manager.get(f"{LIST}?show=overdue")).text
    office.runtime.clock.advance(at(date(2026, 7, 21)))  # type: ignore[attr-defined]
    page = await manager.get(f"{LIST}?show=overdue")
    assert "Send again by Monday 20 July 2026" in page.text
    assert "Status Overdue" in page.text
    page = await editor.get((await editor.get(LIST)).links["Soft services"])
    assert "Overdue Sent back on Monday 6 July 2026" in page.text


async def test_a_return_is_found_by_contract_and_quarter(office: Office) -> None:
    await office.world.hear(
        a_contract(reference="C-1", title="Cleaning"), a_contract(reference="C-2", title="Laundry_100%"), when=OCTOBER
    )
    office.runtime.clock.advance(OCTOBER)  # type: ignore[attr-defined]
    editor = await office.editor()
    page = await editor.get(LIST)
    assert page.text.count("April to June 2026") >= 2
    found = await editor.get(f"{LIST}?show=to-do&words=dry_100%25&quarter={Q2.code}")
    assert "Laundry_100%" in found.links
    assert "Cleaning" not in found.links
    assert found.text.count("Laundry_100%") == 1
    assert "No return here fits" in (await editor.get(f"{LIST}?words=nothing")).text
    await editor.get(f"{LIST}?quarter=never&words=%00")


async def test_a_long_list_goes_on_on_the_next_page(office: Office) -> None:
    names = [f"C-{number:02}" for number in range(30)]
    await office.world.hear(*(a_contract(reference=name, title=f"Title {name}") for name in names), when=JULY)
    editor = await office.editor()
    first = await editor.get(LIST)
    second = await editor.get(first.links["Next page"])
    shown = [{words for words in page.links if words.startswith("Title")} for page in (first, second)]
    assert [len(one) for one in shown] == [25, 5]
    assert not shown[0] & shown[1]
    await editor.get(f"{LIST}?cursor=nonsense", expect=400)


async def test_a_contracts_returns_are_a_tab_of_the_contract(office: Office) -> None:
    await office.world.hear(an_organisation(icb_sees=IcbSees.CONTRACTS), a_contract(), when=OCTOBER)
    path = f"/returns/contracts/{contract_id()}"
    for visit, back in ((await office.editor(), "/contracts/yours"), (await office.manager(), "/contracts")):
        page = await visit.get(path)
        assert page.links["Back to contracts"] == f"/commitments{back}"
        assert page.links["What was promised"] == f"/commitments/contracts/{contract_id()}"
        assert [words for words in page.links if "2026-27" in words] == [
            "April to June 2026 (2026-27 Q1)",
            "July to September 2026 (2026-27 Q2)",
        ]
        taken = page.links["XLSX of the returns"]
        assert [row[:3] for row in (await visit.table(taken))[1:]] == [("C-1", "Soft services", str(one)) for one in (Q1, Q2)]
    for one in (path, taken):
        await (await office.stranger()).get(one, expect=404)
        await (await office.visit(Role.CONTRACT_MANAGER, works_at=OTHER_TRUST)).get(one, expect=404)
    await submitted(office.world, "C-1")
    filed = await office.world.filed()
    async with office.world.pool.acquire() as conn, conn.transaction():
        await approve(conn, filed.return_id, Approval(), by=MANAGER, at=JULY)
    analyst = await office.visit(Role.ICB_ANALYST, works_at=ICB)
    page = await analyst.get(path)
    assert [words for words in page.links if "2026-27" in words] == ["April to June 2026 (2026-27 Q1)"]
    assert [row[2:4] for row in (await analyst.table(taken))[1:]] == [(str(Q1), "Approved")]
    page = await analyst.get(page.links["April to June 2026 (2026-27 Q1)"])
    line = await analyst.get(page.links["hours Staff hours on school and college visits"])
    assert "Upload" not in line.text
    assert "History of this line" not in line.links
