"""Closing a quarter: what is still missing is shown before, and one confirms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request, Response
from pydantic import BaseModel

from services.aggregator.actions import publishing, reading
from services.aggregator.pages import changes_table
from services.aggregator.pages import quarter_tables as tables
from services.aggregator.pages.amounts import coverage_said
from services.aggregator.pages.asking import Asked, AskedComparison
from services.aggregator.pages.routing import Analyst, WantedFigures, pages
from services.aggregator.rules import closing
from services.aggregator.store import publications as store
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import Conflict
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.quarters import Quarter


class Closing(BaseModel):
    seen: Annotated[Literal["yes"], Says("Select that you have seen what is missing")]


@pages.router.get("/close")
async def ask_to_close(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedFigures) -> Response:
    return pages.show(request, "close.jinja", **await _context(tx, now, asked, blank()))


@pages.router.post("/close")
async def close(visitor: Analyst, request: Request, tx: Tx, now: Now, form: Form, asked: WantedFigures) -> Response:
    bound = bind(Closing, form)
    if bound.value is None:
        raise pages.again(request, "close.jinja", **await _context(tx, now, asked, bound))
    try:
        made = await publishing.close_quarter(tx, asked.quarter, at=now, by=visitor.caller.person_id, threshold=asked.threshold)
    except Conflict as error:
        raise pages.again(request, "close.jinja", **await _context(tx, now, asked, bound.refused(error))) from error
    return redirect(link("aggregator", f"/publications/{made.quarter.code}/{made.number}"))


async def _context(conn: Connection, now: datetime, wanted: Asked, form: Bound[Any]) -> dict[str, Any]:
    asked = Asked(quarter=wanted.quarter, threshold=wanted.threshold)
    quarter = asked.quarter
    last = await store.last_publication(conn, quarter.first_day)
    overview = await reading.overview(conn, quarter)
    since = AskedComparison(quarter=quarter, threshold=asked.threshold, against=last) if last else None
    return {
        "now": now,
        "form": form,
        "asked": asked,
        "overview": overview,
        "number": 1 if last is None else last.publication.number + 1,
        "refusal": _refusal(quarter, now, anything_new=overview.heard_since),
        "covered": coverage_said((await tables.returns_coverage(conn, asked))[False]),
        "buyers": await tables.buyers_coverage(conn, asked),
        "pending": since and await changes_table.changes(conn, since),
        "back": {"href": asked.link("/"), "text": "Back to the quarter"},
    }


def _refusal(quarter: Quarter, now: datetime, *, anything_new: bool) -> str:
    """Why it cannot be closed now; empty where it can."""
    try:
        closing.may_close(quarter, at=now, anything_new=anything_new)
    except Conflict as error:
        return error.detail
    return ""
