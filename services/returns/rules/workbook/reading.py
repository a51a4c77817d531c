"""Reading a workbook back: every cell by its address, so that an error says where it is and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.returns.models.content import LineContent
from services.returns.models.workbooks import Cells
from services.returns.rules.workbook.columns import BREAKDOWN, HIDDEN, LINE_FIELDS, LINES, MONTHS, PARTS, READABLE, SHEETS
from shared.errors import FieldError, Invalid
from shared.obligations import Kind, Terms
from shared.spreadsheets import Book, CellError, Row, cannot_read, rows_below


class OtherTemplate(Invalid):
    """This workbook was not written for this. Download a new one, fill that, and send it back."""


@dataclass(slots=True)
class LineRow:
    """A line as its rows say it, before anybody knows how it is counted."""

    line_id: UUID
    return_id: UUID
    contract_id: UUID
    version: int
    row: Row
    months: dict[int, Row] = field(default_factory=dict)
    parts: list[Row] = field(default_factory=list)

    @property
    def cell(self) -> str:
        """The line itself, by its number."""
        return self.row.cell("No.")

    @property
    def errors(self) -> list[CellError]:
        """What could not be read on it so far."""
        return [error for row in (self.row, *self.months.values(), *self.parts) for error in row.errors]


def read_workbook(content: bytes) -> list[LineRow]:
    """The lines of a workbook.

    Raises NotASpreadsheet, Locked, HasMacros, SpreadsheetTooLarge, OtherTemplate, and CannotRead naming the cells at fault.
    """
    sheets = _sheets(content)
    found, by_number = _lines(sheets[LINES])
    for row in sheets[MONTHS]:
        line = found.get(_id(row.value("line id")))
        nth = row.value("month")
        if line is None or nth not in (0, 1, 2):
            row.refuse("No.", "Rows of months cannot be added: download the workbook again", "added-row")
        else:
            line.months[nth] = row
    for row in sheets[BREAKDOWN]:
        line = by_number.get(row.value("No."))
        if line is None:
            row.refuse("No.", f"Enter the number of a line in the sheet {LINES}", "unknown-line")
        else:
            line.parts.append(row)
    _refuse_errors(sheets)
    return list(found.values())


def content_of(line: LineRow, terms: Terms) -> tuple[LineContent | None, Cells, list[FieldError]]:
    """What the rows say, where each part stands, and what cannot be read. The models are those of the form and the API."""
    cells = {"": line.cell, "/figure": line.row.cell(PARTS["value"])}
    cells |= {pointer: line.row.cell(heading) for pointer, heading in LINE_FIELDS.items()}
    texts = ("nil_reason", "story", "unlikely_reason")
    said: dict[str, Any] = {name: _words(line.row, LINE_FIELDS[f"/{name}"]) for name in texts}
    said["figure"] = _entered(line.row, "/figure", terms, cells)
    share = line.row.number_in(LINE_FIELDS["/share"])
    said["share"] = 1 if share is None else share
    if line.months:
        months = [_entered(line.months[nth], f"/months/{nth}", terms, cells) if nth in line.months else None for nth in range(3)]
        said["months"] = months if any(month is not None for month in months) else None
    said["breakdown"] = [_part(row, nth, terms, cells) for nth, row in enumerate(line.parts)]
    where = Cells(cells)
    if line.errors:
        return None, where, [error.as_field_error() for error in line.errors]
    try:
        return LineContent.model_validate(said), where, []
    except ValidationError as refused:
        return None, where, [_error(error, where) for error in refused.errors(include_url=False, include_input=False)]


def _sheets(content: bytes) -> Mapping[str, list[Row]]:
    """The rows of each sheet below its heading, without empty ones."""
    book = Book(content)
    if not {HIDDEN, *SHEETS} <= set(book.sheets):
        raise OtherTemplate
    hidden = list(islice(book.rows(HIDDEN, width=1), 2))
    template = next((one for one in READABLE if hidden == [[one]]), None)
    if template is None:
        raise OtherTemplate
    found = {}
    for name, headings in READABLE[template].items():
        table = book.rows(name, width=len(headings))
        if next(table, []) != list(headings):
            raise OtherTemplate
        found[name] = rows_below(name, {heading: column for column, heading in enumerate(headings)}, table)
    _refuse_errors(found)
    return found


def _refuse_errors(sheets: Mapping[str, Sequence[Row]]) -> None:
    errors = [error for rows in sheets.values() for row in rows for error in row.errors]
    if errors:
        raise cannot_read(errors)


def _lines(rows: Sequence[Row]) -> tuple[dict[UUID | None, LineRow], dict[Any, LineRow]]:
    found: dict[UUID | None, LineRow] = {}
    by_number: dict[Any, LineRow] = {}
    for row in rows:
        line_id, return_id, contract_id = (_id(row.value(heading)) for heading in ("line id", "return id", "contract id"))
        version = row.value("version")
        if line_id is None or return_id is None or contract_id is None or not isinstance(version, int):
            row.refuse("No.", "Lines cannot be added: remove this row", "added-row")
        elif line_id in found:
            row.refuse("No.", f"This line stands in row {found[line_id].row.number} already", "doubled-row")
        else:
            by_number[row.value("No.")] = found[line_id] = LineRow(line_id, return_id, contract_id, version, row)
    return found, by_number


def _entered(row: Row, pointer: str, terms: Terms, cells: dict[str, str]) -> dict[str, Any] | None:
    cells[pointer] = row.cell(PARTS["numerator" if terms.kind is Kind.RATIO else "value"])
    found: dict[str, Any] = {}
    for name, heading in PARTS.items():
        cells[f"{pointer}/{name}"] = row.cell(heading)
        value = _yes_is_one(row, heading) if terms.kind is Kind.FLAG else row.number_in(heading)
        if value is not None:
            found[name] = value
    return found or None


def _yes_is_one(row: Row, heading: str) -> Decimal | None:
    said = row.yes_or_no(heading)
    return None if said is None else Decimal(said)


def _part(row: Row, nth: int, terms: Terms, cells: dict[str, str]) -> dict[str, Any]:
    pointer = f"/breakdown/{nth}"
    cells[pointer] = row.cell("Recipient")
    said: dict[str, Any] = {}
    for name in ("recipient", "sector", "place"):
        cells[f"{pointer}/{name}"] = row.cell(name.capitalize())
        said[name] = _words(row, name.capitalize())
    return said | {"figure": _entered(row, f"{pointer}/figure", terms, cells) or {}}


def _words(row: Row, heading: str) -> str | None:
    """To the letter, spaces and all: what nobody touched comes back as it was."""
    value = row.value(heading)
    return None if value is None else str(value)


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def _error(error: Any, where: Cells) -> FieldError:
    pointer = "".join(f"/{part}" for part in error["loc"])
    detail = error["msg"].removeprefix("Value error, ")
    return FieldError(where.at(pointer), detail, error["type"].replace("_", "-"))
