"""Reading a workbook back: every cell by its address, so that an error says where it is and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from io import BytesIO
from itertools import islice
from typing import Any
from uuid import UUID

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pydantic import ValidationError

from services.returns.models.content import LineContent
from services.returns.models.workbooks import Cells
from services.returns.rules.files import NameMisleads, NotEvidence, media_type_of
from services.returns.rules.workbook import columns
from services.returns.rules.workbook.columns import BREAKDOWN, HIDDEN, LINES, MONTHS, PARTS, SHEETS, TEMPLATE
from shared.errors import FieldError, Invalid, Unsupported
from shared.obligations import Kind, Terms

_MOST_ROWS = 5000
_LARGEST_UNPACKED = 50 * 1024 * 1024
_YES_OR_NO = {"yes": 1, "y": 1, "true": 1, "no": 0, "n": 0, "false": 0}


class NotAWorkbook(Unsupported):
    """This file cannot be read as a workbook. Save it as XLSX, then send it again."""


class OtherTemplate(Invalid):
    """This workbook was not written for this. Download a new one, fill that, and send it back."""


class CannotRead(Invalid):
    """Nothing was saved. Correct these cells, then send the workbook again."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet; columns count from 0."""

    sheet: str
    number: int
    values: Sequence[Any]

    def cell(self, column: int) -> str:
        return f"{self.sheet}!{get_column_letter(column + 1)}{self.number}"


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


def read_workbook(content: bytes) -> list[LineRow]:
    """The lines of a workbook. Raises NotAWorkbook, OtherTemplate, and CannotRead naming the cells at fault."""
    try:
        media_type_of("workbook.xlsx", content, largest_unpacked=_LARGEST_UNPACKED)
    except (NotEvidence, NameMisleads):
        raise NotAWorkbook from None
    sheets = _sheets(content)
    errors: list[FieldError] = []
    found, by_number = _lines(sheets[LINES], errors)
    for row in sheets[MONTHS]:
        line = found.get(_id(row.values[columns.MONTH_LINE_ID]))
        nth = row.values[columns.MONTH_NUMBER]
        if line is None or nth not in (0, 1, 2):
            errors.append(FieldError(row.cell(0), "Rows of months cannot be added: download the workbook again", "added-row"))
        else:
            line.months[nth] = row
    for row in sheets[BREAKDOWN]:
        line = by_number.get(row.values[0])
        if line is None:
            errors.append(FieldError(row.cell(0), f"Enter the number of a line in the sheet {LINES}", "unknown-line"))
        else:
            line.parts.append(row)
    if errors:
        raise CannotRead(errors=errors)
    return list(found.values())


def content_of(line: LineRow, terms: Terms) -> tuple[LineContent | None, Cells, list[FieldError]]:
    """What the rows say, where each part stands, and what cannot be read. The models are those of the form and the API."""
    errors: list[FieldError] = []
    cells = {"": line.row.cell(0), "/figure": line.row.cell(columns.LINE_FIELDS["/figure/value"])}
    cells |= {pointer: line.row.cell(column) for pointer, column in columns.LINE_FIELDS.items()}
    said: dict[str, Any] = {
        name: _text(line.row.values[columns.LINE_FIELDS[f"/{name}"]]) for name in ("nil_reason", "story", "unlikely_reason")
    }
    first = columns.LINE_FIELDS["/figure/value"]
    said["figure"] = _entered(line.row, first, "/figure", terms, cells, errors)
    share = _number(line.row, columns.LINE_FIELDS["/share"], errors)
    said["share"] = 1 if share is None else share
    if line.months:
        months = [
            _entered(row, columns.MONTH_FIGURE, f"/months/{nth}", terms, cells, errors) if row is not None else None
            for nth, row in ((nth, line.months.get(nth)) for nth in range(3))
        ]
        said["months"] = months if any(month is not None for month in months) else None
    said["breakdown"] = [_part(row, nth, terms, cells, errors) for nth, row in enumerate(line.parts)]
    where = Cells(cells)
    if errors:
        return None, where, errors
    try:
        return LineContent.model_validate(said), where, []
    except ValidationError as refused:
        return None, where, [_error(error, where) for error in refused.errors(include_url=False, include_input=False)]


def _sheets(content: bytes) -> Mapping[str, list[Row]]:
    """The rows of each sheet below its heading, without empty ones."""
    try:
        with_values = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        with_formulas = load_workbook(BytesIO(content), read_only=True, keep_links=False)
        if not {HIDDEN, *SHEETS} <= set(with_values.sheetnames):
            raise OtherTemplate
        if [value for row in _values(with_values[HIDDEN], 1) for value in row] != [TEMPLATE]:
            raise OtherTemplate
        found: dict[str, list[Row]] = {}
        errors: list[FieldError] = []
        for name, heading in SHEETS.items():
            rows = zip(_values(with_values[name], len(heading)), _values(with_formulas[name], len(heading)), strict=True)
            if next(rows, ([], []))[0] != list(heading):
                raise OtherTemplate
            found[name] = list(_filled(name, rows, errors))
    except Invalid:
        raise
    except Exception:  # whatever a broken file makes of its reader, it is the file's fault
        raise NotAWorkbook from None
    if errors:
        raise CannotRead(errors=errors)
    return found


def _values(sheet: Any, width: int) -> Iterator[list[Any]]:
    sheet.reset_dimensions()
    for row in islice(sheet.iter_rows(max_col=width, values_only=True), _MOST_ROWS + 1):
        yield [*row, *([None] * (width - len(row)))]


def _filled(name: str, rows: Iterator[tuple[list[Any], list[Any]]], errors: list[FieldError]) -> Iterator[Row]:
    for number, (values, formulas) in enumerate(rows, 2):
        row = Row(name, number, values)
        if number > _MOST_ROWS:
            errors.append(FieldError(row.cell(0), f"Send no more than {_MOST_ROWS} rows at a time", "too-many-rows"))
            return
        for column, (value, formula) in enumerate(zip(values, formulas, strict=True)):
            if value is None and formula is not None:
                errors.append(
                    FieldError(row.cell(column), "This formula has no value yet: open the workbook, save it, send it", "formula")
                )
            elif isinstance(value, str) and value.startswith("#") and value.rstrip("!?").isupper() and formula != value:
                errors.append(FieldError(row.cell(column), f"The formula comes to {value}: correct it", "formula"))
        if any(value is not None for value in values):
            yield row


def _lines(rows: Sequence[Row], errors: list[FieldError]) -> tuple[dict[UUID | None, LineRow], dict[Any, LineRow]]:
    found: dict[UUID | None, LineRow] = {}
    by_number: dict[Any, LineRow] = {}
    for row in rows:
        ids = [_id(row.values[column]) for column in (columns.LINE_ID, columns.RETURN_ID, columns.CONTRACT_ID)]
        version = row.values[columns.VERSION]
        line_id, return_id, contract_id = ids
        if line_id is None or return_id is None or contract_id is None or not isinstance(version, int):
            errors.append(FieldError(row.cell(0), "Lines cannot be added: remove this row", "added-row"))
        elif line_id in found:
            errors.append(FieldError(row.cell(0), f"This line stands in row {found[line_id].row.number} already", "doubled-row"))
        else:
            by_number[row.values[0]] = found[line_id] = LineRow(line_id, return_id, contract_id, version, row)
    return found, by_number


def _entered(
    row: Row, first: int, pointer: str, terms: Terms, cells: dict[str, str], errors: list[FieldError]
) -> dict[str, Any] | None:
    cells[pointer] = row.cell(first + (terms.kind is Kind.RATIO))
    found = {}
    for nth, name in enumerate(PARTS):
        cells[f"{pointer}/{name}"] = row.cell(first + nth)
        value = _number(row, first + nth, errors, flag=terms.kind is Kind.FLAG)
        if value is not None:
            found[name] = value
    return found or None


def _part(row: Row, nth: int, terms: Terms, cells: dict[str, str], errors: list[FieldError]) -> dict[str, Any]:
    pointer = f"/breakdown/{nth}"
    cells[pointer] = row.cell(1)
    for column, name in enumerate(("recipient", "sector", "place"), 1):
        cells[f"{pointer}/{name}"] = row.cell(column)
    entered = _entered(row, columns.BREAKDOWN_FIGURE, f"{pointer}/figure", terms, cells, errors)
    return {
        "recipient": _text(row.values[1]),
        "sector": _text(row.values[2]),
        "place": _text(row.values[3]),
        "figure": entered or {},
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def _number(row: Row, column: int, errors: list[FieldError], *, flag: bool = False) -> Decimal | None:
    """Spreadsheets keep 15 digits of a number; people write 1,200 and £1,200."""
    value = row.values[column]
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if flag:
        known = _YES_OR_NO.get(str(value).strip().lower())
        if known is not None:
            return Decimal(known)
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        if isinstance(value, int | float):
            return Decimal(format(value, ".15g"))
        if isinstance(value, str):
            return Decimal(value.strip().removeprefix("£").replace(",", "").strip())
        raise InvalidOperation
    except InvalidOperation:
        wanted = "yes or no" if flag else "a number"
        errors.append(FieldError(row.cell(column), f"Enter {wanted}", "not-a-number"))
        return None


def _error(error: Any, where: Cells) -> FieldError:
    pointer = "".join(f"/{part}" for part in error["loc"])
    detail = error["msg"].removeprefix("Value error, ")
    return FieldError(where.at(pointer), detail, error["type"].replace("_", "-"))
