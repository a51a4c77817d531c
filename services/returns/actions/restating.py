"""Changing an approved figure: the contract manager does, with a reason, or asks the supplier to; a supplier can ask for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.actions.finding import REVIEWER, lock_line
from services.returns.actions.notifying import (
    FIGURE_CONFIRMED,
    RESTATED,
    RESTATEMENT_ANSWERED,
    RESTATEMENT_ASKED,
    RESTATEMENT_REQUESTED,
    tell_buyers,
    tell_suppliers,
)
from services.returns.actions.remembering import remember
from services.returns.models.content import LineContent
from services.returns.models.decisions import Restatement, RestatementAnswer, RestatementWanted
from services.returns.models.returns import Line, QuarterlyReturn, RestatementAsked, RestatementRequest
from services.returns.rules.facts import line_fact
from services.returns.rules.figures import Assessed, assess, months_run, still_filled_from
from services.returns.rules.lifecycle import Move, moved
from services.returns.store import evidence, lines, restatements, returns
from shared.access import SUPPLIER, Caller
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.returns import LineRestated
from shared.ids import new_id
from shared.spine import publish


class AlreadyRequested(Conflict):
    """A restatement of this line was asked for already, and the contract manager has not answered yet."""


class AlreadyAsked(Conflict):
    """The supplier is asked to restate this line already."""


class NotAsked(Conflict):
    """Nobody asks the supplier to look at this line again: it was answered, restated or withdrawn meanwhile."""


class AlreadyAnswered(Conflict):
    """This request was answered already."""


async def restate(
    conn: Connection, line_id: UUID, restatement: Restatement, *, by: Caller, at: datetime, version: int | None = None
) -> Line:
    """Raises NotFound, PreconditionFailed, NotApproved, Invalid with pointers into the restatement."""
    filed, line = await lock_line(conn, line_id, by, acting_as=REVIEWER, version=version)
    restated = await _restate(conn, filed, line, restatement, by=by, at=at)
    await tell_suppliers(conn, filed, RESTATED, f"{line_id}/{restated.version}", at=at)
    return restated


async def ask_to_restate(conn: Connection, line_id: UUID, reason: str, *, by: Caller, at: datetime) -> RestatementAsked:
    """A contract manager asks the supplier to look at an approved line again. Raises NotFound, NotApproved, AlreadyAsked."""
    filed, line = await lock_line(conn, line_id, by, acting_as=REVIEWER)
    moved(line.status, Move.RESTATE)
    asked = RestatementAsked(
        asked_id=new_id(), line_id=line_id, contract_id=line.contract_id, reason=reason, asked_at=at, asked_by=by.person_id
    )
    if not await restatements.add_asked(conn, asked):
        raise AlreadyAsked
    await remember(conn, line, "restatement_asked", by=by.person_id, at=at, reason=reason)
    await tell_suppliers(conn, filed, RESTATEMENT_ASKED, asked.asked_id, at=at)
    return asked


async def confirm_figure(conn: Connection, line_id: UUID, reason: str, *, by: Caller, at: datetime) -> RestatementAsked:
    """A supplier who was asked to look again answers that the figure is right. Raises NotFound, NotAsked."""
    filed, line = await lock_line(conn, line_id, by, acting_as=SUPPLIER)
    asked = await restatements.settle_asked(conn, line_id, at=at, answer=reason, by=by.person_id)
    if asked is None:
        raise NotAsked
    await remember(conn, line, "figure_confirmed", by=by.person_id, at=at, reason=reason)
    await tell_buyers(conn, filed, FIGURE_CONFIRMED, asked.asked_id, at=at)
    return asked


async def withdraw_asking(conn: Connection, line_id: UUID, *, by: Caller, at: datetime) -> RestatementAsked:
    """A contract manager no longer asks the supplier to look at a line again. Raises NotFound, NotAsked."""
    _, line = await lock_line(conn, line_id, by, acting_as=REVIEWER)
    asked = await restatements.settle_asked(conn, line_id, at=at)
    if asked is None:
        raise NotAsked
    await remember(conn, line, "restatement_asking_withdrawn", by=by.person_id, at=at)
    return asked


async def request_restatement(
    conn: Connection, line_id: UUID, wanted: RestatementWanted, *, by: Caller, at: datetime
) -> RestatementRequest:
    """A supplier asks. Raises NotFound, NotApproved, AlreadyRequested, Invalid."""
    filed, line = await lock_line(conn, line_id, by, acting_as=SUPPLIER)
    await _assess(conn, filed, line, wanted.content)
    request = RestatementRequest(
        request_id=new_id(),
        line_id=line_id,
        contract_id=line.contract_id,
        content=wanted.content,
        reason=wanted.reason,
        requested_at=at,
        requested_by=by.person_id,
    )
    if not await restatements.add_request(conn, request):
        raise AlreadyRequested
    await restatements.settle_asked(conn, line_id, at=at)
    await remember(conn, line, "restatement_requested", by=by.person_id, at=at, reason=wanted.reason)
    await tell_buyers(conn, filed, RESTATEMENT_REQUESTED, request.request_id, at=at)
    return request


async def answer_request(
    conn: Connection, request_id: UUID, answer: RestatementAnswer, *, by: Caller, at: datetime
) -> RestatementRequest:
    """Confirm (then the line is restated) or decline with a reason. Raises NotFound, AlreadyAnswered, Invalid."""
    request = await restatements.request(conn, request_id)
    if request is None:
        raise NotFound
    filed, line = await lock_line(conn, request.line_id, by, acting_as=REVIEWER)
    if not answer.confirmed and answer.answer is None:
        raise Invalid(errors=[FieldError("/answer", "Say why it is declined", "missing")])
    decided = await restatements.decide_request(
        conn, request_id, confirmed=answer.confirmed, answer=answer.answer, by=by.person_id, at=at
    )
    if not decided:
        raise AlreadyAnswered
    if answer.confirmed:
        restatement = Restatement(content=request.content, reason=request.reason, judgement=answer.judgement)
        await _restate(conn, filed, line, restatement, by=by, at=at)
    else:
        await remember(conn, line, "restatement_declined", by=by.person_id, at=at, reason=answer.answer)
    await tell_suppliers(conn, filed, RESTATEMENT_ANSWERED, request_id, at=at)
    return request.model_copy(
        update={"confirmed": answer.confirmed, "answer": answer.answer, "decided_at": at, "decided_by": by.person_id}
    )


async def tell_again(conn: Connection, filed: QuarterlyReturn, line: Line, *, at: datetime) -> None:
    """Save an approved line that has changed, one version on, and tell the whole of it."""
    await returns.save(conn, [filed.changed([line])], lines_changed=[line])
    files = await evidence.of_lines(conn, [line.line_id])
    hashes = [file.sha256 for file in files[line.line_id]]
    await publish(conn, line_fact(LineRestated, line, filed, hashes), at=at)


async def _restate(
    conn: Connection, filed: QuarterlyReturn, line: Line, restatement: Restatement, *, by: Caller, at: datetime
) -> Line:
    assessed = await _assess(conn, filed, line, restatement.content)
    restated = line.changed(
        at=at,
        by=by.person_id,
        status=moved(line.status, Move.RESTATE),
        content=restatement.content,
        filled_from=still_filled_from(line, restatement.content),
        figure=assessed.figure,
        unlikely=assessed.unlikely,
        judgement=restatement.judgement or line.judgement,
        approved_at=at,
    )
    await tell_again(conn, filed, restated, at=at)
    await restatements.settle_asked(conn, line.line_id, at=at)
    await remember(conn, restated, "restated", by=by.person_id, at=at, reason=restatement.reason)
    return restated


async def _assess(conn: Connection, filed: QuarterlyReturn, line: Line, content: LineContent) -> Assessed:
    """Raises NotApproved, Invalid."""
    moved(line.status, Move.RESTATE)
    before = await lines.figures_before(conn, [line.obligation_id], line.quarter)
    assessed = assess(content, line.terms, months_run(filed.contract, line.quarter), before[line.obligation_id])
    if assessed.errors:
        raise Invalid(errors=[FieldError(f"/content{e.pointer}", e.detail, e.code) for e in assessed.errors])
    return assessed
