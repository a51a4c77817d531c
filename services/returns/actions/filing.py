"""The supplier's part: save a line, fill it from activities, submit the return."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.actions.finding import WRITERS, lock_line, lock_return
from services.returns.actions.notifying import SUBMITTED, tell_buyers
from services.returns.actions.readiness import look_again
from services.returns.actions.remembering import remember
from services.returns.models.content import LineContent
from services.returns.models.decisions import Certification
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.facts import return_fact
from services.returns.rules.figures import (
    activities_changed,
    assess,
    filled,
    months_run,
    problems_in,
    quantity_problems,
    still_filled_from,
)
from services.returns.rules.lifecycle import Move, NothingToSubmit, moved, return_status, with_supplier
from services.returns.rules.reviewing import NotComplete, check_certification, errors_on, submits_on_behalf
from services.returns.store import activities, lines, returns
from shared.access import Caller, Role
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid
from shared.events.returns import ReturnSubmitted
from shared.quarters import local_date
from shared.spine import publish


class NoActivities(Conflict):
    """No activity of this obligation is noted in this quarter. Enter the figure, or note what was done first."""


_ACTIVITIES_CHANGED = FieldError(
    "/figure", "The activities behind this figure have changed: fill it again, or enter the figure", "activities-changed"
)


async def save_line(
    conn: Connection, line_id: UUID, content: LineContent, *, by: Caller, at: datetime, version: int | None = None
) -> Line:
    """Save a draft. ``version``: the line's that the caller has seen.

    Raises NotFound, PreconditionFailed, NotWithSupplier, Invalid with pointers into ``content``.
    """
    filed, line = await lock_line(conn, line_id, by, acting_as=WRITERS, version=version)
    return await _save(conn, filed, line, content, still_filled_from(line, content), by=by, at=at)


async def fill_line(conn: Connection, line_id: UUID, *, by: Caller, at: datetime, version: int | None = None) -> Line:
    """Fill a line's figure from the activities of its quarter. Raises as ``save_line``, and NoActivities."""
    filed, line = await lock_line(conn, line_id, by, acting_as=WRITERS, version=version)
    quarter = line.quarter
    done = await activities.of_obligation(conn, line.obligation_id, first_day=quarter.first_day, last_day=quarter.last_day)
    if not done:
        raise NoActivities
    wrong = [
        FieldError(f"/activities/{activity.activity_id}{error.pointer}", error.detail, error.code)
        for activity in done
        for error in quantity_problems(activity.quantity, line.terms)
    ]
    if wrong:
        raise Invalid("Some activities do not fit what is asked for now.", errors=wrong)
    content = filled([(one.happened_on, one.quantity) for one in done], line.terms, quarter, line.content)
    return await _save(conn, filed, line, content, tuple(one.activity_id for one in done), by=by, at=at)


async def _save(
    conn: Connection,
    filed: QuarterlyReturn,
    line: Line,
    content: LineContent,
    filled_from: tuple[UUID, ...],
    *,
    by: Caller,
    at: datetime,
) -> Line:
    status = moved(line.status, Move.SAVE)
    problems = problems_in(content, line.terms)
    if problems:
        raise Invalid(errors=problems)
    saved = line.changed(at=at, by=by.person_id, status=status, content=content, filled_from=filled_from)
    filed = filed.changed([saved])
    await returns.save(conn, [filed], lines_changed=[saved])
    await remember(conn, saved, "saved", by=by.person_id, at=at)
    await look_again(conn, filed)
    return saved


async def submit(
    conn: Connection,
    return_id: UUID,
    certification: Certification,
    deadlines: Deadlines,
    *,
    by: Caller,
    at: datetime,
    version: int | None = None,
) -> QuarterlyReturn:
    """Certify and submit every line that is with the supplier. ``version``: the return's that was certified.

    Raises NotFound, PreconditionFailed, NothingToSubmit, NotCertified, NotComplete with a pointer per error.
    """
    acting_as = (Role.SUPPLIER_CERTIFIER, Role.CONTRACT_MANAGER)
    filed = await lock_return(conn, return_id, by, acting_as=acting_as, version=version)
    waiting = [line for line in filed.lines if with_supplier(line.status)]
    if not waiting:
        raise NothingToSubmit
    on_behalf = submits_on_behalf(filed, by)
    check_certification(certification, on_behalf=on_behalf)
    submitted = await _complete(conn, filed, waiting, by=by, at=at)
    after = filed.changed(
        submitted,
        status=return_status(submitted, ever_submitted=True),
        submissions=filed.submissions + 1,
        submitted_at=at,
        submitted_by=by.person_id,
        on_behalf=on_behalf,
        first_submitted_at=filed.first_submitted_at or at,
        review_due_on=deadlines.review_due_on(local_date(at)),
        reviewed_at=None,
        review_overdue_on=None,
        sent_back_on=None,
        answer_due_on=None,
    )
    await returns.save(conn, [after], lines_changed=submitted)
    await remember(conn, after, "submitted", by=by.person_id, at=at, certified=certification.model_dump(), on_behalf=on_behalf)
    await tell_buyers(conn, after, SUBMITTED, after.submissions, at=at)
    await publish(conn, return_fact(ReturnSubmitted, after), at=at)
    return await look_again(conn, after)


async def _complete(conn: Connection, filed: QuarterlyReturn, waiting: list[Line], *, by: Caller, at: datetime) -> list[Line]:
    """The lines as they are submitted. Raises NotComplete."""
    before = await lines.figures_before(conn, [line.obligation_id for line in waiting], filed.quarter)
    ran = months_run(filed.contract, filed.quarter)
    standing = await activities.lock_behind(conn, [one for line in waiting for one in line.filled_from])
    submitted, errors = [], []
    for line in waiting:
        assessed = assess(line.content, line.terms, ran, before[line.obligation_id])
        errors += errors_on(filed, line, assessed.errors)
        if line.filled_from and activities_changed(line, standing):
            errors += errors_on(filed, line, (_ACTIVITIES_CHANGED,))
        submitted.append(
            line.changed(
                at=at,
                by=by.person_id,
                status=moved(line.status, Move.SUBMIT),
                figure=assessed.figure,
                unlikely=assessed.unlikely,
                judgement=None,
            )
        )
    if errors:
        raise NotComplete(errors=errors)
    return submitted
