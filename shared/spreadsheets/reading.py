"""Tables that people send as XLSX or CSV, told by their content."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from shared.errors import Invalid, TooLarge, Unsupported
from shared.spreadsheets.rows import CellError, Row
from shared.spreadsheets.writing import RUNS

MOST_ROWS = 5000
_WIDEST = 500
_MOST_MEMBERS = 2000
_LARGEST_UNPACKED = 50 * 1024 * 1024
_ENCRYPTED = 0x1
_FAILED = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}


class NotASpreadsheet(Unsupported):
    """This file cannot be read as a spreadsheet. Save it as XLSX without a password, or as CSV, then send it again."""


class HasMacros(Unsupported):
    """This workbook holds macros. Save it as XLSX without them, then send it again."""


class SpreadsheetTooLarge(TooLarge):
    """This spreadsheet unpacks to more than is accepted, or has more than 5,000 rows. Split it, then send the parts."""


class CannotRead(Invalid):
    """Nothing was saved. Correct these cells, then send the file again."""


def read_table(content: bytes, *, sheet: str, headings: Sequence[str], required: Sequence[str]) -> list[Row]:
    """The rows of a CSV, or of that sheet of an XLSX, that hold anything. Columns may stand in any order, optional ones miss.

    Raises NotASpreadsheet, HasMacros, SpreadsheetTooLarge, and CannotRead naming the cells at fault.
    """
    table = _xlsx(content, sheet) if content.startswith(b"PK") else _csv(content)
    errors: list[CellError] = []
    columns = _columns(sheet, next(table, []), headings, required)
    rows = []
    for number, values in enumerate(table, 2):
        row = Row(sheet, number, columns, [*values, *([None] * (max(columns.values()) + 1 - len(values)))])
        for heading in columns:
            if isinstance(failed := row.values[columns[heading]], _Failed):
                row.refuse(heading, failed.message, "no-value")
        errors += row.errors
        if all(value is None or value == "" for value in row.values):
            continue
        if number > MOST_ROWS + 1:
            raise SpreadsheetTooLarge
        rows.append(row)
    if errors:
        raise cannot_read(errors)
    return rows


def cannot_read(errors: Sequence[CellError]) -> CannotRead:
    return CannotRead(errors=[error.as_field_error() for error in errors])


@dataclass(frozen=True, slots=True)
class _Failed:
    message: str


def _columns(sheet: str, first: Sequence[Any], headings: Sequence[str], required: Sequence[str]) -> dict[str, int]:
    by_name = {heading.lower(): heading for heading in headings}
    found: dict[str, int] = {}
    errors = []
    for number, said in enumerate(first):
        heading = by_name.get(str(said or "").strip().lower())
        letter = get_column_letter(number + 1)
        if heading in found:
            errors.append(CellError(sheet, 1, letter, f"The column {heading} stands here twice", "doubled-column"))
        elif heading is not None:
            found[heading] = number
        elif said not in (None, ""):
            errors.append(
                CellError(sheet, 1, letter, f"No column is called {str(said)[:100]}: use the template", "unknown-column")
            )
    missing = [heading for heading in required if heading not in found]
    if missing:
        errors.append(CellError(sheet, 1, "A", f"Columns are missing: {', '.join(missing)}", "missing-column"))
    if errors:
        raise cannot_read(errors)
    return found


def _csv(content: bytes) -> Iterator[list[Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if "\0" in text or not text.strip():
        raise NotASpreadsheet
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_unquoted(value) for value in row]
    except csv.Error:
        raise NotASpreadsheet from None


def _unquoted(value: str) -> Any:
    if value in _FAILED:
        return _Failed(f"The formula comes to {value}: correct it")
    return value[1:] if value.startswith("'") and value[1:].startswith(RUNS) else value


def _xlsx(content: bytes, sheet: str) -> Iterator[list[Any]]:
    _check_package(content)
    try:
        with_values = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        with_formulas = load_workbook(BytesIO(content), read_only=True, keep_links=False)
    except Exception:  # whatever a broken file makes of its reader, it is the file's fault
        raise NotASpreadsheet from None
    name = sheet if sheet in with_values.sheetnames else (with_values.sheetnames or [""])[0]
    tables = [_cells(book, name) for book in (with_values, with_formulas)]
    while True:
        try:
            cells, formulas = (next(table, None) for table in tables)
            row = [_calculated(cell, formula.value) for cell, formula in zip(cells or (), formulas or (), strict=False)]
        except Exception:
            raise NotASpreadsheet from None
        if cells is None or formulas is None:
            return
        yield row


def _cells(book: Any, name: str) -> Iterator[Sequence[Any]]:
    worksheet = book[name]
    worksheet.reset_dimensions()
    found: Iterator[Sequence[Any]] = worksheet.iter_rows(max_col=_WIDEST)
    return found


def _calculated(cell: Any, formula: Any) -> Any:
    value = cell.value
    if value is None and formula is not None:
        return _Failed("This formula has no value yet: open the workbook, save it, and send it again")
    if isinstance(value, str) and value in _FAILED:
        return _Failed(f"The formula comes to {value}: correct it")
    if isinstance(value, int | float) and "%" in cell.number_format:
        return _Failed("This cell is formatted as a percentage, so that 95 % is kept as 0.95: format it as a plain number")
    return value


def _check_package(content: bytes) -> None:
    """By the list of its members alone: nothing is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
    except (BadZipFile, NotImplementedError, OSError, ValueError, zlib.error):
        raise NotASpreadsheet from None
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _LARGEST_UNPACKED:
        raise SpreadsheetTooLarge
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise HasMacros
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise NotASpreadsheet
