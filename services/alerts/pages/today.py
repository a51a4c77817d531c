"""A contract manager's day: what to review and to answer, which alerts go on next, what has not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import Request, Response

from services.alerts.pages.routing import Buyer, pages
from services.alerts.pages.rows import alert_rows
from services.alerts.rules.deadlines import due_in
from services.alerts.rules.viewing import buyers_eyes
from services.alerts.store import meetings, returns, worklist
from shared.api import Now, Tx
from shared.origin import link
from shared.quarters import Quarter, local_date

_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class ReturnRow:
    href: str
    contract_reference: str
    contract_title: str
    quarter: Quarter
    due_on: date | None
    due: str
    """``in 3 working days``, ``2 working days late``"""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task of a review meeting that is overdue."""

    href: str
    what: str
    contract_reference: str
    contract_title: str
    owner: str
    due_on: date
    due: str


@pages.router.get("/today")
async def today(request: Request, tx: Tx, now: Now, visitor: Buyer) -> Response:
    """The first of each list, in the order of their dates; longer lists lead on."""
    on, buyer_id = local_date(now), visitor.caller.organisation_id
    to_review = await returns.to_review(tx, buyer_id, limit=_AT_MOST + 1)
    own = buyers_eyes(visitor.caller)
    to_answer = await worklist.in_line(tx, own, worklist.WorkFilter(to_answer=True), limit=_AT_MOST + 1)
    alerts = await worklist.in_line(tx, own, worklist.WorkFilter(), limit=_AT_MOST + 1)
    overdue = await returns.overdue(tx, buyer_id, on=on, limit=_AT_MOST + 1)
    tasks = await meetings.overdue(tx, buyer_id, on=on, limit=_AT_MOST + 1)
    return pages.show(
        request,
        "today.jinja",
        tasks=[_task_row(one, on) for one in tasks[:_AT_MOST]],
        more_tasks=len(tasks) > _AT_MOST,
        to_review=[_row(one, one.review_due_on, on, "/review") for one in to_review[:_AT_MOST]],
        to_answer=await alert_rows(tx, to_answer[:_AT_MOST], visitor.caller, on),
        alerts=await alert_rows(tx, alerts[:_AT_MOST], visitor.caller, on),
        overdue=[_row(one, one.answer_due_on or one.due_on, on) for one in overdue[:_AT_MOST]],
        more_to_review=len(to_review) > _AT_MOST,
        more_to_answer=len(to_answer) > _AT_MOST,
        more_alerts=len(alerts) > _AT_MOST,
        more_overdue=len(overdue) > _AT_MOST,
        now=now,
    )


def _task_row(one: meetings.OverdueTask, on: date) -> TaskRow:
    task = one.task
    href = link("alerts", f"/contracts/{task.contract_id}/meetings/{task.quarter.code}#tasks")
    return TaskRow(href, task.what, one.contract_reference, one.contract_title, task.owner, task.due_on, due_in(task.due_on, on))


def _row(one: returns.StandingReturn, due_on: date | None, on: date, step: str = "") -> ReturnRow:
    href = link("returns", f"/{one.return_id}{step}")
    due = due_in(due_on, on) if due_on else ""
    return ReturnRow(href, one.contract_reference, one.contract_title, one.quarter, due_on, due)
