"""Publications: the list, one of them, what differs between two, and what was restated."""

from __future__ import annotations

from datetime import date

from fastapi import Request, Response

from services.aggregator.models.publications import Publication, Reason
from services.aggregator.pages import changes_table, cuts
from services.aggregator.pages import quarter_tables as tables
from services.aggregator.pages.amounts import coverage_said
from services.aggregator.pages.asking import Asked, AskedComparison
from services.aggregator.pages.downloads import table_file, table_named
from services.aggregator.pages.routing import Analyst, Number, Threshold, WantedComparison, pages
from services.aggregator.pages.tables import Cell, Column, Row, Table, number, text
from services.aggregator.store import cuts as cuts_store
from services.aggregator.store import publications as store
from shared.api import Cursor, Now, Tx, decode_cursor, paged
from shared.identity import people
from shared.origin import link
from shared.pages.downloads import TableForm
from shared.quarters import QuarterCode
from shared.words import label, listed, moment

_PAGE = 50
_ALL = 10_000
_LIST = {"href": link("aggregator", "/publications"), "text": "Back to publications"}


@pages.router.get("/publications")
async def list_publications(visitor: Analyst, request: Request, tx: Tx, now: Now, cursor: Cursor) -> Response:
    found = await store.publications(tx, None, after=decode_cursor(cursor, date, int) if cursor else None, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, _place)
    return pages.show(
        request,
        "publications.jinja",
        now=now,
        publications=_table(shown),
        more=_next("/publications", more),
    )


@pages.router.get("/publications/restatements")
async def list_restatements(
    visitor: Analyst, request: Request, tx: Tx, now: Now, threshold: Threshold, cursor: Cursor
) -> Response:
    found = await store.publications(tx, None, after=decode_cursor(cursor, date, int) if cursor else None, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, _place)
    return pages.show(
        request,
        "restatements.jinja",
        now=now,
        restatements=await changes_table.restatements(tx, shown, threshold),
        more=_next("/publications/restatements", more),
        back=_LIST,
    )


@pages.router.get("/publications/tables/{name:str}.{form:str}")
async def download(visitor: Analyst, request: Request, name: str, form: TableForm, tx: Tx, threshold: Threshold) -> Response:
    if name == "cuts":
        return table_file(await cuts.table(request, await cuts_store.cuts(tx, None, limit=_ALL)), form)
    found = await store.publications(tx, None, after=None, limit=_ALL)
    if name == "restatements":
        return table_file(await changes_table.restatements(tx, found, threshold), form)
    return table_file(table_named({"publications": _table(found)}, name), form)


@pages.router.get("/publications/{quarter:str}/{number:int}")
async def one_publication(
    visitor: Analyst, request: Request, quarter: QuarterCode, number: Number, tx: Tx, now: Now, threshold: Threshold
) -> Response:
    record = await store.publication(tx, quarter.first_day, number)
    asked = Asked(quarter=quarter, threshold=threshold, publication=record)
    identity = request.app.state.runtime.identity
    of_quarter = await store.publications(tx, quarter.first_day, after=None, limit=_PAGE)
    returns = await tables.returns_coverage(tx, asked)
    found = await tables.framework_totals(tx, asked, None)
    changes = None
    if number > 1:
        before = await store.publication(tx, quarter.first_day, number - 1)
        changes = await changes_table.changes(
            tx, AskedComparison(quarter=quarter, threshold=threshold, publication=record, against=before)
        )
    return pages.show(
        request,
        "publication.jinja",
        now=now,
        asked=asked,
        made=record.publication,
        closed_by=(await people.names(identity, [record.publication.person_id])).get(record.publication.person_id),
        cuts=[(cut, cuts.href(cut, "/compare")) for cut in await cuts_store.cuts(tx, quarter.first_day, limit=_PAGE)],
        others=[other for other in of_quarter if other.number != number],
        changes=changes,
        covered=coverage_said(returns[False]),
        coverage=tables.coverage_table(asked, returns),
        totals=tables.totals_table("contracts", asked, found),
        pledges=tables.totals_table("pledges", asked, found),
        back=_LIST,
    )


@pages.router.get("/compare")
async def compare(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedComparison) -> Response:
    return pages.show(
        request,
        "compare.jinja",
        now=now,
        asked=asked,
        sides=asked.sides,
        totals=await changes_table.beside(tx, asked),
        changes=await changes_table.changes(tx, asked),
        back={"href": changes_table.publication_href(asked.against.publication), "text": "Back to the publication"},
    )


@pages.router.get("/compare/tables/{name:str}.{form:str}")
async def download_comparison(visitor: Analyst, name: str, form: TableForm, tx: Tx, asked: WantedComparison) -> Response:
    make = table_named({"totals": changes_table.beside, "changes": changes_table.changes}, name)
    return table_file(await make(tx, asked), form)


def _table(found: list[Publication]) -> Table:
    return Table(
        "publications",
        "Publications, the newest quarter first",
        (
            Column("Publication"),
            Column("Quarter", only="file"),
            Column("Number", numeric=True, only="file"),
            Column("Closed on"),
            Column("Figures", numeric=True),
            Column("What changed since the one before"),
        ),
        tuple(
            Row(
                (
                    text(f"{made.quarter}, publication {made.number}", changes_table.publication_href(made)),
                    Cell("", made.quarter.code),
                    Cell("", made.number),
                    Cell(moment(made.published_at), made.published_at.isoformat()),
                    number(made.totals),
                    text(_changed(made)),
                )
            )
            for made in found
        ),
        None,
        "/publications",
        empty="No quarter has been closed yet. Open the quarter, see what is missing, and close it.",
    )


def _changed(made: Publication) -> str:
    if made.number == 1:
        return "The first of its quarter"
    told = [f"{made.reasons[reason]:,} {label(reason).lower()}" for reason in Reason if reason in made.reasons]
    return f"Lines: {listed(told)}" if told else "No line"


def _next(path: str, more: str | None) -> str | None:
    return more and f"{link('aggregator', path)}?cursor={more}"


def _place(made: Publication) -> tuple[date, int]:
    return made.quarter.first_day, made.number
