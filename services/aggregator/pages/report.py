"""The quarterly report for print: the tables and charts of the pages, in one document that can go to a board as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from services.aggregator.models.totals import Total
from services.aggregator.pages import changes_table, drawings, matrices, partner, quarter_tables
from services.aggregator.pages.amounts import coverage_said
from services.aggregator.pages.asking import Asked, AskedComparison, AskedYear
from services.aggregator.pages.drawings import Drawing
from services.aggregator.pages.routing import Analyst, WantedFigures, pages
from services.aggregator.pages.tables import Cell, Table
from services.aggregator.rules.showing import overlap_notes
from services.aggregator.store import publications
from shared.api import Now, Tx
from shared.db import Connection
from shared.documents import pdf
from shared.pages.downloads import file
from shared.words import day, quarter_name

_NOT_ZERO = "A return that is missing is not zero: its figures are not in this report."
_WIDEST = 9
"""So many figures stand beside each other on a sheet of paper: the places."""
_TEMPLATE = Path(__file__).parents[1] / "templates" / "quarterly_report.typ"


@dataclass(frozen=True)
class _Section:
    heading: str
    says: tuple[str, ...] = ()
    drawn: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()
    wide: bool = False


@pages.router.get("/report.pdf")
async def quarterly_report(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedFigures) -> Response:
    sections = await _sections(tx, asked)
    images = {
        f"{nth}-{drawing.name}.svg": (await drawing.chart.svg()).encode()
        for nth, section in enumerate(sections)
        for drawing in section.drawn
    }
    settings = request.app.state.runtime.settings
    made = await pdf(
        _TEMPLATE,
        {
            "title": f"Quarterly report: {quarter_name(asked.quarter)}",
            "organisation": settings.organisation_name,
            "period": quarter_name(asked.quarter),
            "standing": asked.standing,
            "published": asked.publication is not None,
            "printed": day(now),
            "demonstration": settings.deployment == "demonstration",
            "sections": [_printed(nth, section) for nth, section in enumerate(sections)],
        },
        images,
    )
    return file(made, f"quarterly-report-{asked.file_name}", "pdf")


async def _sections(conn: Connection, asked: Asked) -> list[_Section]:
    returns = await quarter_tables.returns_coverage(conn, asked)
    totals = await quarter_tables.framework_totals(conn, asked, None)
    pledged = AskedYear(asked.quarter.financial_year, asked.cut, asked.publication)
    report = await partner.report_of(conn, pledged)
    coverage = drawings.of_coverage(asked, returns)
    return [
        _Section(
            "How complete the figures are",
            (
                " ".join(coverage_said(returns[False])).strip(),
                "A return that is missing is not zero: its figures are not in this report.",
            ),
            () if coverage is None else (coverage,),
            (quarter_tables.coverage_table(asked, returns), await quarter_tables.buyers_coverage(conn, asked)),
        ),
        _Section(
            "What was delivered",
            ("Measures of one theme stand together and are never added up.", *overlap_notes(totals)),
            tables=(
                quarter_tables.totals_table("contracts", asked, totals),
                quarter_tables.totals_table("pledges", asked, totals),
            ),
        ),
        await _matrix(conn, asked, "This quarter against the last four", "quarters", totals),
        await _matrix(conn, asked, "The nine places", "places", totals, wide=True),
        await _matrix(conn, asked, "Buyers", "buyers", totals, wide=True),
        await _matrix(conn, asked, "Supplier sectors", "sectors", totals),
        _Section(
            f"Partner VCFSE in {pledged.year}",
            tuple(warning for progress in report.region for warning in progress.warnings),
            tuple(drawing for drawing in partner.drawings(pledged, report) if drawing),
            (partner.region_table(pledged, report),),
        ),
        *await _changes(conn, asked),
    ]


async def _matrix(
    conn: Connection, asked: Asked, heading: str, name: str, totals: Sequence[Total], *, wide: bool = False
) -> _Section:
    """All measures, below the drawings of the one that most contracts report."""
    chosen = matrices.most_reported([total for total in totals if total.counted == "contracts"])
    found = await matrices.read(conn, asked, name)
    drawn = [drawing for drawing, _ in await matrices.of_measure(conn, asked, chosen, name, found) if drawing is not None]
    return _Section(heading, drawn=tuple(drawn), tables=_side_by_side(matrices.matrix(asked, name, found)), wide=wide)


def _side_by_side(table: Table) -> tuple[Table, ...]:
    """The table itself, or parts of it that a sheet of paper is wide enough for; each says what its rows are."""
    named, numbers = ([nth for nth, column in enumerate(table.columns) if column.numeric is each] for each in (False, True))
    if len(numbers) <= _WIDEST:
        return (table,)
    return tuple(
        replace(
            table,
            columns=tuple(table.columns[nth] for nth in shown),
            rows=tuple(replace(row, cells=tuple(row.cells[nth] for nth in shown)) for row in table.rows),
        )
        for shown in ([*named, *numbers[first : first + _WIDEST]] for first in range(0, len(numbers), _WIDEST))
    )


async def _changes(conn: Connection, asked: Asked) -> list[_Section]:
    if asked.number is None or asked.number == 1:
        return []
    before = await publications.publication(conn, asked.quarter.first_day, asked.number - 1)
    compared = AskedComparison(quarter=asked.quarter, threshold=asked.threshold, publication=asked.publication, against=before)
    heading = f"What changed since publication {asked.number - 1}"
    # Its notes are about contracts, which are not printed.
    changes = replace(await changes_table.changes(conn, compared), notes=())
    return [_Section(heading, tables=(await changes_table.beside(conn, compared), changes))]


def _printed(nth: int, section: _Section) -> dict[str, Any]:
    return {
        "heading": section.heading,
        "says": section.says,
        "wide": section.wide,
        "drawn": [
            {"file": f"{nth}-{drawing.name}.svg", "headline": drawing.chart.headline, "subtitle": drawing.chart.subtitle}
            for drawing in section.drawn
        ],
        "tables": [_table(table) for table in section.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    # A board's papers are public: what a buyer shows the ICB alone is not printed.
    shown = [nth for nth in table.shown("page") if table.columns[nth].heading != "Contracts"]
    return {
        "caption": table.caption,
        "standing": table.asked.standing if table.asked else "",
        "columns": [{"heading": table.columns[nth].heading, "numeric": table.columns[nth].numeric} for nth in shown],
        "groups": [
            {"group": group, "rows": [[_words(row.cells[nth]) for nth in shown] for row in rows]} for group, rows in table.groups
        ],
        "notes": table.notes,
        "empty": table.empty,
    }


def _words(cell: Cell) -> str:
    return ", ".join(words for words, _ in cell.links) or cell.text
