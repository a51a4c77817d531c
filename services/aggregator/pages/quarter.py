"""The quarter: coverage first, then what was delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Request, Response

from services.aggregator.actions import reading
from services.aggregator.pages import drawings
from services.aggregator.pages import quarter_tables as tables
from services.aggregator.pages.amounts import coverage_said
from services.aggregator.pages.asking import Asked
from services.aggregator.pages.cuts import href as cut_href
from services.aggregator.pages.downloads import chart_file, table_file, table_named
from services.aggregator.pages.routing import Analyst, WantedFigures, pages
from services.aggregator.pages.tables import Table
from services.aggregator.rules.showing import overlap_notes
from services.aggregator.store import cuts, missing, totals
from shared.api import Cursor, Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.pages.downloads import ChartForm, TableForm
from shared.quarters import Quarter

_PAGE = 50
_LATEST_CUTS = 5


@pages.router.get("/")
async def the_quarter(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedFigures) -> Response:
    found = await tables.framework_totals(tx, asked, None)
    returns = await tables.returns_coverage(tx, asked)
    return pages.show(
        request,
        "quarter.jinja",
        now=now,
        asked=asked,
        quarters=[Quarter(first) for first in reversed(await totals.quarters(tx))],
        overview=await reading.overview(tx, asked.quarter),
        cuts=[(cut, cut_href(cut)) for cut in await cuts.cuts(tx, asked.quarter.first_day, limit=_LATEST_CUTS)],
        covered=coverage_said(returns[False]),
        chart=await drawings.framed(drawings.of_coverage(asked, returns)),
        buried=await totals.buried(tx),
        coverage=tables.coverage_table(asked, returns),
        totals=tables.totals_table("contracts", asked, found),
        pledges=tables.totals_table("pledges", asked, found),
        overlaps=overlap_notes(found),
    )


@pages.router.get("/missing")
async def what_is_missing(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedFigures, cursor: Cursor) -> Response:
    after = decode_cursor(cursor, bool, str, UUID) if cursor else None
    found = await missing.incomplete_returns(tx, asked.quarter.first_day, asked.known, after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: (one.received, one.reference, one.return_id))
    return pages.show(
        request,
        "missing.jinja",
        now=now,
        asked=asked,
        covered=coverage_said((await tables.returns_coverage(tx, asked))[False]),
        buyers=await tables.buyers_coverage(tx, asked),
        missing=tables.missing_table(asked, shown),
        more=more and asked.link("/missing", cursor=more),
        back={"href": asked.link("/"), "text": "Back to the quarter"},
    )


_TABLES: dict[str, Callable[[Connection, Asked], Awaitable[Table]]] = {
    "coverage": tables.coverage,
    "coverage-by-buyer": tables.buyers_coverage,
    "missing": tables.missing,
    "totals": tables.totals,
    "pledges": tables.pledges,
}


@pages.router.get("/tables/{name:str}.{form:str}")
async def download_table(visitor: Analyst, name: str, form: TableForm, tx: Tx, asked: WantedFigures) -> Response:
    return table_file(await table_named(_TABLES, name)(tx, asked), form)


@pages.router.get("/charts/coverage.{form:str}")
async def download_coverage_chart(visitor: Analyst, form: ChartForm, tx: Tx, asked: WantedFigures) -> Response:
    return await chart_file(drawings.of_coverage(asked, await tables.returns_coverage(tx, asked)), form)
