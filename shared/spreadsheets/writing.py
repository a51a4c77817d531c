"""Tables to be opened by people: text stays text, even where it begins like a formula."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from shared.obligations import plain

RUNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_OFFERED_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written. ``offers`` are the choices below a heading."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]] = ()
    offers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)


def write_xlsx(*sheets: Sheet) -> bytes:
    """Written row by row, so that a long table needs little memory."""
    book = Workbook(write_only=True)
    for described in sheets:
        sheet = book.create_sheet(described.name)
        sheet.freeze_panes = "A2"
        for column, heading in enumerate(described.headings, 1):
            letter = get_column_letter(column)
            sheet.column_dimensions[letter].width = described.widths.get(heading, 16)
            if heading in described.offers:
                offered = DataValidation("list", formula1=f'"{",".join(described.offers[heading])}"', allow_blank=True)
                sheet.data_validations.append(offered)
                offered.add(f"{letter}2:{letter}{_OFFERED_ROWS}")
        head, body = WriteOnlyCell(sheet), WriteOnlyCell(sheet)
        head.alignment = body.alignment = Alignment(wrap_text=True, vertical="top")
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="D8DDE0")
        sheet.append([_like(head, heading) for heading in described.headings])
        for values in described.rows:
            sheet.append([_like(body, value) for value in values])
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def _like(styled: Any, value: Any) -> Any:
    """A cell that looks like this one: to look its style up again for each would take most of the time."""
    cell: Any = WriteOnlyCell(styled.parent)
    cell._style = copy(styled._style)
    put(cell, value)
    return cell


def put(cell: Any, value: Any) -> None:
    """Text stays text, and a whole number is written as one."""
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type, cell.quotePrefix = "s", value.startswith(RUNS)
    elif isinstance(value, Decimal) and value == value.to_integral_value():
        cell.value = int(value)
    else:
        cell.value = value


def write_csv(headings: Sequence[str], rows: Sequence[Sequence[Any]] = ()) -> bytes:
    """With a byte order mark, by which spreadsheet programs know that it is UTF-8."""
    held = StringIO(newline="")
    writer = csv.writer(held)
    for row in (headings, *rows):
        writer.writerow([_in_csv(value) for value in row])
    return held.getvalue().encode("utf-8-sig")


def _in_csv(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(RUNS) else value
