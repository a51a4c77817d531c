"""Changing an approved line: by the contract manager, who may also ask the supplier for it, or on the supplier's request."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from services.returns.actions import reading, restating
from services.returns.actions.finding import REVIEWER
from services.returns.models.content import LineContent, OptionalText
from services.returns.models.decisions import Restatement, RestatementAnswer, RestatementWanted
from services.returns.models.views import LineAtWork
from services.returns.pages import line_form, words
from services.returns.pages.history import differing
from services.returns.pages.lines import Kept, line_page
from services.returns.pages.routing import Reviewer, Supplier, Version, Writer, acts_as, pages
from services.returns.rules.figures import assess, months_run
from services.returns.rules.standing import rated_as
from services.returns.store import restatements
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid, NotFound, ParityError, PreconditionFailed
from shared.events.returns import LineStatus
from shared.obligations import Judgement, Words
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.naming import names_of
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor


class Why(BaseModel):
    """What a restatement needs beside the line's content."""

    version: Version = 0
    reason: Annotated[Words, Says("Enter the reason for the change", "Reason must be 4,000 characters or fewer")]
    judgement: Annotated[Judgement | None, Says("", "Select how the story meets the promise")] = None


class AskWhy(BaseModel):
    reason: Annotated[Words, Says("Enter what the supplier should look at again", "It must be 4,000 characters or fewer")]


class Right(BaseModel):
    right_because: Annotated[Words, Says("Enter why the figure is right", "It must be 4,000 characters or fewer")]


class Answer(BaseModel):
    confirmed: Annotated[bool, Says("Select whether you confirm the change")]
    answer: Annotated[OptionalText, Says("", "Your answer must be 4,000 characters or fewer")] = None
    judgement: Annotated[Judgement | None, Says("", "Select how the story meets the promise")] = None


@pages.router.get("/lines/{line_id:uuid}/restate")
async def ask(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Writer) -> Response:
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    if at_work.line.status is not LineStatus.APPROVED:
        return redirect(link("returns", f"/lines/{line_id}"))
    return pages.show(request, "restate.jinja", **await _context(tx, at_work, visitor, line_form.shown(at_work.line)), now=now)


@pages.router.post("/lines/{line_id:uuid}/restate")
async def restate(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    """A contract manager's takes effect at once; a supplier's waits for the contract manager."""
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    line, bound = at_work.line, line_form.bound(form, at_work.line)
    if form.get("do") == "more":
        bound = line_form.with_rows(bound, line)
        return pages.show(request, "restate.jinja", **await _context(tx, at_work, visitor, bound), now=now)
    why = bind(Why, form)
    bound = replace(bound, errors=(*bound.errors, *why.errors))
    content = bound.value
    if content is None or why.value is None:
        raise await _again(request, tx, at_work, visitor, bound, now)
    reason, judgement = why.value.reason, why.value.judgement
    try:
        if await acts_as(tx, visitor, line.contract_id, REVIEWER):
            restatement = Restatement(content=content, reason=reason, judgement=judgement)
            await restating.restate(tx, line_id, restatement, by=visitor.caller, at=now, version=why.value.version)
        else:
            wanted = RestatementWanted(content=content, reason=reason)
            await restating.request_restatement(tx, line_id, wanted, by=visitor.caller, at=now)
    except PreconditionFailed:
        changed = "Somebody changed this line meanwhile. What stands now is shown above: compare it, then send yours again"
        raise await _again(request, tx, at_work, visitor, bound.wrong(changed), now) from None
    except Invalid as error:
        told = [FieldError(one.pointer.removeprefix("/content"), one.detail, one.code) for one in error.errors]
        raise await _again(
            request, tx, at_work, visitor, line_form.refused(replace(bound, value=None), told, line), now
        ) from None
    except ParityError as error:
        raise await _again(request, tx, at_work, visitor, bound.refused(error), now) from None
    return redirect(link("returns", f"/lines/{line_id}#restatements"))


@pages.router.get("/lines/{line_id:uuid}/ask-to-restate")
async def show_asking(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Reviewer) -> Response:
    return await _asking_page(request, line_id, tx, visitor, now, form=blank())


@pages.router.post("/lines/{line_id:uuid}/ask-to-restate")
async def ask_the_supplier(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Reviewer, form: Form) -> Response:
    bound = bind(AskWhy, form)
    if bound.value is None:
        raise Again(await _asking_page(request, line_id, tx, visitor, now, form=bound))
    try:
        await restating.ask_to_restate(tx, line_id, bound.value.reason, by=visitor.caller, at=now)
    except Conflict as error:
        raise Again(await _asking_page(request, line_id, tx, visitor, now, form=bound.refused(error))) from None
    return redirect(link("returns", f"/lines/{line_id}#restatements"))


@pages.router.post("/lines/{line_id:uuid}/figure-is-right")
async def say_it_is_right(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Supplier, form: Form) -> Response:
    bound: Bound[Any] = bind(Right, form)
    if bound.value is None:
        return await line_page(request, tx, visitor, line_id, now, kept=Kept(bound))
    try:
        await restating.confirm_figure(tx, line_id, bound.value.right_because, by=visitor.caller, at=now)
    except Conflict as error:
        return await line_page(request, tx, visitor, line_id, now, kept=Kept(bound.refused(error)))
    return redirect(link("returns", f"/lines/{line_id}#restatements"))


@pages.router.post("/lines/{line_id:uuid}/ask-to-restate/withdraw")
async def withdraw(line_id: UUID, tx: Tx, now: Now, visitor: Reviewer, form: Form) -> Response:
    """What is settled already, by a second click too, stays settled."""
    with suppress(restating.NotAsked):
        await restating.withdraw_asking(tx, line_id, by=visitor.caller, at=now)
    return redirect(link("returns", f"/lines/{line_id}#restatements"))


@pages.router.get("/restatement-requests/{request_id:uuid}")
async def show_request(request: Request, request_id: UUID, tx: Tx, now: Now, visitor: Reviewer) -> Response:
    return await _request_page(request, request_id, tx, visitor, now, form=blank())


@pages.router.post("/restatement-requests/{request_id:uuid}")
async def answer(request: Request, request_id: UUID, tx: Tx, now: Now, visitor: Reviewer, form: Form) -> Response:
    bound = bind(Answer, form)
    if bound.value is None:
        raise Again(await _request_page(request, request_id, tx, visitor, now, form=bound))
    given = RestatementAnswer(**bound.value.model_dump())
    try:
        decided = await restating.answer_request(tx, request_id, given, by=visitor.caller, at=now)
    except ParityError as error:
        raise Again(await _request_page(request, request_id, tx, visitor, now, form=bound.refused(error))) from None
    return redirect(link("returns", f"/lines/{decided.line_id}#restatements"))


async def _context(conn: Connection, at_work: LineAtWork, visitor: Visitor, form: Bound[LineContent]) -> dict[str, Any]:
    filed, line = at_work.filed, at_work.line
    return {
        "filed": filed,
        "line": line,
        "wording": at_work.wording,
        "asked": line.asked_to_restate,
        "form": form,
        "restates": await acts_as(conn, visitor, line.contract_id, REVIEWER),
        "parts": line_form.parts_of(line.terms),
        "months": words.month_names(line.quarter),
        "ran": months_run(filed.contract, line.quarter),
        "rows": range(line_form.parts_typed(form)),
        "parts_open": line_form.parts_open(form),
        "words": words,
    }


async def _again(
    request: Request, conn: Connection, at_work: LineAtWork, visitor: Visitor, form: Bound[LineContent], now: datetime
) -> Again:
    return pages.again(request, "restate.jinja", **await _context(conn, at_work, visitor, form), now=now)


async def _asking_page(
    request: Request, line_id: UUID, conn: Connection, visitor: Visitor, now: datetime, *, form: Bound[Any]
) -> Response:
    """Raises NotFound."""
    at_work = await reading.read_at_work(conn, line_id, by=visitor.caller)
    if not await acts_as(conn, visitor, at_work.line.contract_id, REVIEWER):
        raise NotFound
    return pages.show(
        request,
        "ask_to_restate.jinja",
        status=422 if form.errors else 200,
        filed=at_work.filed,
        line=at_work.line,
        words=words,
        form=form,
        now=now,
    )


async def _request_page(
    request: Request, request_id: UUID, conn: Connection, visitor: Visitor, now: datetime, *, form: Bound[Any]
) -> Response:
    """Raises NotFound."""
    found = await restatements.request(conn, request_id)
    if found is None or not await acts_as(conn, visitor, found.contract_id, REVIEWER):
        raise NotFound
    at_work = await reading.read_at_work(conn, found.line_id, by=visitor.caller)
    line, contract = at_work.line, at_work.filed.contract
    figure = assess(found.content, line.terms, months_run(contract, line.quarter), ()).figure
    return pages.show(
        request,
        "restatement_request.jinja",
        status=422 if form.errors else 200,
        filed=at_work.filed,
        line=line,
        asked=found,
        differences=differing(words.content_said(line), words.said(found.content, line.terms, line.quarter, counts=figure)),
        retold=found.content.story is not None and found.content.story != line.content.story,
        rated_now=rated_as(line, line.figure, at_work.earlier, contract),
        rated_then=rated_as(line, figure, at_work.earlier, contract),
        names=await names_of(request, [found.requested_by]),
        form=form,
        now=now,
    )
