"""One measure in a quarter, and the contracts behind a total."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Request, Response

from services.aggregator.models.facts import REGION
from services.aggregator.models.totals import Dimension
from services.aggregator.pages import measure_tables as tables
from services.aggregator.pages.amounts import said
from services.aggregator.pages.asking import AskedMeasure
from services.aggregator.pages.downloads import NoSuchTable, chart_file, table_file
from services.aggregator.pages.drawings import Drawing, framed
from services.aggregator.pages.routing import Analyst, WantedMeasure, pages
from services.aggregator.pages.tables import Table
from shared.api import Cursor, Now, Tx, decode_cursor, encode_cursor
from shared.db import Connection
from shared.pages.downloads import ChartForm, TableForm

_PAGE = 100


@pages.router.get("/measure")
async def one_measure(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedMeasure) -> Response:
    asked = replace(asked, dimension=Dimension.REGION, member=REGION)
    totals = await tables.of_quarter(tx, asked)
    quarters = await tables.over_quarters(tx, asked)
    bridge = await tables.bridge(tx, asked)
    region = tables.region(totals)
    return pages.show(
        request,
        "measure.jinja",
        now=now,
        asked=asked,
        region=region,
        said=said(region) if region else "",
        quarters=tables.quarters_table(asked, quarters),
        quarters_chart=await framed(tables.quarters_drawing(asked, quarters)),
        bridge=tables.bridge_table(asked, bridge),
        bridge_chart=await framed(tables.bridge_drawing(asked, bridge)),
        parts=[
            (
                tables.HEADINGS[name],
                await framed(tables.members_drawing(name, asked, members)),
                tables.members_table(name, asked, members),
            )
            for name in tables.DIMENSIONS
            for members in [tables.members_of(name, totals)]
        ],
        back={"href": asked.of_quarter.link("/"), "text": "Back to the quarter"},
    )


@pages.router.get("/contracts")
async def contracts_behind(
    visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedMeasure, cursor: Cursor
) -> Response:
    (begin,) = decode_cursor(cursor, int) if cursor else (0,)
    contracts = await tables.contracts(tx, asked)
    more = encode_cursor(begin + _PAGE) if len(contracts.rows) > begin + _PAGE else None
    totals = await tables.of_quarter(tx, asked)
    there = (asked.dimension, asked.member)
    total = next((total for total in totals if (total.dimension, total.member) == there), None)
    return pages.show(
        request,
        "contracts.jinja",
        now=now,
        asked=asked,
        whose=tables.heading(asked, totals),
        total=total,
        said=said(total) if total else "",
        contracts=replace(contracts, rows=contracts.rows[max(begin, 0) :][:_PAGE]),
        more=more and asked.link("/contracts", cursor=more),
        back={"href": replace(asked, dimension=Dimension.REGION, member=REGION).link("/measure"), "text": "Back to the measure"},
    )


@pages.router.get("/measure/tables/{name:str}.{form:str}")
async def download_table(visitor: Analyst, name: str, form: TableForm, tx: Tx, asked: WantedMeasure) -> Response:
    return table_file(await _table(tx, asked, name), form)


@pages.router.get("/measure/charts/{name:str}.{form:str}")
async def download_chart(visitor: Analyst, name: str, form: ChartForm, tx: Tx, asked: WantedMeasure) -> Response:
    return await chart_file(await _drawing(tx, asked, name), form)


async def _table(conn: Connection, asked: AskedMeasure, name: str) -> Table:
    match name:
        case "quarters":
            return tables.quarters_table(asked, await tables.over_quarters(conn, asked))
        case "bridge":
            return tables.bridge_table(asked, await tables.bridge(conn, asked))
        case "contracts":
            return await tables.contracts(conn, asked)
        case "places" | "buyers" | "sectors":
            return tables.members_table(name, asked, tables.members_of(name, await tables.of_quarter(conn, asked)))
    raise NoSuchTable


async def _drawing(conn: Connection, asked: AskedMeasure, name: str) -> Drawing | None:
    match name:
        case "quarters":
            return tables.quarters_drawing(asked, await tables.over_quarters(conn, asked))
        case "bridge":
            return tables.bridge_drawing(asked, await tables.bridge(conn, asked))
        case "places" | "buyers" | "sectors":
            return tables.members_drawing(name, asked, tables.members_of(name, await tables.of_quarter(conn, asked)))
    raise NoSuchTable
