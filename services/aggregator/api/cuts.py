"""Provisional cuts of quarters: made, listed, and compared with a publication."""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated

from fastapi import Query, Response
from pydantic import AwareDatetime, Field

from services.aggregator.actions import comparing, cutting
from services.aggregator.api.routing import Analyst, Closer, Threshold
from services.aggregator.models.cuts import Cut, CutWanted
from services.aggregator.models.publications import CutChanges
from services.aggregator.rules.days import end_of
from services.aggregator.store import cuts as store
from services.aggregator.store import publications
from shared.api import Cursor, Limit, Now, Page, Tx, api_router, decode_cursor, paged
from shared.quarters import QuarterCode

router = api_router("cuts")


class CutDetail(Cut):
    """A provisional cut, and the moment by which its figures are asked for."""

    as_of: AwareDatetime = Field(description="The last of its day. Its figures are ``totals?quarter=…&as_of=…``.")


def _detail(cut: Cut) -> CutDetail:
    return CutDetail(**cut.model_dump(), as_of=end_of(cut.day).astimezone(UTC))


@router.post("/cuts", status_code=201)
async def make_cut(body: CutWanted, tx: Tx, now: Now, caller: Closer, response: Response) -> CutDetail:
    """Keep that a quarter was shown as known at the end of a day. One that was made before is answered as it was made."""
    made = await cutting.make_cut(tx, body.quarter, body.day, at=now, by=caller.person_id)
    response.headers["Location"] = f"cuts/{made.quarter.code}/{made.day}"
    return _detail(made)


@router.get("/cuts")
async def list_cuts(tx: Tx, caller: Analyst, limit: Limit, cursor: Cursor, quarter: QuarterCode | None = None) -> Page[CutDetail]:
    """The newest quarter first, of each the newest day."""
    after = decode_cursor(cursor, date, date) if cursor else None
    found = await store.cuts(tx, quarter.first_day if quarter else None, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.quarter.first_day, one.day))
    return Page(items=[_detail(cut) for cut in shown], next=more)


@router.get("/cuts/{quarter}/{day}")
async def read_cut(quarter: QuarterCode, day: date, tx: Tx, caller: Analyst) -> CutDetail:
    return _detail(await store.cut(tx, quarter, day))


@router.get("/cuts/{quarter}/{day}/changes")
async def read_changes_since(
    quarter: QuarterCode,
    day: date,
    tx: Tx,
    caller: Analyst,
    threshold: Threshold,
    publication: Annotated[int | None, Query(ge=1, le=1_000_000, description="Without: the last of the quarter.")] = None,
) -> CutChanges:
    """Which figures differ between a provisional cut and a publication of its quarter, and why."""
    cut = await store.cut(tx, quarter, day)
    number = publication or cut.publication
    if number is None:
        raise publications.NoSuchPublication(f"{quarter} has not been published yet.")
    made = await publications.publication(tx, quarter.first_day, number)
    return await comparing.changes_since_cut(tx, cut, made, threshold=threshold)
