"""Ready to certify: what a list says once nothing but a certifier is missing, and telling the certifiers."""

from __future__ import annotations

from io import BytesIO

from openpyxl import load_workbook

from services.returns.actions.reviewing import request_changes
from services.returns.actions.workbooks import save_workbook, write_one
from services.returns.models.decisions import ChangesWanted, ChangeWanted
from shared.pages.visitors import COOKIE, csrf_token
from tests.returns.builders import DEADLINES, EDITOR, MANAGER, SUPPLIER, a_contract, an_obligation, varied
from tests.returns.conftest import Office
from tests.returns.office import BOTH, CALLS, HOURS, JULY, LIST, line, opened
from tests.visiting import Page, Visit

READY = "Ready to certify"
RATIO = {"figure-numerator": "931", "figure-denominator": "980"}


async def filled(visit: Visit) -> Page:
    """The page to check everything, with both lines completed."""
    await visit.submit(await line(visit, HOURS), "Save and continue", {"figure-value": "40"})
    return await visit.submit(await line(visit, CALLS), "Save and continue", RATIO)


async def listed(visit: Visit, show: str = "") -> bool:
    return READY in (await visit.get(f"{LIST}?show={show}")).text


async def notices(office: Office) -> list[tuple[str, list[str]]]:
    async with office.world.pool.acquire() as conn:
        found = await conn.fetch("SELECT template, organisation_ids, roles FROM notices WHERE template = 'return-ready'")
    assert all(row["organisation_ids"] == [SUPPLIER] for row in found)
    return [(row["template"], row["roles"]) for row in found]


async def test_a_return_is_ready_once_every_line_is_complete_and_no_longer(two_lines: Office) -> None:
    editor, certifier = await two_lines.editor(), await two_lines.certifier()
    await editor.submit(await line(editor, HOURS), "Save and continue", {"figure-value": "40"})
    assert not await listed(certifier)
    assert READY not in (await opened(certifier)).text
    await editor.submit(await line(editor, CALLS), "Save and continue", RATIO)
    assert await listed(certifier)
    assert READY in (await opened(certifier)).text
    await editor.submit(await line(editor, CALLS), "Save and come back later", {"figure-numerator": ""})
    assert not await listed(certifier)
    page = await editor.submit(await line(editor, CALLS), "Save and continue", RATIO)
    await certifier.submit(
        await certifier.get((await certifier.get(str(page.response.url.path))).links["Continue to certify"]),
        "Certify and submit",
        BOTH,
    )
    assert not await listed(certifier, "all")


async def test_a_return_that_was_sent_back_is_ready_once_what_was_asked_for_is_changed(two_lines: Office) -> None:
    certifier = await two_lines.certifier()
    page = await filled(certifier)
    await certifier.submit(await certifier.get(page.links["Continue to certify"]), "Certify and submit", BOTH)
    hours = await two_lines.world.line()
    wanted = ChangesWanted(lines=(ChangeWanted(line_id=hours.line_id, reason="Which schools?"),))
    async with two_lines.world.pool.acquire() as conn, conn.transaction():
        back = await request_changes(conn, hours.return_id, wanted, DEADLINES, by=MANAGER, at=JULY)
    assert not back.ready
    assert not await listed(certifier)
    await certifier.submit(await line(certifier, HOURS), "Save and come back later", {"story": "Two schools"})
    assert await listed(certifier)


async def test_what_a_variation_adds_is_to_be_filled_first(two_lines: Office) -> None:
    editor = await two_lines.editor()
    await filled(editor)
    assert await listed(editor)
    await two_lines.world.hear(varied(*a_contract().obligations, an_obligation("trees")), when=JULY)
    assert not await listed(editor)


async def test_a_workbook_makes_a_return_ready(two_lines: Office) -> None:
    editor = await two_lines.editor()
    await editor.submit(await line(editor, CALLS), "Save and continue", RATIO)
    filed = await two_lines.world.filed()
    async with two_lines.world.pool.acquire() as conn, conn.transaction():
        book = load_workbook(BytesIO(await write_one(conn, filed.return_id, by=EDITOR)))
        [row] = [row for row in book["Lines"].iter_rows() if any(cell.value == "hours" for cell in row)]
        book["Lines"][f"H{row[0].row}"] = 40
        held = BytesIO()
        book.save(held)
        await save_workbook(conn, held.getvalue(), by=EDITOR, at=JULY)
    assert await listed(editor)


async def test_an_editor_tells_the_certifiers_once_for_each_version(two_lines: Office) -> None:
    editor, certifier = await two_lines.editor("Ann Lee"), await two_lines.certifier("Cleo Hart")
    page = await filled(editor)
    told = await editor.submit(page, "Tell the certifiers")
    assert "Ann Lee told Cleo Hart on 6 July 2026" in told.text
    assert "Tell the certifiers" not in told.html
    await editor.submit(page, "Tell the certifiers")  # a second click
    assert await notices(two_lines) == [("return-ready", ["supplier_certifier"])]
    assert "Tell the certifiers" not in (await certifier.get(str(page.response.url.path))).html
    assert "Certifiers told" in (await editor.get((await opened(editor)).links["History of this return"])).text

    await editor.submit(await line(editor, HOURS), "Save and come back later", {"figure-value": "41"})
    page = await editor.get(str(page.response.url.path))
    assert "Ann Lee told" not in page.text
    await editor.submit(page, "Tell the certifiers")
    assert len(await notices(two_lines)) == 2


async def test_nobody_is_told_of_a_return_that_is_not_complete_or_by_somebody_else(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await filled(editor)
    assert "Nobody in your organisation is a certifier yet" in page.text
    assert "Tell the certifiers" not in page.html
    await two_lines.certifier()
    page = await editor.get(str(page.response.url.path))
    await editor.submit(await line(editor, HOURS), "Save and come back later", {"figure-value": ""})
    assert "1 line needs more" in (await editor.submit(page, "Tell the certifiers")).text
    path = str(page.response.url.path) + "/tell-certifiers"
    for visit, status in ((await two_lines.manager(), 403), (await two_lines.stranger(), 404)):
        sent = {"csrf": csrf_token(visit.http.cookies[COOKIE])}
        assert (await visit.http.post(path, data=sent)).status_code == status
    assert await notices(two_lines) == []
