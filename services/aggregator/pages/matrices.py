"""All measures of the framework at once: over five quarters, the nine places, buyers and supplier sectors. And buyers' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import Request, Response

from services.aggregator.actions import reading
from services.aggregator.actions.reading import Wanted
from services.aggregator.models.totals import Dimension, Total
from services.aggregator.pages import measure_tables
from services.aggregator.pages.amounts import AMOUNT, COVERAGE, SMALL_NUMBERS, amount_cells, coverage_cells, one_number, said
from services.aggregator.pages.asking import Asked, AskedMeasure, naming
from services.aggregator.pages.downloads import table_file, table_named
from services.aggregator.pages.drawings import Drawing, framed
from services.aggregator.pages.measure_tables import DIMENSIONS
from services.aggregator.pages.quarter_tables import framework_totals, in_catalogue_order, theme_of
from services.aggregator.pages.routing import Analyst, WantedFigures, pages
from services.aggregator.pages.tables import Cell, Column, Row, Table, nothing, text
from services.aggregator.store import commitments
from services.aggregator.store import totals as store
from shared.api import Cursor, Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.pages.downloads import TableForm

ROOM = "/by"
_PAGE = 100
_CAPTIONS = {
    "quarters": "All measures over five quarters",
    "places": "All measures by place",
    "buyers": "All measures by buyer",
    "sectors": "All measures by supplier sector",
}
_TITLES = {"quarters": "Last five quarters", "places": "Places", "buyers": "Buyers", "sectors": "Supplier sectors"}


@pages.router.get("/by/tables/{name:str}.{form:str}")
async def download_matrix(visitor: Analyst, name: str, form: TableForm, tx: Tx, asked: WantedFigures) -> Response:
    table_named(_CAPTIONS, name)
    return table_file(matrix(asked, name, await read(tx, asked, name)), form)


@pages.router.get("/by/{name:str}")
async def by(
    visitor: Analyst, request: Request, name: str, tx: Tx, now: Now, asked: WantedFigures, which: str | None = None
) -> Response:
    """The matrix of all measures, below the chart and table of one of them: ``which``, or the one that most contracts report."""
    heading = table_named(_TITLES, name)
    measures = await framework_totals(tx, asked)
    chosen = next((total for total in measures if _key(total) == which), None) or most_reported(measures)
    found = await read(tx, asked, name)
    shown = await of_measure(tx, asked, chosen, name, found)
    return pages.show(
        request,
        "matrix.jinja",
        now=now,
        asked=asked,
        name=name,
        heading=heading,
        measures=[(_key(total), f"{total.measure_code} {total.measure}") for total in measures],
        chosen=chosen,
        which=_key(chosen) if chosen else "",
        shown=[(await framed(drawing), table) for drawing, table in shown],
        matrix=matrix(asked, name, found),
        back={"href": asked.link("/"), "text": "Back to the quarter"},
    )


def _key(total: Total) -> str:
    return "|".join((total.framework, total.measure_code, total.unit))


async def _measure(conn: Connection, asked: Asked, total: Total) -> AskedMeasure:
    return AskedMeasure(
        quarter=asked.quarter,
        threshold=asked.threshold,
        cut=asked.cut,
        publication=asked.publication,
        measure=next(
            measure
            for measure in await store.measures(conn, total.measure_code)
            if (measure.framework, measure.unit, measure.kind, measure.buyer_id)
            == (total.framework, total.unit, total.kind, total.owner_id)
        ),
        counted=total.counted,
    )


def most_reported(measures: Sequence[Total]) -> Total | None:
    """The measure that most contracts report."""
    return max(measures, key=lambda total: total.coverage.approved, default=None)


@dataclass(frozen=True)
class Found:
    """Totals of all measures that contracts owe."""

    columns: Mapping[str, str]
    """Quarters or members, each as people call it."""
    rows: Sequence[tuple[Total, Mapping[str, Total]]]
    """A measure each, named by its latest total, with those of its columns."""

    def of(self, measure: Total) -> Mapping[str, Total]:
        return next((totals for named, totals in self.rows if _key(named) == _key(measure)), {})


async def read(conn: Connection, asked: Asked, name: str) -> Found:
    return await (_by_quarter(conn, asked) if name == "quarters" else _by_member(conn, asked, name))


async def of_measure(
    conn: Connection, quarter: Asked, chosen: Total | None, name: str, found: Found
) -> list[tuple[Drawing | None, Table]]:
    """What is drawn of one measure; over quarters the bridge too."""
    if chosen is None:
        return []
    asked = await _measure(conn, quarter, chosen)
    totals = found.of(chosen)
    if name == "quarters":
        quarters = {each: totals.get(each.code) for each in measure_tables.quarters_of(asked)}
        bridge = await measure_tables.bridge(conn, asked)
        return [
            (measure_tables.quarters_drawing(asked, quarters), measure_tables.quarters_table(asked, quarters)),
            (measure_tables.bridge_drawing(asked, bridge), measure_tables.bridge_table(asked, bridge)),
        ]
    members = measure_tables.members_of(name, totals.values())
    return [(measure_tables.members_drawing(name, asked, members), measure_tables.members_table(name, asked, members))]


def matrix(asked: Asked, name: str, found: Found) -> Table:
    """A row per measure that contracts owe, a column per quarter or member."""
    hidden = any(total.hidden for _, totals in found.rows for total in totals.values())
    return Table(
        name,
        _CAPTIONS[name],
        (
            Column("Code"),
            Column("Measure"),
            Column("Unit", only="file"),
            *(Column(called, numeric=True) for called in found.columns.values()),
        ),
        tuple(_matrix_row(asked, first, [totals.get(column) for column in found.columns]) for first, totals in found.rows),
        asked,
        ROOM,
        empty="Nothing is due, or known yet, for this quarter.",
        notes=(SMALL_NUMBERS,) if hidden else (),
    )


def _matrix_row(asked: Asked, first: Total, totals: Sequence[Total | None]) -> Row:
    cells = (nothing() if total is None else Cell(said(total), one_number(total)) for total in totals)
    measure = text(first.measure_code, asked.link("/measure", **naming(first)))
    return Row((measure, text(first.measure), text(first.unit), *cells), group=theme_of(first))


async def _by_member(conn: Connection, asked: Asked, name: str) -> Found:
    wanted = Wanted(dimensions=(DIMENSIONS[name],), counted="contracts", own=False)
    found, _ = await reading.totals(
        conn, asked.quarter, wanted, threshold=asked.threshold, as_of=asked.as_of, publication=asked.number
    )
    groups = [list(totals) for _, totals in groupby(in_catalogue_order(found), _key)]
    columns = measure_tables.names_of(name, found) if groups else {}
    return Found(columns, [(totals[0], {total.member: total for total in totals}) for totals in groups])


async def _by_quarter(conn: Connection, asked: Asked) -> Found:
    quarters = measure_tables.quarters_of(asked)
    found = [total for quarter in quarters for total in await framework_totals(conn, asked.in_quarter(quarter))]
    groups = [list(totals) for _, totals in groupby(in_catalogue_order(found), _key)]
    return Found(
        {quarter.code: str(quarter) for quarter in quarters},
        [(totals[-1], {total.quarter.code: total for total in totals}) for totals in groups],
    )


@pages.router.get("/own-measures")
async def own_measures(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedFigures, cursor: Cursor) -> Response:
    """Core service measures of single buyers, page by page."""
    found = await _own(tx, asked, after=decode_cursor(cursor, *[str] * 8) if cursor else (), limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: one.place)
    return pages.show(
        request,
        "own_measures.jinja",
        now=now,
        asked=asked,
        table=await _own_table(tx, asked, shown),
        more=more and asked.link("/own-measures", cursor=more),
        back={"href": asked.link("/"), "text": "Back to the quarter"},
    )


@pages.router.get("/own-measures/tables/own-measures.{form:str}")
async def download_own_measures(visitor: Analyst, form: TableForm, tx: Tx, asked: WantedFigures) -> Response:
    return table_file(await _own_table(tx, asked, await _own(tx, asked)), form)


async def _own(conn: Connection, asked: Asked, *, after: tuple[str, ...] = (), limit: int | None = None) -> list[Total]:
    found, _ = await reading.totals(
        conn,
        asked.quarter,
        Wanted(dimensions=(Dimension.REGION,), own=True),
        threshold=asked.threshold,
        as_of=asked.as_of,
        publication=asked.number,
        after=after,
        limit=limit,
    )
    return found


async def _own_table(conn: Connection, asked: Asked, found: Sequence[Total]) -> Table:
    names = await commitments.organisation_names(conn, {total.owner_id for total in found if total.owner_id})
    return Table(
        "own-measures",
        "What contracts delivered under buyers’ own measures",
        (Column("Code"), Column("Measure"), Column("Buyer"), Column("Unit", only="file"), *AMOUNT, *COVERAGE),
        tuple(
            Row(
                (
                    text(total.measure_code, asked.link("/measure", **naming(total))),
                    text(total.measure),
                    text(names.get(total.owner_id, "Not known yet") if total.owner_id else ""),
                    text(total.unit),
                    *amount_cells(total),
                    *coverage_cells(total),
                )
            )
            for total in found
        ),
        asked,
        "/own-measures",
        empty="No contract owes a measure of a buyer’s own in this quarter.",
    )
