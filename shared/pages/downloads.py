"""Files that a page offers to keep: named, never shown inside the browser as a page of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Response

from shared.errors import TooLarge
from shared.quarters import LONDON
from shared.spreadsheets import Sheet, write_csv, write_xlsx

T = TypeVar("T")

MOST_ROWS = 50_000
_PART = 2_000


class TableForm(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


Taken = Annotated[TableForm, Query(alias="file")]
"""Which file is asked for where a list is taken away."""


class ChartForm(StrEnum):
    SVG = "svg"
    PNG = "png"


_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


class TooManyRows(TooLarge):
    """This list has more than 50,000 rows, which is more than a spreadsheet is good for. Narrow the list, then download it."""


def offered(path: str, **narrowed: object) -> list[tuple[TableForm, str]]:
    """Where a list is taken away as each kind of file, narrowed as its page is; for the macro ``download`` of table.jinja."""
    held = {name: str(value) for name, value in narrowed.items() if value}
    return [(form, f"{path}/download?{urlencode({**held, 'file': form.value})}") for form in TableForm]


def of_page(path: str, query: str = "") -> list[tuple[TableForm, str]]:
    """Where a table that its page shows whole is taken away, likewise."""
    return [(form, f"{path}.{form}{query and '?'}{query}") for form in TableForm]


async def whole(part: Callable[[T | None, int], Awaitable[Sequence[T]]]) -> list[T]:
    """A list that is shown page by page, all of it. Raises TooManyRows.

    ``part``: the next rows after one (None: the first), and at most so many.
    """
    found: list[T] = []
    while more := await part(found[-1] if found else None, _PART):
        found += more
        if len(found) > MOST_ROWS:
            raise TooManyRows
    return found


def clock(at: datetime) -> datetime:
    """A moment as the clocks in the United Kingdom showed it, without its zone: spreadsheets know none."""
    return at.astimezone(LONDON).replace(tzinfo=None, microsecond=0)


async def table(sheet: Sheet, name: str, form: TableForm) -> Response:
    """``name`` is the file's, without its ending. A long one is seconds of work, for which nobody else waits."""
    if form is TableForm.CSV:
        return file(await asyncio.to_thread(write_csv, sheet.headings, sheet.rows), name, form)
    return file(await asyncio.to_thread(write_xlsx, sheet), name, form)


def file(content: bytes, name: str, form: str) -> Response:
    """``name`` without its ending, which is ``form``: one of csv, xlsx, svg, png, pdf, docx."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name)
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}.{form}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=_TYPES[form], headers=headers)
