"""Tables as CSV and XLSX, charts as SVG and PNG: what the page shows, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from fastapi import Response

from services.aggregator.pages.drawings import Drawing
from services.aggregator.pages.tables import Table, as_csv, as_xlsx
from shared.errors import NotFound

T = TypeVar("T")


class TableForm(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class ChartForm(StrEnum):
    SVG = "svg"
    PNG = "png"


class NoSuchTable(NotFound):
    """There is no table or chart of this name."""


class NothingToDraw(NotFound):
    """There is nothing to draw: no figure is approved yet, or all are hidden."""


_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
}


def table_named(tables: Mapping[str, T], name: str) -> T:
    """Raises NoSuchTable."""
    found = tables.get(name)
    if found is None:
        raise NoSuchTable
    return found


def table_file(table: Table, form: TableForm) -> Response:
    return file(as_csv(table) if form is TableForm.CSV else as_xlsx(table), table.file_name, form)


async def chart_file(drawing: Drawing | None, form: ChartForm) -> Response:
    """Raises NothingToDraw."""
    if drawing is None:
        raise NothingToDraw
    content = (await drawing.chart.svg()).encode() if form is ChartForm.SVG else await drawing.chart.png()
    return file(content, drawing.file_name, form)


def file(content: bytes, name: str, form: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=_TYPES[form], headers=headers)
