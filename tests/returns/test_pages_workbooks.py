"""Returns by spreadsheet in the browser: all of it or nothing, each cell named, what looks unlikely confirmed with a reason."""

from __future__ import annotations

import base64
import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from services.returns.models.content import LineContent
from services.returns.pages.workbook_faults import as_csv
from shared.access import Role
from shared.errors import FieldError
from shared.spreadsheets import Fault, faults
from tests.returns.builders import (
    OTHER_SUPPLIER,
    OTHER_TRUST,
    SUPPLIER,
    a_contract,
    an_obligation,
    an_organisation,
    ratio,
    terms,
    value,
)
from tests.returns.conftest import Office
from tests.returns.office import JULY, LIST, line, opened
from tests.returns.test_files import HTML, packed
from tests.returns.test_workbooks import edited, typed
from tests.shared.test_spreadsheets import LOCKED, bomb
from tests.visiting import Page, Visit

DUE = "/returns/workbook"
HOURS = "hours Staff hours on school and college visits"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def one_return(visit: Visit) -> Page:
    return await visit.get((await opened(visit)).links["Fill this return in a spreadsheet"])


async def download(visit: Visit, page: Page) -> bytes:
    response = await visit.http.get(page.links["Download the workbook"])
    assert response.headers["content-type"] == XLSX
    assert response.headers["content-disposition"].startswith("attachment;")
    return response.content


async def upload(visit: Visit, page: Page, content: bytes, name: str = "return.xlsx", expect: int = 303) -> Page:
    return await visit.submit(page, "Upload", files=[("file", (name, content, XLSX))], expect=expect)


def cells_of(book: bytes, **figures: Any) -> dict[str, Any]:
    """``hours=40`` as a cell of the sheet Lines; a ratio as two."""
    lines = load_workbook(BytesIO(book))["Lines"]
    rows = {lines.cell(row, 4).value: row for row in range(2, lines.max_row + 1)}
    found: dict[str, Any] = {}
    for name, said in figures.items():
        if isinstance(said, tuple):
            found |= {f"I{rows[name]}": said[0], f"J{rows[name]}": said[1]}
        else:
            found[f"H{rows[name]}"] = said
    return found


async def test_a_return_is_downloaded_filled_and_sent_back(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await one_return(editor)
    book = await download(editor, page)
    page = await upload(editor, page, typed(book, **cells_of(book, hours=40, calls=(931, 980))))
    assert "2 lines are saved as a draft" in page.text
    assert "Everything is complete" in page.text
    assert (await two_lines.world.line()).content.figure == value(40)
    assert (await two_lines.world.line("calls")).content.figure == ratio(931, 980)
    assert "931 of 980" in (await editor.get(page.links["Check your answers"])).text


async def test_everything_that_is_due_in_one_workbook(two_lines: Office) -> None:
    await two_lines.world.hear(a_contract(an_obligation(reference="C-2"), reference="C-2", title="Grounds"), when=JULY)
    editor = await two_lines.editor()
    page = await editor.get((await editor.get(LIST)).links["fill everything that is due in a spreadsheet"])
    book = await download(editor, page)
    lines = load_workbook(BytesIO(book))["Lines"]
    [row] = [row for row in range(2, lines.max_row + 1) if lines.cell(row, 2).value == "C-2"]
    page = await upload(editor, page, typed(book, **{f"H{row}": 12}))
    assert "1 line is saved as a draft. 2 lines stood like that already" in page.text
    assert "Every return that was begun is complete" in page.text
    assert (await two_lines.world.line(reference="C-2")).content.figure == value(12)


async def test_cells_at_fault_are_named_and_nothing_is_saved(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await one_return(editor)
    book = await download(editor, page)
    wrong = cells_of(book, hours=40, calls=("many", "more"))
    again = await upload(editor, page, typed(book, **wrong), expect=422)
    assert again.links["Nothing was saved. Correct 2 cells in the workbook, then upload it again"] == "#faults"
    both = ", ".join(cell for cell in wrong if cell[0] in "IJ")
    assert f"Tab Lines Cells {both} What to do Enter a number" in again.text
    listed = base64.b64decode(again.links["download this list cell by cell (CSV)"].removeprefix("data:text/csv;base64,"))
    assert list(csv.reader(StringIO(listed.decode("utf-8-sig")))) == [
        ["Tab", "Cell", "What is wrong", "What to do"],
        *(["Lines", cell, "The cell is not a number", "Enter a number"] for cell in both.split(", ")),
    ]
    assert (await two_lines.world.line()).content == LineContent()
    await upload(editor, again, typed(book, **cells_of(book, hours=40)))
    assert (await two_lines.world.line()).content.figure == value(40)


def _not_ours() -> bytes:
    held = BytesIO()
    Workbook().save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The selected file is empty"),
        (HTML, "The selected file must be an XLSX workbook"),
        (LOCKED, "The selected file is password protected"),
        (_not_ours(), "The selected file must use the template"),
        (bomb(), "The selected file holds far more than the template"),
        (
            packed(**{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "", "xl/vbaProject.bin": ""}),
            "The selected file contains macros",
        ),
    ],
    ids=["empty", "a page", "locked", "another workbook", "bomb", "macros"],
)
async def test_a_file_that_is_no_workbook_of_ours(two_lines: Office, content: bytes, said: str) -> None:
    editor = await two_lines.editor()
    again = await upload(editor, await editor.get(DUE), content, expect=422)
    [shown] = [words for words in again.links if words.startswith(said)]
    assert again.links[shown] == "#file"


async def test_no_file_and_one_that_is_too_large(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await editor.get(DUE)
    again = await upload(editor, page, b"", name="", expect=422)
    assert again.links["Select a workbook"] == "#file"
    object.__setattr__(two_lines.runtime.settings, "upload_max_bytes", 1024)
    again = await upload(editor, page, b"x" * 1025, expect=422)
    assert again.links["The selected file must be smaller than 1KB"] == "#file"


async def test_somebody_changed_the_draft_meanwhile(two_lines: Office) -> None:
    editor, other = await two_lines.editor(), await two_lines.editor("Ann Lee")
    page = await one_return(editor)
    book = await download(editor, page)
    await other.submit(await line(other, HOURS), "Save and come back later", {"figure-value": "7"})
    again = await upload(editor, page, typed(book, **cells_of(book, hours=40, calls=(931, 980))), expect=422)
    assert "This line has changed since the workbook was written: download it again" in again.text
    assert (await two_lines.world.line()).content.figure == value(7)
    assert (await two_lines.world.line("calls")).content == LineContent()


async def test_what_looks_unlikely_is_confirmed_with_a_reason(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await one_return(editor)
    book = await download(editor, page)
    page = await upload(editor, page, typed(book, **cells_of(book, hours=400, calls=(931, 980))))
    assert "2 lines are saved" in page.text
    assert "400 hours, target 50 hours. The figure is far above the quarter's target" in page.text
    again = await editor.submit(page, "Save reasons", expect=422)
    line_id = (await two_lines.world.line()).line_id
    assert again.links["Enter why a figure is right, or correct it on its line"] == f"#reason-{line_id}"
    again = await editor.submit(again, "Save reasons", {f"reason-{line_id}": "x" * 4001}, expect=422)
    assert again.form("Save reasons").fields[f"reason-{line_id}"] == ["x" * 4001]
    page = await editor.submit(again, "Save reasons", {f"reason-{line_id}": "All schools took part"})
    assert "Everything is complete" in page.text
    assert (await two_lines.world.line()).content.unlikely_reason == "All schools took part"


async def test_a_reason_is_not_given_to_another_figure(two_lines: Office) -> None:
    editor, other = await two_lines.editor(), await two_lines.editor("Ann Lee")
    page = await one_return(editor)
    book = await download(editor, page)
    page = await upload(editor, page, typed(book, **cells_of(book, hours=400, calls=(931, 980))))
    await other.submit(await line(other, HOURS), "Save and come back later", {"figure-value": "500"})
    reason = f"reason-{(await two_lines.world.line()).line_id}"
    again = await editor.submit(page, "Save reasons", {reason: "All schools took part"}, expect=422)
    assert again.links["hours has changed since you opened this page: look at the figure, then save again"] == f"#{reason}"
    assert (await two_lines.world.line()).content.unlikely_reason is None


async def test_a_contract_manager_uploads_a_monthly_sheet_in_the_suppliers_place(office: Office) -> None:
    await office.world.hear(an_organisation(), a_contract(an_obligation(in_force=terms(monthly=True))), when=JULY)
    manager = await office.manager()
    filed = await office.world.filed()
    page = await manager.get(f"/returns/{filed.return_id}/workbook")
    assert "in the supplier's place" in page.text
    book = await download(manager, page)

    def fill(opened_book: Any) -> None:
        for row, hours in zip((2, 3, 4), (10, 20, 15), strict=True):
            opened_book["Months"][f"D{row}"] = hours

    await upload(manager, page, edited(book, fill))
    saved = await office.world.line()
    assert saved.content.months == (value(10), value(20), value(15))
    assert saved.saved_by == manager.person_id


def test_a_list_of_what_to_correct_runs_nothing_in_a_spreadsheet() -> None:
    listed = as_csv([FieldError("=cmd!A1", "=1+1", "stale"), FieldError("Lines!B2", "Enter one figure", "never heard of")])
    assert list(csv.reader(StringIO(listed.decode("utf-8-sig"))))[1:] == [
        ["'=cmd", "A1", "The line has changed since the workbook was written", "'=1+1"],
        ["Lines", "B2", "What the cell says cannot be used", "Enter one figure"],
    ]


async def test_a_contract_manager_downloads_what_is_due_from_one_supplier(two_lines: Office) -> None:
    other = an_organisation(OTHER_SUPPLIER).model_copy(update={"name": "Another supplier"})
    manager = await two_lines.manager()
    page = await manager.get((await manager.get(LIST)).links["upload a spreadsheet in its place"])
    assert "All suppliers" not in page.text
    grounds = a_contract(an_obligation(reference="C-2"), reference="C-2", title="Grounds", supplier=OTHER_SUPPLIER)
    await two_lines.world.hear(an_organisation(SUPPLIER).model_copy(update={"name": "A supplier"}), other, grounds, when=JULY)
    page = await manager.get(DUE)
    assert "Supplier All suppliers A supplier Another supplier" in page.text
    form = page.form("Download the workbook")

    async def contracts(supplier: object) -> set[Any]:
        response = await manager.http.get(form.action, params={"supplier": str(supplier)})
        lines = load_workbook(BytesIO(response.content))["Lines"]
        return {lines.cell(row, 2).value for row in range(2, lines.max_row + 1)}

    assert await contracts("") == {"C-1", "C-2"}
    assert await contracts(SUPPLIER) == {"C-1"}
    assert await contracts(OTHER_SUPPLIER) == {"C-2"}
    await manager.get(f"{form.action}?supplier={OTHER_TRUST}", expect=404)
    assert "All suppliers" not in (await (await two_lines.editor()).get(DUE)).text


async def test_what_is_still_needed_is_of_the_supplier_whose_workbook_it_was(two_lines: Office) -> None:
    editor, manager = await two_lines.editor(), await two_lines.manager()
    await editor.submit(await line(editor, HOURS), "Save and come back later", {"figure-value": "7"})
    grounds = a_contract(an_obligation(reference="C-2"), reference="C-2", title="Grounds", supplier=OTHER_SUPPLIER)
    await two_lines.world.hear(grounds, when=JULY)
    two = [an_organisation(SUPPLIER), an_organisation(OTHER_SUPPLIER).model_copy(update={"name": "Another supplier"})]
    await two_lines.world.hear(*two, when=JULY)

    async def fill(supplier: object, hours: int) -> Page:
        book = (await manager.http.get(f"{DUE}/download", params={"supplier": str(supplier)})).content
        lines = load_workbook(BytesIO(book))["Lines"]
        [row] = [row for row in range(2, lines.max_row + 1) if lines.cell(row, 2).value == "C-2"]
        return await upload(manager, await manager.get(DUE), typed(book, **{f"H{row}": hours}))

    of_one = await fill(OTHER_SUPPLIER, 12)
    assert "1 line is saved as a draft" in of_one.text
    assert "Every return that was begun is complete" in of_one.text
    of_both = await fill("", 13)
    assert "Still needed before you can submit C-1" in of_both.text


async def test_who_may_not_fill_it_does_not_find_it(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await one_return(editor)
    book = await download(editor, page)
    stranger = await two_lines.stranger()
    for path in ("", "/download", "/saved"):
        await stranger.get(f"{page.response.url}{path}", expect=404)
    assert "Download the workbook" not in (await stranger.get(DUE)).links
    again = await stranger.get(f"{DUE}/download", expect=422)
    assert "Nothing waits for the supplier here" in again.text
    again = await upload(stranger, again, typed(book, **cells_of(book, hours=40)), expect=422)
    assert "Nothing is owed here any more" in again.text
    await (await two_lines.visit(Role.ICB_ANALYST)).get(DUE, expect=403)


def test_the_same_fault_is_said_once_with_all_its_cells() -> None:
    said = [("Lines!H10", "a"), ("Months!D3", "a"), ("Lines!H9", "a"), ("Lines!AA9", "a"), ("Lines!B2", "b"), ("Lines!H9", "a")]
    assert faults(FieldError(pointer, detail) for pointer, detail in said) == [
        Fault("Lines", ("B2",), "b"),
        Fault("Lines", ("H9", "AA9", "H10"), "a"),
        Fault("Months", ("D3",), "a"),
    ]
