"""Returns as workbooks: what is written, what is read back, and errors that name the cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from services.returns.actions.filing import save_line, submit
from services.returns.actions.reviewing import approve, request_changes
from services.returns.actions.workbooks import NothingDue, save_workbook, write_due, write_one
from services.returns.models.content import LineContent
from services.returns.models.decisions import Approval, ChangesWanted, ChangeWanted
from services.returns.models.workbooks import WorkbookSaved
from services.returns.rules.workbook import OtherTemplate, content_of, read_workbook, write_workbook
from shared.access import Caller
from shared.errors import NotFound
from shared.obligations import Basis, Kind, Place, Sector
from shared.spreadsheets import CannotRead, HasMacros, Locked, NotASpreadsheet, SpreadsheetTooLarge
from tests.returns.builders import (
    ANALYST,
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    EDITOR,
    MANAGER,
    OTHER_SUPPLIER,
    Q1,
    STRANGER,
    SUPPLIER,
    TRUST,
    a_contract,
    an_obligation,
    at,
    content,
    obligation_id,
    ratio,
    terms,
    value,
)
from tests.returns.conftest import World
from tests.returns.test_files import HTML, PDF, encrypted, packed
from tests.returns.test_opening import open_return
from tests.shared.test_spreadsheets import bomb, many_members

JULY = at(date(2026, 7, 6))
KINDS = {kind.value: terms(kind) for kind in Kind} | {
    "monthly": terms(monthly=True),
    "monthly ratio": terms(Kind.RATIO, monthly=True),
}
EVERY_KIND = a_contract(*(an_obligation(name, in_force) for name, in_force in KINDS.items()))


def edited(book: bytes, edit: Callable[[Any], None]) -> bytes:
    opened = load_workbook(BytesIO(book))
    edit(opened)
    held = BytesIO()
    opened.save(held)
    return held.getvalue()


def typed(book: bytes, **cells: Any) -> bytes:
    """The same with some cells of ``Lines`` filled: ``H2=40``."""

    def fill(opened: Any) -> None:
        for address, said in cells.items():
            opened["Lines"][address] = said

    return edited(book, fill)


def test_a_workbook_locks_what_is_known_and_hides_its_ids() -> None:
    book = load_workbook(BytesIO(write_workbook([open_return(EVERY_KIND)])))
    lines = book["Lines"]
    assert book.sheetnames == ["About", "Lines", "Months", "Breakdown", "parity"]
    assert book["parity"].sheet_state == "hidden"
    assert lines.protection.sheet
    assert [lines.column_dimensions[letter].hidden for letter in "NOPQRSTU"] == [False] * 4 + [True] * 4
    assert [lines.cell(1, column).value for column in (15, 16, 17)] == [
        "What was promised",
        "Delivered so far",
        "Changes requested",
    ]
    assert [lines.column_dimensions[letter].width for letter in "OPQ"] == [60, 26, 40]
    assert not {cell.column_letter for row in lines for cell in row if not cell.protection.locked} - set("HIJKLMN")
    unlocked = {cell.coordinate for row in lines for cell in row if not cell.protection.locked}
    by_name = {lines.cell(row, 4).value: row for row in range(2, lines.max_row + 1)}
    assert unlocked & {"H1", "A2", "G2", f"H{by_name['ratio']}", f"I{by_name['flow']}", f"H{by_name['monthly']}"} == set()
    assert {f"H{by_name['flow']}", f"I{by_name['ratio']}", f"J{by_name['ratio']}", f"L{by_name['monthly']}"} <= unlocked
    assert [row[2].value for row in book["Months"].iter_rows(min_row=2, max_row=4)] == ["April 2026", "May 2026", "June 2026"]
    assert [lines.cell(row, 7).value for row in (2, 3)] == [50, 50]


def test_a_workbook_of_the_template_before_is_read_as_it_was() -> None:
    book = write_workbook([open_return(a_contract())])

    def as_before(opened: Any) -> None:
        opened["Lines"].delete_cols(15, 3)
        opened["parity"]["A1"] = "parity-returns-1"

    [row] = read_workbook(typed(edited(book, as_before), H2=40, L2="A story"))
    read, _, errors = content_of(row, terms())
    assert not errors
    assert read == content(40, story="A story")
    for wrong in (
        lambda opened: opened["Lines"].delete_cols(15, 3),
        lambda opened: opened["parity"].__setitem__("A1", "parity-returns-1"),
    ):
        with pytest.raises(OtherTemplate):
            read_workbook(edited(book, wrong))


TEXT = st.none() | st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda text: text.strip()
)
AMOUNTS = st.decimals(0, 10**9, places=2)


@st.composite
def said(draw: Any, name: str) -> LineContent:
    """Whatever a line of a kind can say."""
    kind, monthly = KINDS[name].kind, name.startswith("monthly")

    def a_figure() -> dict[str, Any]:
        if kind is Kind.RATIO:
            return {"numerator": draw(AMOUNTS), "denominator": draw(AMOUNTS)}
        return {"value": draw(st.sampled_from([0, 1])) if kind is Kind.FLAG else draw(AMOUNTS)}

    figure: dict[str, Any] = {"months": [a_figure(), None, a_figure()]} if monthly else {"figure": a_figure()}
    parts = [
        {
            "recipient": draw(TEXT),
            "sector": draw(st.sampled_from(Sector)),
            "place": draw(st.sampled_from(Place)),
            "figure": a_figure(),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    return LineContent.model_validate(
        {
            **figure,
            "story": draw(TEXT),
            "unlikely_reason": draw(TEXT),
            "share": draw(st.sampled_from(["1", "0.25"])),
            "breakdown": parts,
        }
    )


@settings(max_examples=20, deadline=None)
@given(st.fixed_dictionaries({name: said(name) for name in KINDS}))
def test_what_is_written_is_read_back_as_it_was(contents: dict[str, LineContent]) -> None:
    filed = open_return(EVERY_KIND)
    filed = filed.changed([line.model_copy(update={"content": contents[line.reference]}) for line in filed.lines])
    rows = {row.line_id: row for row in read_workbook(write_workbook([filed]))}
    assert rows.keys() == {line.line_id for line in filed.lines}
    for line in filed.lines:
        row = rows[line.line_id]
        assert (row.return_id, row.contract_id, row.version) == (filed.return_id, filed.contract_id, line.version)
        read, _, errors = content_of(row, line.terms)
        assert errors == []
        assert read == line.content


@pytest.mark.parametrize(
    ("cells", "figure"),
    [
        ({"H2": 40}, "40"),
        ({"H2": 0.1 + 0.2}, "0.3"),
        ({"H2": "1,200.50"}, "1200.5"),
        ({"H2": "£1,200"}, "1200"),
        ({"H2": " 40 "}, "40"),
        ({"H2": 1e-2}, "0.01"),
    ],
)
def test_numbers_as_people_and_spreadsheets_write_them(cells: dict[str, Any], figure: str) -> None:
    [row] = read_workbook(typed(write_workbook([open_return(a_contract())]), **cells))
    read, _, errors = content_of(row, terms())
    assert errors == []
    assert read == content(figure)


@pytest.mark.parametrize(
    ("cells", "where", "code"),
    [
        ({"H2": "forty"}, "Lines!H2", "not-a-number"),
        ({"H2": date(2026, 4, 1)}, "Lines!H2", "not-a-number"),
        ({"H2": True}, "Lines!H2", "not-a-number"),
        ({"H2": "NaN"}, "Lines!H2", "not-a-number"),
        ({"M2": "half"}, "Lines!M2", "not-a-number"),
        ({"M2": 1.5}, "Lines!M2", "value-error"),
        ({"L2": "x" * 4001}, "Lines!L2", "string-too-long"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(cells: dict[str, Any], where: str, code: str) -> None:
    [row] = read_workbook(typed(write_workbook([open_return(a_contract())]), **cells))
    read, _, errors = content_of(row, terms())
    assert read is None
    assert [(error.pointer, error.code) for error in errors] == [(where, code)]


@pytest.mark.parametrize("cells", [{"H2": "=SUM(1,2)"}, {"H2": "#DIV/0!"}, {"L2": "#N/A"}])
def test_formulas_need_a_value(cells: dict[str, Any]) -> None:
    book = write_workbook([open_return(a_contract())])
    with pytest.raises(CannotRead) as refused:
        read_workbook(typed(book, **cells))
    assert [f"Lines!{cell}" for cell in cells] == [error.pointer for error in refused.value.errors]


def test_a_percentage_is_not_taken_for_its_hundredth() -> None:
    def percentage(opened: Any) -> None:
        opened["Lines"]["H2"] = 0.95
        opened["Lines"]["H2"].number_format = "0.0%"

    with pytest.raises(CannotRead) as refused:
        read_workbook(edited(write_workbook([open_return(a_contract())]), percentage))
    assert [error.pointer for error in refused.value.errors] == ["Lines!H2"]


@pytest.mark.parametrize(("said", "counts"), [("Yes", 1), ("n", 0), (True, 1), (0, 0)])
def test_yes_and_no_as_people_write_them(said: Any, counts: int) -> None:
    in_force = terms(Kind.FLAG)
    book = write_workbook([open_return(a_contract(an_obligation(in_force=in_force)))])
    [row] = read_workbook(typed(book, H2=said))
    assert content_of(row, in_force)[0] == content(counts)
    [row] = read_workbook(typed(book, H2="perhaps"))
    assert [(error.pointer, error.code) for error in content_of(row, in_force)[2]] == [("Lines!H2", "not-yes-or-no")]


def test_rows_are_neither_added_nor_doubled() -> None:
    book = write_workbook([open_return(a_contract())])

    def add(opened: Any) -> None:
        lines = opened["Lines"]
        lines.append([cell.value for cell in lines[2]])
        lines["D4"] = "mine"
        opened["Breakdown"]["A2"] = 9
        opened["Breakdown"]["E2"] = 1

    with pytest.raises(CannotRead) as refused:
        read_workbook(edited(book, add))
    assert {error.pointer: error.code for error in refused.value.errors} == {
        "Lines!A3": "doubled-row",
        "Lines!A4": "added-row",
        "Breakdown!A2": "unknown-line",
    }


def _another_workbook() -> bytes:
    held = BytesIO()
    Workbook().save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (HTML, NotASpreadsheet),
        (PDF, NotASpreadsheet),
        (b"PK\x03\x04 nothing", NotASpreadsheet),
        (packed(**{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<broken"}), NotASpreadsheet),
        (packed(**{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "", "xl/vbaProject.bin": ""}), HasMacros),
        (_another_workbook(), OtherTemplate),
        (bomb(), SpreadsheetTooLarge),
        (many_members(), SpreadsheetTooLarge),
        (encrypted(), Locked),
    ],
)
def test_what_is_no_workbook_of_ours_is_refused(body: bytes, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        read_workbook(body)


@pytest.mark.parametrize("row", [5002, 1_048_576])
def test_more_rows_than_are_accepted(row: int) -> None:
    book = write_workbook([open_return(a_contract())])
    with pytest.raises(SpreadsheetTooLarge):
        read_workbook(edited(book, lambda opened: opened["Breakdown"].cell(row, 1, 1)))


def test_a_heading_that_was_changed_is_refused() -> None:
    with pytest.raises(OtherTemplate):
        read_workbook(typed(write_workbook([open_return(a_contract())]), H1="Value"))


def test_text_that_looks_like_a_formula_stays_text() -> None:
    filed = open_return(a_contract(an_obligation("=1+1")))
    filed = filed.changed([filed.lines[0].model_copy(update={"content": content(1, story='=HYPERLINK("http://a")')})])
    book = load_workbook(BytesIO(write_workbook([filed])))
    assert [book["Lines"][address].data_type for address in ("D2", "L2")] == ["s", "s"]


class TestSaving:
    @pytest.fixture
    async def two_due(self, world: World) -> World:
        """Two contracts of one supplier; C-1 owes hours and a ratio, C-2 hours."""
        calls = an_obligation("calls", terms(Kind.RATIO, target=95))
        other = a_contract(an_obligation(reference="C-2"), reference="C-2")
        elsewhere = a_contract(an_obligation(reference="C-3"), reference="C-3", supplier=OTHER_SUPPLIER)
        await world.hear(a_contract(an_obligation(), calls), other, elsewhere, when=JULY)
        return world

    async def written(self, world: World, by: Caller = EDITOR, **kwargs: Any) -> bytes:
        async with world.pool.acquire() as conn:
            return await write_due(conn, supplier_id=kwargs.get("supplier_id"), by=by, at=JULY)

    async def save(self, world: World, book: bytes, *, by: Caller = EDITOR, **kwargs: Any) -> WorkbookSaved:
        async with world.pool.acquire() as conn, conn.transaction():
            return await save_workbook(conn, book, by=by, at=JULY, **kwargs)

    async def test_everything_that_is_due_in_one_workbook(self, two_due: World) -> None:
        book = await self.written(two_due)
        rows = {(row.row.values[1], row.row.values[3]): row.row.number for row in read_workbook(book)}
        assert rows.keys() == {("C-1", "hours"), ("C-1", "calls"), ("C-2", "hours")}
        filled = typed(
            book,
            **{
                f"H{rows['C-1', 'hours']}": 40,
                f"I{rows['C-1', 'calls']}": 931,
                f"J{rows['C-1', 'calls']}": 980,
                f"H{rows['C-2', 'hours']}": 200,
                f"L{rows['C-2', 'hours']}": "A story",
            },
        )
        saved = await self.save(two_due, filled)
        assert (saved.saved, saved.unchanged) == (3, 0)
        assert [(error.pointer, error.code) for error in saved.warnings] == [(f"Lines!N{rows['C-2', 'hours']}", "unlikely")]
        assert (await two_due.line()).content == content(40)
        assert (await two_due.line("calls")).content == content(ratio(931, 980))
        assert (await two_due.line(reference="C-2")).content == content(200, story="A story")
        again = await self.save(two_due, filled)
        assert (again.saved, again.unchanged) == (0, 3)

    async def test_what_the_form_says_beside_the_fields_stands_in_the_workbook(self, world: World) -> None:
        october = at(date(2026, 10, 5))
        owed = an_obligation(in_force=terms().model_copy(update={"basis": Basis.YEAR}))
        worded = [version.model_copy(update={"wording": "200 hours a year with schools"}) for version in owed.versions]
        await world.hear(a_contract(owed.model_copy(update={"versions": tuple(worded)})), when=october)
        returns = [await world.filed(quarter) for quarter in (Q1, Q1.next())]
        async with world.pool.acquire() as conn, conn.transaction():
            for filed in returns:
                [line] = filed.lines
                await save_line(conn, line.line_id, content(40), by=CERTIFIER, at=october)
                await submit(conn, filed.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=october)
            await approve(conn, returns[0].return_id, Approval(), by=MANAGER, at=october)
            wanted = ChangesWanted(lines=(ChangeWanted(line_id=returns[1].lines[0].line_id, reason="=Say which schools"),))
            await request_changes(conn, returns[1].return_id, wanted, DEADLINES, by=MANAGER, at=october)
        lines = load_workbook(BytesIO(await self.written(world)))["Lines"]
        said = [lines[f"{letter}2"].value for letter in "OPQ"]
        assert said == ["200 hours a year with schools", "40 hours of 50 hours", "=Say which schools"]
        assert {lines[f"{letter}2"].data_type for letter in "OPQ"} == {"s"}

    async def test_one_bad_cell_and_nothing_is_saved(self, two_due: World) -> None:
        book = await self.written(two_due)
        rows = {(row.row.values[1], row.row.values[3]): row.row.number for row in read_workbook(book)}
        calls = rows["C-1", "calls"]
        with pytest.raises(CannotRead) as refused:
            await self.save(two_due, typed(book, **{f"H{rows['C-2', 'hours']}": 40, f"I{calls}": 981, f"J{calls}": 980}))
        assert [(error.pointer, error.code) for error in refused.value.errors] == [(f"Lines!I{calls}", "above-denominator")]
        assert (await two_due.line(reference="C-2")).content == LineContent()
        assert ("line", "saved") not in await two_due.acts()

    async def test_a_stale_workbook_is_refused(self, two_due: World) -> None:
        book = await self.written(two_due)
        async with two_due.pool.acquire() as conn, conn.transaction():
            await save_line(conn, (await two_due.line(reference="C-2")).line_id, content(7), by=CERTIFIER, at=JULY)
        rows = {(row.row.values[1], row.row.values[3]): row.row.number for row in read_workbook(book)}
        mine = rows["C-2", "hours"]
        with pytest.raises(CannotRead) as refused:
            await self.save(two_due, typed(book, **{f"H{mine}": 8}))
        assert [(error.pointer, error.code) for error in refused.value.errors] == [(f"Lines!A{mine}", "stale")]
        assert (await two_due.line(reference="C-2")).content == content(7)

    async def test_what_was_submitted_meanwhile_is_refused(self, two_due: World) -> None:
        book = await self.written(two_due)
        rows = {(row.row.values[1], row.row.values[3]): row.row.number for row in read_workbook(book)}
        line = await two_due.line(reference="C-2")
        async with two_due.pool.acquire() as conn, conn.transaction():
            await save_line(conn, line.line_id, content(7), by=CERTIFIER, at=JULY)
            await submit(conn, line.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=JULY)
        with pytest.raises(CannotRead) as refused:
            await self.save(two_due, typed(book, **{f"H{rows['C-2', 'hours']}": 8}))
        assert [error.code for error in refused.value.errors] == ["not-with-supplier"]

    async def test_who_may_not_fill_a_line_may_not_fill_it_by_workbook(self, two_due: World) -> None:
        book = typed(await self.written(two_due), H2=1)
        for somebody in (STRANGER, ANALYST):
            with pytest.raises(CannotRead) as refused:
                await self.save(two_due, book, by=somebody)
            assert {error.code for error in refused.value.errors} == {"not-found"}

    async def test_one_return_only(self, two_due: World) -> None:
        filed = await two_due.filed(reference="C-2")
        async with two_due.pool.acquire() as conn:
            one = await write_one(conn, filed.return_id, by=EDITOR)
            with pytest.raises(NotFound):
                await write_one(conn, filed.return_id, by=STRANGER)
        assert [row.return_id for row in read_workbook(one)] == [filed.return_id]
        saved = await self.save(two_due, typed(one, H2=5), return_id=filed.return_id)
        assert saved.saved == 1
        with pytest.raises(CannotRead) as refused:
            await self.save(two_due, await self.written(two_due), return_id=filed.return_id)
        assert {error.code for error in refused.value.errors} == {"other-return"}

    async def test_a_contract_manager_chooses_the_supplier(self, two_due: World) -> None:
        everything = read_workbook(await self.written(two_due, MANAGER))
        of_one = read_workbook(await self.written(two_due, MANAGER, supplier_id=SUPPLIER))
        assert (len(everything), len(of_one)) == (4, 3)
        with pytest.raises(NothingDue):
            await self.written(two_due, MANAGER, supplier_id=TRUST)

    async def test_months_and_parts_come_back(self, world: World) -> None:
        await world.hear(a_contract(an_obligation(in_force=terms(monthly=True))), when=JULY)
        book = await self.written(world)

        def fill(opened: Any) -> None:
            for row, hours in zip((2, 3, 4), (10, 20, 10), strict=True):
                opened["Months"][f"D{row}"] = hours
            for row, (place, hours) in zip((2, 3), (("Halton", 30), ("Wirral", 11)), strict=True):
                opened["Breakdown"][f"A{row}"], opened["Breakdown"][f"D{row}"], opened["Breakdown"][f"E{row}"] = 1, place, hours

        saved = await self.save(world, edited(book, fill))
        assert [(error.pointer, error.code) for error in saved.warnings] == [("Lines!A2", "does-not-add-up")]
        line = await world.line()
        assert line.content.months == (value(10), value(20), value(10))
        assert [part.figure.value for part in line.content.breakdown] == [Decimal(30), Decimal(11)]
        assert line.quarter == Q1
        assert line.obligation_id == obligation_id("hours")
