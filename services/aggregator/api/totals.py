"""Totals: as JSON and CSV, at present, as at a time, as published; and what changed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from services.aggregator.actions import reading
from services.aggregator.actions.naming import measure_called
from services.aggregator.api import csv_feed
from services.aggregator.api.routing import (
    Analyst,
    AsOf,
    IsCounted,
    MeasureCode,
    Member,
    OwnerId,
    Subscriber,
    Threshold,
    Unit,
    WantedQuarter,
    WantedTotals,
    one_moment,
)
from services.aggregator.api.tags import NOT_MODIFIED, Tag
from services.aggregator.models.behind import ContractsBehind
from services.aggregator.models.facts import REGION
from services.aggregator.models.publications import Known
from services.aggregator.models.totals import Dimension, Total, Totals, YearTotals
from services.aggregator.rules.showing import overlap_notes
from shared.api import Cursor, Limit, Tx, api_router, decode_cursor, encode_cursor, paged
from shared.obligations import Frozen

router = api_router("totals")

PublicationNumber = Annotated[int | None, Query(ge=1, le=1_000_000, description="As it was published under this number.")]


@router.get("/totals", response_model=Totals, responses=NOT_MODIFIED)
async def list_totals(
    request: Request,
    tx: Tx,
    caller: Subscriber,
    quarter: WantedQuarter,
    wanted: WantedTotals,
    threshold: Threshold,
    limit: Limit,
    cursor: Cursor,
    as_of: AsOf = None,
    publication: PublicationNumber = None,
) -> Response:
    """Totals of one quarter, each beside its coverage."""
    one_moment(as_of, publication)
    tag = Tag(request, quarter, threshold)
    if as_of is None and (answer := tag.answer(await reading.tag(tx, quarter, publication))):
        return answer
    after = decode_cursor(cursor, *[str] * 8) if cursor else ()
    found, read = await reading.totals(
        tx,
        quarter,
        wanted,
        threshold=threshold,
        as_of=as_of,
        publication=publication,
        after=after,
        limit=limit + 1,
    )
    items, more = paged(found, limit, lambda one: one.place)
    page = Totals(quarter=quarter, items=items, next=more, notes=overlap_notes(items))
    return tag.put(Response(page.model_dump_json(), media_type="application/json"), read)


@router.get("/totals.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}, **NOT_MODIFIED})
async def totals_as_csv(
    request: Request,
    tx: Tx,
    caller: Subscriber,
    quarter: WantedQuarter,
    wanted: WantedTotals,
    threshold: Threshold,
    as_of: AsOf = None,
    publication: PublicationNumber = None,
) -> Response:
    """All totals of one quarter as CSV; its columns keep their names and places."""
    one_moment(as_of, publication)
    tag = Tag(request, quarter, threshold)
    if as_of is None and (answer := tag.answer(await reading.tag(tx, quarter, publication))):
        return answer
    totals, read = await reading.totals(tx, quarter, wanted, threshold=threshold, as_of=as_of, publication=publication)
    response = Response(csv_feed.as_csv(totals), media_type="text/csv; charset=utf-8; header=present")
    response.headers["Link"] = f'<totals.csv-metadata.json{_asked(request)}>; rel="describedby"; type="application/csvm+json"'
    response.headers["Content-Disposition"] = f'attachment; filename="totals-{quarter.code}.csv"'
    return tag.put(response, read)


@router.get("/totals.csv-metadata.json", response_class=JSONResponse)
async def csv_metadata(request: Request, caller: Subscriber) -> dict[str, Any]:
    """What the columns of the CSV mean, for programs (CSV on the Web). It is of the CSV that is asked for by the same query."""
    return csv_feed.metadata(f"totals.csv{_asked(request)}")


def _asked(request: Request) -> str:
    """The query, to be put behind another path."""
    return f"?{urlencode(request.query_params.multi_items())}" if request.query_params else ""


@router.get("/totals/year")
async def year_totals(
    tx: Tx, caller: Subscriber, quarter: WantedQuarter, wanted: WantedTotals, threshold: Threshold, as_of: AsOf = None
) -> YearTotals:
    """Totals over the financial year of ``quarter`` up to it, as each measure combines over time."""
    items = await reading.year_totals(tx, quarter, wanted, threshold=threshold, as_of=as_of)
    return YearTotals(year=quarter.financial_year, items=items)


@router.get("/totals/contracts")
async def contracts_behind(
    tx: Tx,
    caller: Analyst,
    quarter: WantedQuarter,
    measure: MeasureCode,
    threshold: Threshold,
    unit: Unit = None,
    owner_id: OwnerId = None,
    counted: IsCounted = "contracts",
    dimension: Dimension = Dimension.REGION,
    member: Member = REGION,
    as_of: AsOf = None,
) -> ContractsBehind:
    """The contracts behind a total: of buyers who let the ICB see single contracts."""
    found = await measure_called(tx, measure, unit, owner_id)
    return await reading.contracts_behind(
        tx,
        quarter,
        found,
        pledge=counted == "pledges",
        dimension=dimension,
        member=member,
        threshold=threshold,
        known=Known(at=as_of),
    )


class Changes(Frozen):
    """Totals that changed, by quarter and measure."""

    items: list[Total] = Field(description="Of every measure, quarter and counting that changed all totals, as they are now.")
    next: str = Field(description="Ask with this cursor for what changes after these.")
    more: bool = Field(description="There are more already.")


@router.get("/changes")
async def list_changes(
    tx: Tx,
    caller: Subscriber,
    threshold: Threshold,
    cursor: Cursor,
    limit: Annotated[int, Query(ge=1, le=200, description="How many measures of a quarter at most.")] = 50,
) -> Changes:
    """What changed since a cursor; without one, everything. What comes replaces what was known of its measure and quarter."""
    after = decode_cursor(cursor, int, date, UUID, bool) if cursor else reading.BEGINNING
    items, reached, more = await reading.changes(tx, after, limit=limit, threshold=threshold)
    return Changes(items=items, next=encode_cursor(*reached), more=more)
