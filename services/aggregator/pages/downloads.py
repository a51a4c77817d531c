"""Tables as CSV and XLSX, charts as SVG and PNG: what the page shows, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from fastapi import Response

from services.aggregator.pages.drawings import Drawing
from services.aggregator.pages.tables import Table, as_csv, as_xlsx
from shared.errors import NotFound
from shared.pages.downloads import ChartForm, TableForm, file

T = TypeVar("T")


class NoSuchTable(NotFound):
    """There is no table or chart of this name."""


class NothingToDraw(NotFound):
    """There is nothing to draw: no figure is approved yet, or all are hidden."""


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
