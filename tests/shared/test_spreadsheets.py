"""Tables that people send: what is read, what is refused and with which cell named, and what is safe to open."""

from __future__ import annotations

import zipfile
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from shared.spreadsheets import (
    CannotRead,
    HasMacros,
    Locked,
    NotASpreadsheet,
    Row,
    Sheet,
    SpreadsheetTooLarge,
    read_table,
    write_csv,
    write_xlsx,
)

HEADINGS = ("Name", "Hours", "Done", "Side")
REQUIRED = ("Name", "Hours")


class Side(StrEnum):
    CORE_SERVICE = "core_service"
    SOCIAL_VALUE = "social_value"


def workbook(*rows: list[Any], sheet: str = "Table") -> bytes:
    book = Workbook()
    book.worksheets[0].title = sheet
    for row in rows:
        book.worksheets[0].append(row)
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def read(content: bytes) -> list[Row]:
    return read_table(content, sheet="Table", headings=HEADINGS, required=REQUIRED)


def refused(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(CannotRead) as raised:
        read(content)
    return [(error.pointer, error.code) for error in raised.value.errors]


CONTENTS = [
    pytest.param(
        workbook([*HEADINGS], ["Amina", 12.5, "yes", "Core service"], [None] * 4, ["Tom", "1,200", "No", None]), id="xlsx"
    ),
    pytest.param(b'Name,Hours,Done,Side\nAmina,12.5,yes,core_service\n,,,\nTom,"1,200",No,\n', id="csv"),
    pytest.param(
        "\ufeffName;Hours;Done;Side\r\nAmina;12.5;yes;core service\r\n;;;\r\nTom;1,200;No;\r\n".encode(), id="semicolons"
    ),
    pytest.param(
        "Done\tHours\tName\tSide\nyes\t12.5\tAmina\tCORE SERVICE\n\t\t\t\nNo\t£1,200\tTom\t\n".encode("cp1252"), id="tabs"
    ),
]


@pytest.mark.parametrize("content", CONTENTS)
def test_cells_are_read_by_their_headings(content: bytes) -> None:
    first, second = read(content)
    assert (first.number, second.number) == (2, 4)
    assert [first.text("Name"), first.number_in("Hours"), first.yes_or_no("Done"), first.one_of("Side", Side)] == [
        "Amina",
        Decimal("12.5"),
        True,
        Side.CORE_SERVICE,
    ]
    assert [second.text("Name"), second.number_in("Hours"), second.yes_or_no("Done"), second.one_of("Side", Side)] == [
        "Tom",
        Decimal(1200),
        False,
        None,
    ]
    assert first.errors == second.errors == []


@pytest.mark.parametrize(("heading", "said"), [("Hours", "many"), ("Hours", "nan"), ("Done", "maybe"), ("Side", "left")])
def test_a_cell_that_cannot_be_read_is_named(heading: str, said: str) -> None:
    (row,) = read(write_csv(HEADINGS, [["Amina" if one == "Name" else said if one == heading else "" for one in HEADINGS]]))
    row.number_in("Hours"), row.yes_or_no("Done"), row.one_of("Side", Side)
    (error,) = row.errors
    assert (error.sheet, error.row, error.column) == ("Table", 2, "ABCD"[HEADINGS.index(heading)])
    assert error.as_field_error().pointer == f"Table!{error.column}2"


def test_a_formula_that_fails_is_reported_and_never_lost() -> None:
    content = workbook([*HEADINGS], ["Amina", "#DIV/0!", None, None], ["Tom", "=1/0", None, None])
    assert refused(content) == [("Table!B2", "no-value"), ("Table!B3", "no-value")]
    assert refused(b"Name,Hours\nAmina,#REF!\n") == [("Table!B2", "no-value")]


def test_an_error_that_only_later_programs_know_is_reported_too() -> None:
    """As a formula's kept result; openpyxl writes none, so it is put into the file by hand."""
    content = edited(workbook([*HEADINGS], ["Amina", 1]), b'<c r="B2" t="n"><v>1</v></c>', b'<c r="B2" t="e"><v>#BUSY!</v></c>')
    assert refused(content) == [("Table!B2", "no-value")]
    content = edited(
        workbook([*HEADINGS], ["Amina", 1]), b'<c r="B2" t="n"><v>1</v></c>', b'<c r="B2" t="str"><f>A1</f><v>#FIELD!</v></c>'
    )
    assert refused(content) == [("Table!B2", "no-value")]


def test_a_percentage_is_not_taken_for_its_hundredth() -> None:
    book = load_workbook(BytesIO(workbook([*HEADINGS], ["Amina", 0.95])))
    book["Table"]["B2"].number_format = "0%"
    held = BytesIO()
    book.save(held)
    assert refused(held.getvalue()) == [("Table!B2", "no-value")]


def test_headings_that_are_unknown_doubled_or_missing() -> None:
    assert refused(b"Name,Hurs,Name\nAmina,1,2\n") == [
        ("Table!B1", "unknown-column"),
        ("Table!C1", "doubled-column"),
        ("Table!A1", "missing-column"),
    ]


def broken_zip() -> bytes:
    return workbook([*HEADINGS])[:-200]


def bomb() -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (51 * 1024 * 1024))
    return held.getvalue()


def many_members() -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(2001):
            archive.writestr(str(number), b"")
    return held.getvalue()


def with_macros() -> bytes:
    held = BytesIO(workbook([*HEADINGS]))
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    return held.getvalue()


def edited(book: bytes, before: bytes, after: bytes) -> bytes:
    """The same with a part of its first sheet's XML replaced."""
    held = BytesIO()
    with zipfile.ZipFile(BytesIO(book)) as source, zipfile.ZipFile(held, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                assert before in content
                content = content.replace(before, after, 1)
            archive.writestr(name, content)
    return held.getvalue()


def with_entities() -> bytes:
    """A workbook whose XML would expand itself."""
    entities = b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><worksheet'
    return edited(workbook([*HEADINGS], ["Amina", 1]), b"<worksheet", entities)


LOCKED = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1016) + "EncryptedPackage".encode("utf-16-le") + bytes(480)
"""What is first in an office document with a password: a header, then a directory that names what is encrypted."""


def far_down(row: int) -> bytes:
    """A workbook of one row, and then nothing until the row given; programs that write so exist."""
    return edited(
        workbook([*HEADINGS], ["Amina", 1]), b"</sheetData>", f'<row r="{row}"><c r="A{row}"/></row></sheetData>'.encode()
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", NotASpreadsheet),
        (b"  \n", NotASpreadsheet),
        (b"PK\x03\x04 no zip", NotASpreadsheet),
        (broken_zip(), NotASpreadsheet),
        (b'Name,Hours\n"Amina,1\n', NotASpreadsheet),
        (b"Name\0Hours", NotASpreadsheet),
        (bomb(), SpreadsheetTooLarge),
        (many_members(), SpreadsheetTooLarge),
        (with_macros(), HasMacros),
        (LOCKED, Locked),
        (LOCKED[:600], NotASpreadsheet),  # an older workbook, without a password
        (with_entities(), NotASpreadsheet),
        (b"Name,Hours\n" + b"Amina,1\n" * 5001, SpreadsheetTooLarge),
        (far_down(1_048_576), SpreadsheetTooLarge),
    ],
)
def test_what_is_no_spreadsheet_or_too_much_of_one(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(content)


def test_empty_rows_without_end_are_no_rows() -> None:
    assert len(read(b"Name,Hours\nAmina,1\n" + b",\n" * 6000)) == 1
    assert len(read(far_down(6000))) == 1


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\tx"])
def test_text_is_never_written_as_a_formula(text: str) -> None:
    book = load_workbook(BytesIO(write_xlsx(Sheet("Table", HEADINGS, [[text, 1, None, None]]))))
    cell = book["Table"]["A2"]
    assert (cell.data_type, cell.value) == ("s", text)
    assert cell.quotePrefix
    assert write_csv(HEADINGS, [[text]]).decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")
    (row,) = read(write_csv(HEADINGS, [[text, 1, None, None]]))
    assert row.text("Name") == text.strip()


def test_money_in_csv_has_no_decimals_of_the_database() -> None:
    said = write_csv(["Value"], [[Decimal("6800000.000000")], [Decimal("-1250000.500000")], [Decimal(0)]]).decode("utf-8-sig")
    assert said.splitlines() == ["Value", "6800000", "-1250000.5", "0"]
