"""The contract manager's part: judge stories, approve lines, ask for changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.actions.finding import REVIEWER, line_in, lock_line, lock_return
from services.returns.actions.notifying import CHANGES_WANTED, tell_suppliers
from services.returns.actions.opening import amend_from_contract
from services.returns.actions.readiness import look_again
from services.returns.actions.remembering import remember
from services.returns.models.decisions import Approval, ChangesWanted
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.models.reviews import Decisions
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.facts import line_fact, return_fact
from services.returns.rules.lifecycle import Move, moved, return_status
from services.returns.rules.opening import sent_back
from services.returns.rules.reviewing import judgements
from services.returns.store import evidence, returns
from shared.access import Caller
from shared.db import Connection
from shared.events.returns import ChangesRequested, LineApproved, ReturnAmended, ReturnApproved, ReturnStatus
from shared.obligations import Judgement
from shared.quarters import local_date
from shared.spine import publish


async def judge(
    conn: Connection, line_id: UUID, judgement: Judgement, *, by: Caller, at: datetime, version: int | None = None
) -> Line:
    """Judge the story of a line against the promise. Raises NotFound, PreconditionFailed, NotUnderReview."""
    filed, line = await lock_line(conn, line_id, by, acting_as=REVIEWER, version=version)
    status = moved(line.status, Move.JUDGE)
    judged = line.changed(at=at, by=by.person_id, status=status, judgement=judgement)
    await returns.save(conn, [filed.changed([judged])], lines_changed=[judged])
    await remember(conn, judged, "judged", by=by.person_id, at=at, judgement=judgement)
    return judged


async def approve(
    conn: Connection, return_id: UUID, approval: Approval, *, by: Caller, at: datetime, version: int | None = None
) -> QuarterlyReturn:
    """Approve some lines, or all that wait. An approved line is told at once, whatever becomes of its neighbours.

    Raises NotFound, PreconditionFailed, NotUnderReview, NothingToReview, StoriesNotJudged.
    """
    filed = await lock_return(conn, return_id, by, acting_as=REVIEWER, version=version)
    judged = judgements(filed, approval)
    approved = [
        line.changed(
            at=at,
            by=by.person_id,
            status=moved(line.status, Move.APPROVE),
            judgement=judged[line.line_id],
            change_reason=None,
            approved_at=at,
        )
        for line in filed.lines
        if line.line_id in judged
    ]
    after = filed.changed(approved, reviewed_at=at)
    after = after.model_copy(update={"status": return_status(after.lines, ever_submitted=True)})
    await returns.save(conn, [after], lines_changed=approved)
    for line in approved:
        await remember(conn, line, "approved", by=by.person_id, at=at, judgement=line.judgement)
    files = await evidence.of_lines(conn, [line.line_id for line in approved])
    told = [line_fact(LineApproved, line, after, [file.sha256 for file in files[line.line_id]]) for line in approved]
    whole = ReturnApproved if after.status is ReturnStatus.APPROVED else ReturnAmended
    await publish(conn, *told, return_fact(whole, after), at=at)
    return after


async def request_changes(
    conn: Connection,
    return_id: UUID,
    wanted: ChangesWanted,
    deadlines: Deadlines,
    *,
    by: Caller,
    at: datetime,
    version: int | None = None,
) -> QuarterlyReturn:
    """Send lines back to the supplier, each with a reason. Raises NotFound, PreconditionFailed, NotUnderReview."""
    filed = await lock_return(conn, return_id, by, acting_as=REVIEWER, version=version)
    disputed = [
        line.changed(at=at, by=by.person_id, status=moved(line.status, Move.REQUEST_CHANGES), change_reason=change.reason)
        for change in wanted.lines
        for _, line in [line_in(filed, change.line_id)]
    ]
    after = filed.changed(
        disputed, status=ReturnStatus.CHANGES_REQUESTED, reviewed_at=at, **sent_back(deadlines, on=local_date(at))
    )
    await returns.save(conn, [after], lines_changed=disputed)
    for line in disputed:
        await remember(conn, line, "changes_requested", by=by.person_id, at=at, reason=line.change_reason)
    after = await amend_from_contract(conn, after, deadlines, at=at)
    await tell_suppliers(conn, after, CHANGES_WANTED, after.version, at=at)
    await publish(conn, return_fact(ChangesRequested, after), at=at)
    return await look_again(conn, after)


async def decide(
    conn: Connection,
    return_id: UUID,
    decisions: Decisions,
    deadlines: Deadlines,
    *,
    by: Caller,
    at: datetime,
    version: int | None = None,
) -> QuarterlyReturn:
    """All that one look over a return came to, together or not at all.

    Raises NotFound, PreconditionFailed, NotUnderReview, StoriesNotJudged.
    """
    filed = await lock_return(conn, return_id, by, acting_as=REVIEWER, version=version)
    for one in decisions.judged:
        if one.judgement is not None:
            line_in(filed, one.line_id)
            await judge(conn, one.line_id, one.judgement, by=by, at=at)
    if decisions.approved:
        filed = await approve(conn, return_id, Approval(lines=decisions.approved), by=by, at=at)
    if decisions.changes:
        filed = await request_changes(conn, return_id, ChangesWanted(lines=decisions.changes), deadlines, by=by, at=at)
    return filed
