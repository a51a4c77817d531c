"""Provisional cuts: making one, and the list of those that were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel

from services.aggregator.actions.cutting import make_cut
from services.aggregator.models.cuts import Cut, CutDay
from services.aggregator.pages.asking import Asked
from services.aggregator.pages.routing import Analyst, WantedFigures, pages
from services.aggregator.pages.tables import Cell, Column, Row, Table, text
from services.aggregator.store import cuts as store
from shared.api import Cursor, Now, Tx, decode_cursor, paged
from shared.errors import Invalid
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.naming import names_of
from shared.pages.site import Form, redirect
from shared.quarters import local_date
from shared.words import day, moment

_PAGE = 50


class CutForm(BaseModel):
    day: Annotated[CutDay, Says("Enter the date of the cut", called="Date of the cut")]


@pages.router.get("/cut")
async def ask(visitor: Analyst, request: Request, now: Now, asked: WantedFigures) -> Response:
    yesterday = local_date(now) - timedelta(days=1)
    return pages.show(request, "cut.jinja", **_context(now, asked, blank(day=asked.cut or yesterday)))


@pages.router.post("/cut")
async def make(visitor: Analyst, request: Request, tx: Tx, now: Now, form: Form, asked: WantedFigures) -> Response:
    bound = bind(CutForm, form)
    if bound.value is None:
        raise pages.again(request, "cut.jinja", **_context(now, asked, bound))
    try:
        await make_cut(tx, asked.quarter, bound.value.day, at=now, by=visitor.caller.person_id)
    except Invalid as error:
        raise pages.again(request, "cut.jinja", **_context(now, asked, bound.refused(error))) from None
    return redirect(replace(asked, cut=bound.value.day, publication=None).link("/"))


@pages.router.get("/publications/cuts")
async def list_cuts(visitor: Analyst, request: Request, tx: Tx, now: Now, cursor: Cursor) -> Response:
    found = await store.cuts(tx, None, after=decode_cursor(cursor, date, date) if cursor else None, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: (one.quarter.first_day, one.day))
    return pages.show(
        request,
        "cuts.jinja",
        now=now,
        cuts=await table(request, shown),
        more=more and f"{link('aggregator', '/publications/cuts')}?cursor={more}",
        back={"href": link("aggregator", "/publications"), "text": "Back to publications"},
    )


async def table(request: Request, found: Sequence[Cut]) -> Table:
    names = await names_of(request, {cut.person_id for cut in found})
    return Table(
        "cuts",
        "Provisional cuts, the newest quarter first",
        (
            Column("Cut"),
            Column("Quarter", only="file"),
            Column("Day", only="file"),
            Column("Made by"),
            Column("Made on"),
            Column("Compare with"),
        ),
        tuple(
            Row(
                (
                    text(f"{cut.quarter}, as known at the end of {day(cut.day)}", href(cut)),
                    Cell("", cut.quarter.code),
                    Cell("", cut.day),
                    text(names[cut.person_id]),
                    Cell(moment(cut.made_at), cut.made_at.isoformat()),
                    _compared(cut),
                )
            )
            for cut in found
        ),
        None,
        "/publications",
        empty="No cut has been made yet. Open the quarter, and make one for a board paper.",
    )


def href(cut: Cut, path: str = "/") -> str:
    """The figures of a cut, or how they differ from the last publication."""
    return f"{link('aggregator', path)}?quarter={cut.quarter.code}&cut={cut.day}"


def _compared(cut: Cut) -> Cell:
    return text(f"Publication {cut.publication}", href(cut, "/compare")) if cut.publication else text("Not published yet")


def _context(now: datetime, asked: Asked, form: Bound[Any]) -> dict[str, Any]:
    return {"now": now, "form": form, "asked": asked, "back": {"href": asked.link("/"), "text": "Back to the quarter"}}
