"""The page of one line: what was promised, how it stands, and the form that says what was delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.returns.actions import filing, reading
from services.returns.actions.finding import WRITERS
from services.returns.models.content import LineContent
from services.returns.models.returns import Line
from services.returns.models.viewer import Viewer
from services.returns.models.views import LineAtWork
from services.returns.pages import line_form, words
from services.returns.pages.routing import Reader, Writer, names_of, pages
from services.returns.pages.task_list import next_to_do
from services.returns.rules.figures import months_run
from services.returns.rules.lifecycle import with_supplier
from services.returns.rules.standing import rated_as, rated_before
from services.returns.store import contracts, lines
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import Invalid, ParityError, PreconditionFailed
from shared.origin import link
from shared.pages.forms import Bound
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_EARLIER = 8
"""Quarters before that are shown."""


@pages.router.get("/lines/{line_id:uuid}")
async def show_line(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Reader) -> Response:
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    return await _page(request, tx, visitor, at_work, now, form=line_form.shown(at_work.line))


@pages.router.post("/lines/{line_id:uuid}")
async def save_line(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    """Save what was typed. A draft is kept however little it says; "Save and continue" asks for the rest of it too."""
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    bound = line_form.bound(form, at_work.line)
    do = str(form.get("do", ""))
    if do == "more":
        return await _page(request, tx, visitor, at_work, now, form=line_form.with_rows(bound, at_work.line), parts_open=True)
    if bound.value is None:
        return await _page(request, tx, visitor, at_work, now, form=bound, status=422)
    try:
        await _save(tx, at_work.line, bound.value, form, visitor, at=now)
    except PreconditionFailed:
        return await _page(request, tx, visitor, at_work, now, form=bound, status=422, changed=True)
    except Invalid as error:
        return await _page(
            request, tx, visitor, at_work, now, form=line_form.refused(bound, error.errors, at_work.line), status=422
        )
    except ParityError as error:
        return await _page(request, tx, visitor, at_work, now, form=bound.refused(error), status=422)
    if do == "later":
        return redirect(link("returns", f"/{at_work.filed.return_id}"))
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    if at_work.line.missing:
        # What was typed stands as a draft: nothing of it is lost, whatever is still missing.
        bound = line_form.refused(replace(bound, value=None), at_work.line.missing, at_work.line)
        return await _page(request, tx, visitor, at_work, now, form=bound, status=422, saved=True)
    return redirect(await _next(tx, at_work, visitor, at=now))


async def _save(conn: Connection, line: Line, content: LineContent, form: Form, visitor: Visitor, *, at: datetime) -> None:
    """Raises what ``filing.save_line`` raises; where the same was saved already, by a second click too, nothing is done."""
    if content == line.content and with_supplier(line.status):
        return
    typed = str(form.get("version", ""))
    version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    await filing.save_line(conn, line.line_id, content, by=visitor.caller, at=at, version=version)


async def _next(conn: Connection, at_work: LineAtWork, visitor: Visitor, *, at: datetime) -> str:
    """The next line that needs something; else the page to check them all."""
    return_id = at_work.filed.return_id
    filed = await reading.read_return(conn, return_id, by=visitor.caller, at=at)
    line = next_to_do(filed, at_work.line.line_id, await lines.answered(conn, return_id))
    return link("returns", f"/lines/{line.line_id}" if line else f"/{return_id}/check")


async def _page(
    request: Request,
    conn: Connection,
    visitor: Visitor,
    at_work: LineAtWork,
    now: datetime,
    *,
    form: Bound[LineContent],
    status: int = 200,
    **context: Any,
) -> Response:
    filed, line, earlier = at_work.filed, at_work.line, at_work.earlier
    ids = [one.line_id for one in filed.lines]
    before = rated_before(earlier, filed.contract)
    may_fill = await contracts.sees(conn, Viewer.of(visitor.caller, acting_as=WRITERS), filed.contract_id)
    return pages.show(
        request,
        "line.jinja",
        status=status,
        filed=filed,
        line=line,
        wording=at_work.wording,
        number=ids.index(line.line_id) + 1,
        form=form,
        editable=may_fill and with_supplier(line.status),
        parts=line_form.parts_of(line.terms),
        months=words.month_names(line.quarter),
        ran=months_run(filed.contract, line.quarter),
        rows=range(line_form.parts_typed(form)),
        parts_open=context.pop("parts_open", False) or line_form.parts_open(form),
        earlier=[(one, before.get(one.quarter)) for one in earlier[:_EARLIER]],
        rated=rated_as(line, line.counts, earlier, filed.contract),
        noted=at_work.noted,
        names=await names_of(request, [line.saved_by]),
        words=words,
        now=now,
        **context,
    )
