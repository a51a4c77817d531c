"""Rows of a table, read cell by cell: each cell at fault is named by its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from openpyxl.utils import get_column_letter

from shared.errors import FieldError
from shared.spreadsheets.workbooks import MOST_ROWS, NoValue, SpreadsheetTooLarge
from shared.typed_numbers import number_typed

_MOST_LOOKED_AT = 20_000
"""Empty rows among them: some programs write all that were ever formatted, others can be made to write a million."""

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with one cell. ``column`` is its letter; ``row`` counts from 1, as the spreadsheet shows it."""

    sheet: str
    row: int
    column: str
    message: str
    code: str = "invalid"

    def as_field_error(self) -> FieldError:
        """The cell as it is written in a formula: ``Obligations!B7``."""
        return FieldError(f"{self.sheet}!{self.column}{self.row}", self.message, self.code)


@dataclass(slots=True)
class Row:
    """A row below the heading. Its readers answer None for an empty cell, and note a CellError for one they cannot read."""

    sheet: str
    number: int
    columns: Mapping[str, int]
    values: Sequence[Any]
    errors: list[CellError] = field(default_factory=list)

    def cell(self, heading: str) -> str:
        """As it is written in a formula: ``Obligations!B7``; the first of the row where there is no such column."""
        return f"{self.sheet}!{get_column_letter(self.columns.get(heading, 0) + 1)}{self.number}"

    def refuse(self, heading: str, message: str, code: str = "invalid") -> None:
        letter = get_column_letter(self.columns.get(heading, 0) + 1)
        self.errors.append(CellError(self.sheet, self.number, letter, message, code))

    def value(self, heading: str) -> Any:
        """As the spreadsheet holds it."""
        column = self.columns.get(heading)
        return None if column is None else self.values[column]

    def text(self, heading: str) -> str | None:
        value = self.value(heading)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return None if value is None else str(value).strip() or None

    def number_in(self, heading: str) -> Decimal | None:
        """Spreadsheets keep 15 digits of a number; people write 1,200 and £1,200."""
        value = self.value(heading)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Decimal(format(value, ".15g"))
        if isinstance(value, str) and (number := number_typed(value, marks="£")) is not None:
            return number
        self.refuse(heading, "Enter a number", "not-a-number")
        return None

    def yes_or_no(self, heading: str) -> bool | None:
        said = self.text(heading)
        known = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
        if said is None or said.lower() in known:
            return known[said.lower()] if said else None
        self.refuse(heading, "Enter yes or no", "not-yes-or-no")
        return None

    def one_of(self, heading: str, choices: type[Choice]) -> Choice | None:
        """However it is capitalised, and with spaces or underscores."""
        said = self.text(heading)
        if said is None:
            return None
        for choice in choices:
            if choice.value.replace("_", " ").lower() == said.replace("_", " ").lower():
                return choice
        self.refuse(heading, f"Enter one of: {', '.join(words_of(choices))}", "unknown-choice")
        return None


def words_of(choices: type[StrEnum]) -> list[str]:
    """Choices as people read them."""
    return [choice.value.replace("_", " ") for choice in choices]


def rows_below(sheet: str, columns: Mapping[str, int], table: Iterator[Sequence[Any]]) -> list[Row]:
    """The rows below a heading that hold anything; a cell without a usable value is an error of its row.

    Raises SpreadsheetTooLarge.
    """
    width = max(columns.values(), default=-1) + 1
    found = []
    for number, values in enumerate(table, 2):
        if number > _MOST_LOOKED_AT:
            raise SpreadsheetTooLarge
        if all(value is None or value == "" for value in values):
            continue
        if number > MOST_ROWS + 1:
            raise SpreadsheetTooLarge
        row = Row(sheet, number, columns, [*values, *([None] * (width - len(values)))])
        for heading in columns:
            if isinstance(failed := row.value(heading), NoValue):
                row.refuse(heading, failed.message, "no-value")
        found.append(row)
    return found
