"""Tables that stand on a page and can be downloaded: described once, so that both always say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Literal

from services.aggregator.pages.asking import About
from shared.origin import link
from shared.spreadsheets import Sheet, write_csv, write_xlsx

_WIDEST = 60
Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Column:
    heading: str
    numeric: bool = False
    only: Literal["", "page", "file"] = ""
    """On the page a figure is read with its unit; in a file its parts stand in columns of their own."""


@dataclass(frozen=True)
class Cell:
    text: str
    """As a person reads it."""
    value: Value = None
    """As a file holds it."""
    href: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """Words and where they lead, where there are several."""


@dataclass(frozen=True)
class Row:
    cells: tuple[Cell, ...]
    group: str = ""
    """Rows of one group stand together below its name."""


@dataclass(frozen=True)
class Table:
    name: str
    """Of its download, below ``/tables`` of its room: stable."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    asked: About | None
    """None for a table that is about no quarter or year."""
    room: str = ""
    """The path of the pages that it belongs to."""
    empty: str = ""
    """What to say, and do, where there is no row."""
    notes: tuple[str, ...] = ()

    def href(self, form: str) -> str:
        path = f"{self.room}/tables/{self.name}.{form}"
        return self.asked.link(path) if self.asked else link("aggregator", path)

    def shown(self, where: Literal["page", "file"]) -> list[int]:
        return [nth for nth, column in enumerate(self.columns) if column.only in ("", where)]

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        return [(group, list(rows)) for group, rows in groupby(self.rows, lambda row: row.group)]

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.asked.file_name}" if self.asked else self.name


def text(words: str, href: str = "") -> Cell:
    return Cell(words, words, href)


def number(count: int) -> Cell:
    return Cell(f"{count:,}", count)


def nothing() -> Cell:
    return Cell("–")


def as_csv(table: Table) -> bytes:
    headings, rows = _file(table)
    return write_csv(headings, [[_plain(value) for value in row] for row in rows])


def as_xlsx(table: Table) -> bytes:
    headings, rows = _file(table)
    widths = {
        heading: min(_WIDEST, max([len(heading), *(len(str(row[nth] or "")) for row in rows)]) + 2)
        for nth, heading in enumerate(headings)
    }
    return write_xlsx(Sheet(table.name[:31], headings, rows, widths=widths))


def _file(table: Table) -> tuple[list[str], list[list[Value]]]:
    """Every row says of which period it is and what kind of figures these are, wherever it is copied to."""
    shown = table.shown("file")
    asked = table.asked
    before: list[Value] = [asked.period[1], asked.standing] if asked else []
    headings = (["Period", "Figures"] if asked else []) + [table.columns[nth].heading for nth in shown]
    return headings, [[*before, *(row.cells[nth].value for nth in shown)] for row in table.rows]


def _plain(value: Value) -> Value:
    """In full, never with an exponent; moments without a spreadsheet's own reading of them."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value == value.to_integral_value() else value, "f")
    return value.isoformat() if isinstance(value, datetime) else value
