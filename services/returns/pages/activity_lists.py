"""Activities of a supplier: what was noted by now, and what can be noted with one or two taps."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response

from services.returns.models.activities import Noted, Owed
from services.returns.pages import words
from services.returns.pages.routing import Supplier, pages
from services.returns.store import activity_lists as store
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.origin import link
from shared.pages import downloads
from shared.pages.visitors import Visitor
from shared.quarters import local_date
from shared.spreadsheets import Sheet

_PAGE = 25
_HEADINGS = (
    "Date", "Contract reference", "Contract", "Obligation", "Measure", "How much", "Out of", "Unit", "In all", "Note", "Files",
)  # fmt: skip
_WIDTHS = {"Contract": 40, "Measure": 40, "Note": 60}
_OFFERED = 5
"""What was noted last is offered at once; the rest is one tap further."""
_CONTRACTS = 10
"""On a page of everything that is owed."""
_STILL_NOTED = timedelta(days=183)
"""A contract that ended so long ago is offered still: what was done last may not be noted yet."""
DONE = {
    "noted": "Your activity is noted.",
    "too-late": "Your activity is noted. The figure of its quarter was submitted before, so that figure stays as it is. "
    "Once it is approved, you can ask for a change on its line.",
    "changed": "Your change is saved.",
    "removed": "The activity is removed.",
}


@pages.router.get("/activities")
async def list_activities(
    request: Request,
    tx: Tx,
    now: Now,
    visitor: Supplier,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What was noted, what happened last first; above it, what can be noted with one tap."""
    after = decode_cursor(cursor, date, UUID) if cursor else None
    found = await store.page(tx, visitor.caller.organisation_id, after=after, limit=_PAGE + 1)
    shown, following = paged(found, _PAGE, lambda one: (one.activity.happened_on, one.activity.activity_id))
    owed = await noted_last(tx, visitor, now, limit=_OFFERED + 1) if after is None else []
    return pages.show(
        request,
        "activities.jinja",
        noted=shown,
        offered=owed[:_OFFERED],
        more=len(owed) > _OFFERED,
        first=after is None,
        done=DONE.get(done, ""),
        next=link("returns", f"/activities?{urlencode({'cursor': following})}") if following else "",
        taken=downloads.offered(link("returns", "/activities")),
        words=words,
        now=now,
    )


@pages.router.get("/activities/download")
async def download_activities(tx: Tx, visitor: Supplier, file: downloads.Taken) -> Response:
    found: list[Noted] = await downloads.whole(
        lambda last, limit: store.page(
            tx,
            visitor.caller.organisation_id,
            after=(last.activity.happened_on, last.activity.activity_id) if last else None,
            limit=limit,
        )
    )
    rows = [
        (
            *(done.happened_on, owed.contract_reference, owed.title, owed.reference, owed.terms.measure.label),
            *(*words.in_cells(done.quantity, owed.terms), done.whole, done.note, one.files),
        )
        for one in found
        for done, owed in [(one.activity, one.owed)]
    ]
    return await downloads.table(Sheet("Activities", _HEADINGS, rows, widths=_WIDTHS), "activities", file)


@pages.router.get("/activities/new")
async def choose(
    request: Request,
    tx: Tx,
    now: Now,
    visitor: Supplier,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Everything that is owed, contract by contract."""
    after = decode_cursor(cursor, str, str, UUID) if cursor else None
    supplier_id, running = visitor.caller.organisation_id, _running(now)
    found = await store.by_contract(tx, supplier_id, **running, after=after, limit=_CONTRACTS + 1)
    shown, more = paged(found, _CONTRACTS, lambda owed: (owed[0].title, owed[0].contract_reference, owed[0].contract_id))
    return pages.show(
        request,
        "activity_choose.jinja",
        contracts=shown,
        next=link("returns", f"/activities/new?{urlencode({'cursor': more})}") if more else "",
        now=now,
    )


class _Running(TypedDict):
    from_day: date
    to_day: date


def _running(now: datetime) -> _Running:
    """Between which days a contract ran for which something can be noted."""
    return {"from_day": local_date(now) - _STILL_NOTED, "to_day": local_date(now)}


async def noted_last(conn: Connection, visitor: Visitor, now: datetime, *, limit: int, unit: str | None = None) -> list[Owed]:
    return await store.noted_last(conn, visitor.caller.organisation_id, **_running(now), unit=unit, limit=limit)
