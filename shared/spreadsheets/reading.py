"""Tables that people send as XLSX or CSV, told by their content."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from openpyxl.utils import get_column_letter

from shared.errors import Invalid
from shared.spreadsheets.rows import CellError, Row, rows_below
from shared.spreadsheets.workbooks import Book, NotASpreadsheet, NoValue, is_error, is_locked
from shared.spreadsheets.writing import RUNS


class CannotRead(Invalid):
    """Nothing was saved. Correct these cells, then send the file again."""


def read_table(content: bytes, *, sheet: str, headings: Sequence[str], required: Sequence[str]) -> list[Row]:
    """The rows of a CSV, or of that sheet of an XLSX, that hold anything. Columns may stand in any order, optional ones miss.

    Raises NotASpreadsheet, Locked, HasMacros, SpreadsheetTooLarge, and CannotRead naming the cells at fault.
    """
    table = _xlsx(content, sheet) if content.startswith(b"PK") or is_locked(content) else _csv(content)
    rows = rows_below(sheet, _columns(sheet, next(table, []), headings, required), table)
    errors = [error for row in rows for error in row.errors]
    if errors:
        raise cannot_read(errors)
    return rows


def cannot_read(errors: Sequence[CellError]) -> CannotRead:
    return CannotRead(errors=[error.as_field_error() for error in errors])


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
    if is_error(value):
        return NoValue.of_error(value)
    return value[1:] if value.startswith("'") and value[1:].startswith(RUNS) else value


def _xlsx(content: bytes, sheet: str) -> Iterator[list[Any]]:
    book = Book(content)
    return book.rows(sheet if sheet in book.sheets else book.sheets[0])
