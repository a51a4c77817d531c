"""Writing a workbook: one row per line that is with the supplier, prefilled with what was typed already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from types import MappingProxyType
from typing import Any
from uuid import UUID

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from services.returns.models.content import Entered
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.lifecycle import with_supplier
from services.returns.rules.standing import rated_as, wording_of
from services.returns.rules.workbook.columns import (
    BREAKDOWN,
    BREAKDOWN_COLUMNS,
    HIDDEN,
    LINE_COLUMNS,
    LINE_FIELDS,
    LINES,
    MONTH_COLUMNS,
    MONTHS,
    PARTS,
    TEMPLATE,
)
from shared.events.commitments import ContractFact
from shared.events.returns import LineStatus
from shared.obligations import Frequency, Kind, Place, Sector, Terms
from shared.spreadsheets import put
from shared.words import quantity

_HEAD = PatternFill("solid", fgColor="D8DDE0")
_TO_FILL = PatternFill("solid", fgColor="FFF9E6")
_WIDTHS = (6, 18, 12, 14, 40, 10, 12, 14, 14, 14, 30, 60, 14, 40, 60, 26, 40)
_SPARE_PARTS = 200

_ABOUT = (
    "Fill the yellow cells, one row per line, and send this workbook back.",
    "A yes or no is written yes or no; a ratio has a numerator and a denominator and no figure.",
    "Where nothing was delivered, leave the figure empty and say why under 'Nothing delivered: reason'.",
    "To the right of them stand what the contract promises, what is approved so far, and why changes were requested.",
    "Lines that are asked for by month stand in the sheet 'Months', one row per month.",
    "The sheet 'Breakdown' is for parts of a figure, if you wish: the number of the line, for whom or where, and how much.",
    "Sending it back saves a draft. A certifier submits the return afterwards.",
)


def write_workbook(
    returns: Sequence[QuarterlyReturn],
    contracts: Mapping[UUID, ContractFact] = MappingProxyType({}),
    earlier: Mapping[UUID, Sequence[Line]] = MappingProxyType({}),
) -> bytes:
    """An XLSX with every line of these returns that waits for the supplier.

    ``contracts``: by id, for their wording. ``earlier``: of each obligation the lines of other quarters, the latest first.
    """
    book = Workbook()
    about: Worksheet = book.active  # type: ignore[assignment]
    about.title = "About"
    about.column_dimensions["A"].width = 120
    for text in _ABOUT:
        about.append([text])
    lines, months, breakdown = (
        _sheet(book, name, columns)
        for name, columns in ((LINES, LINE_COLUMNS), (MONTHS, MONTH_COLUMNS), (BREAKDOWN, BREAKDOWN_COLUMNS))
    )
    number = 0
    for filed in returns:
        for line in filed.lines:
            if with_supplier(line.status):
                number += 1
                contract = contracts.get(line.contract_id)
                before = [one for one in earlier.get(line.obligation_id, ()) if one.quarter < line.quarter]
                told = (
                    wording_of(contract, line) if contract is not None else None,
                    _so_far(filed, line, before),
                    line.change_reason if line.status is LineStatus.CHANGES_REQUESTED else None,
                )
                _write_line(lines, number, filed, line, told)
                _write_months(months, number, line)
                _write_breakdown(breakdown, number, line)
    for column in LINE_COLUMNS[-4:]:
        lines.column_dimensions[get_column_letter(LINE_COLUMNS.index(column) + 1)].hidden = True
    for column in MONTH_COLUMNS[-2:]:
        months.column_dimensions[get_column_letter(MONTH_COLUMNS.index(column) + 1)].hidden = True
    for _ in range(_SPARE_PARTS):
        _append(breakdown, [None] * len(BREAKDOWN_COLUMNS), to_fill=range(len(BREAKDOWN_COLUMNS)))
    _offer(breakdown, "C", [sector.value for sector in Sector])
    _offer(breakdown, "D", [place.value for place in Place])
    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    hidden.append([TEMPLATE])
    book.active = 1
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def _sheet(book: Workbook, name: str, columns: Sequence[str]) -> Worksheet:
    sheet: Worksheet = book.create_sheet(name)
    sheet.append(list(columns))
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for nth, width in enumerate(_WIDTHS[: len(columns)], 1):
        sheet.column_dimensions[get_column_letter(nth)].width = width
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    return sheet


def _so_far(filed: QuarterlyReturn, line: Line, earlier: Sequence[Line]) -> str | None:
    """What is approved of the target up to the end of the line's quarter, as the form says it."""
    rated = rated_as(line, None, earlier, filed.contract)
    if rated is None or rated.measured is None:
        return None
    delivered, target = (
        quantity(amount, line.terms.measure.unit) for amount in (rated.measured.delivered, rated.measured.target)
    )
    return f"{delivered} of {target}"


def _write_line(sheet: Worksheet, number: int, filed: QuarterlyReturn, line: Line, told: Sequence[str | None]) -> None:
    monthly = line.terms.frequency is Frequency.MONTHLY
    content = line.content
    said = [content.nil_reason, content.story, content.share, content.unlikely_reason]
    _append(
        sheet,
        [
            number,
            filed.contract.reference,
            str(filed.quarter),
            line.reference,
            line.terms.measure.label,
            line.terms.measure.unit,
            line.terms.target,
            *_parts(content.figure, line.terms),
            *said,
            *told,
            str(filed.return_id),
            str(filed.contract_id),
            str(line.line_id),
            line.version,
        ],
        to_fill=[
            *([] if monthly else _parts_to_fill(LINE_COLUMNS, line.terms)),
            *(LINE_COLUMNS.index(heading) for heading in LINE_FIELDS.values()),
        ],
    )
    if line.terms.kind is Kind.FLAG and not monthly:
        _offer(sheet, f"H{sheet.max_row}", ["yes", "no"])


def _write_months(sheet: Worksheet, number: int, line: Line) -> None:
    if line.terms.frequency is not Frequency.MONTHLY:
        return
    first = line.quarter.first_day
    for nth, entered in enumerate(line.content.months or (None, None, None)):
        month = f"{first.replace(month=first.month + nth):%B %Y}"
        values = [number, line.reference, month, *_parts(entered, line.terms), str(line.line_id), nth]
        _append(sheet, values, to_fill=_parts_to_fill(MONTH_COLUMNS, line.terms))


def _write_breakdown(sheet: Worksheet, number: int, line: Line) -> None:
    for part in line.content.breakdown:
        values = [number, part.recipient, part.sector, part.place, *_parts(part.figure, line.terms)]
        _append(sheet, values, to_fill=range(len(BREAKDOWN_COLUMNS)))


def _parts(entered: Entered | None, terms: Terms) -> list[Any]:
    values = [getattr(entered, name) if entered is not None else None for name in PARTS]
    if terms.kind is Kind.FLAG and values[0] is not None:
        values[0] = "yes" if values[0] else "no"
    return values


def _parts_to_fill(columns: Sequence[str], terms: Terms) -> list[int]:
    first = columns.index(PARTS["value"])
    return [first + 1, first + 2] if terms.kind is Kind.RATIO else [first]


def _append(sheet: Worksheet, values: Sequence[Any], *, to_fill: Iterable[int]) -> None:
    """A row; only the cells that are ``to_fill`` can be changed."""
    row = sheet.max_row + 1
    unlocked = set(to_fill)
    for nth, value in enumerate(values):
        cell = sheet.cell(row, nth + 1)
        put(cell, value)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if nth in unlocked:
            cell.fill, cell.protection = _TO_FILL, Protection(locked=False)


def _offer(sheet: Worksheet, cells: str, choices: Sequence[str]) -> None:
    offered = DataValidation("list", formula1=f'"{",".join(choices)}"', allow_blank=True)
    sheet.add_data_validation(offered)
    offered.add(cells if cells[-1].isdigit() else f"{cells}2:{cells}{sheet.max_row}")
