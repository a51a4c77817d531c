"""Alerts: listed, explained, and worked on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.alerts.actions import working
from services.alerts.actions.reading import alert_in_full
from services.alerts.api.callers import Analyst, Buyer, EitherParty, Reader, Supplier
from services.alerts.api.views import AlertDetail, AlertView, DisputeView, NoteView, PlanView
from services.alerts.rules.viewing import eyes
from services.alerts.store import sight
from shared import history
from shared.access import Caller
from shared.api import Cursor, Limit, Now, Page, Tx, api_router, decode_cursor, paged
from shared.db import Connection
from shared.obligations import Frozen, Words
from shared.quarters import QuarterCode
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Severity

router = api_router("alerts")


class NewPlan(Frozen):
    """What the supplier will do, and by when."""

    plan: Words
    due_on: date


class NewDispute(Frozen):
    reason: Words


class Answer(Frozen):
    answer: Words


class DisputeAnswer(Frozen):
    upheld: bool
    """True: the supplier is right, and the alert is resolved."""
    answer: Words


class NewResolution(Frozen):
    reason: Words


class NewNote(Frozen):
    note: Words


@router.get("/alerts")
async def list_alerts(
    tx: Tx,
    caller: Reader,
    limit: Limit,
    cursor: Cursor,
    status: AlertStatus | None = None,
    unresolved: Annotated[bool, Query(description="Only what is not resolved")] = False,
    kind: AlertKind | None = None,
    severity: Severity | None = None,
    level: EscalationLevel | None = None,
    contract_id: UUID | None = None,
    obligation_id: UUID | None = None,
    quarter: QuarterCode | None = None,
) -> Page[AlertView]:
    """The alerts that the caller may see, the newest first."""
    before = decode_cursor(cursor, datetime, UUID) if cursor else None
    wanted = sight.AlertFilter(status, unresolved, kind, severity, level, contract_id, obligation_id, quarter)
    found = await sight.alerts(tx, eyes(caller), wanted, limit=limit + 1, before=before)
    shown, more = paged(found, limit, lambda seen: (seen.alert.raised_at, seen.alert.alert_id))
    return Page(items=[AlertView.of(seen) for seen in shown], next=more)


@router.get("/alerts/{alert_id}")
async def read_alert(alert_id: UUID, tx: Tx, caller: Reader) -> AlertDetail:
    """One alert with its arithmetic, its plans, its disputes and what the ICB noted."""
    return await _detail(tx, alert_id, caller)


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(alert_id: UUID, tx: Tx, now: Now, caller: Buyer) -> AlertDetail:
    """The buyer has taken it on; the clock starts again, for acting."""
    await working.acknowledge(tx, alert_id, at=now, by=caller)
    return await _detail(tx, alert_id, caller)


@router.post("/alerts/{alert_id}/recovery-plans", status_code=201)
async def plan_recovery(alert_id: UUID, body: NewPlan, tx: Tx, now: Now, caller: EitherParty) -> PlanView:
    """A supplier proposes a plan; one that the buyer enters is agreed at once."""
    return PlanView.of(await working.plan_recovery(tx, alert_id, body.plan, body.due_on, at=now, by=caller))


@router.post("/alerts/{alert_id}/recovery-plans/{plan_id}/agree")
async def agree_plan(alert_id: UUID, plan_id: UUID, tx: Tx, now: Now, caller: Buyer) -> PlanView:
    """The alert waits until the plan's date."""
    return PlanView.of(await working.agree_plan(tx, alert_id, plan_id, at=now, by=caller))


@router.post("/alerts/{alert_id}/recovery-plans/{plan_id}/decline")
async def decline_plan(alert_id: UUID, plan_id: UUID, body: Answer, tx: Tx, now: Now, caller: Buyer) -> PlanView:
    return PlanView.of(await working.decline_plan(tx, alert_id, plan_id, body.answer, at=now, by=caller))


@router.post("/alerts/{alert_id}/disputes", status_code=201)
async def dispute(alert_id: UUID, body: NewDispute, tx: Tx, now: Now, caller: Supplier) -> DisputeView:
    """The supplier holds the alert to be wrong, with a reason. The clock goes on: the answer is the buyer's to give."""
    return DisputeView.of(await working.dispute(tx, alert_id, body.reason, at=now, by=caller))


@router.post("/alerts/{alert_id}/disputes/{dispute_id}/answer")
async def answer_dispute(alert_id: UUID, dispute_id: UUID, body: DisputeAnswer, tx: Tx, now: Now, caller: Buyer) -> DisputeView:
    """The buyer answers; a dispute that is upheld resolves the alert."""
    answered = await working.answer_dispute(tx, alert_id, dispute_id, upheld=body.upheld, answer=body.answer, at=now, by=caller)
    return DisputeView.of(answered)


@router.post("/alerts/{alert_id}/resolve")
async def resolve(alert_id: UUID, body: NewResolution, tx: Tx, now: Now, caller: Buyer) -> AlertDetail:
    """The buyer closes it, with a reason. It is raised again for a later quarter, or when it becomes graver."""
    await working.resolve(tx, alert_id, body.reason, at=now, by=caller)
    return await _detail(tx, alert_id, caller)


@router.post("/alerts/{alert_id}/notes", status_code=201)
async def leave_note(alert_id: UUID, body: NewNote, tx: Tx, now: Now, caller: Analyst) -> NoteView:
    """The ICB leaves a note on an alert that came to it: both parties read it, the alert and its clock stay."""
    return NoteView.of(await working.leave_note(tx, alert_id, body.note, at=now, by=caller))


@router.get("/alerts/{alert_id}/history")
async def read_history(alert_id: UUID, tx: Tx, caller: Reader) -> list[history.Entry]:
    """What was done about it, by whom and when; UUID 0 is the service itself, by a fact it heard or by the clock."""
    return list((await alert_in_full(tx, eyes(caller), alert_id)).history)


async def _detail(conn: Connection, alert_id: UUID, caller: Caller) -> AlertDetail:
    return AlertDetail.of_whole(await alert_in_full(conn, eyes(caller), alert_id))
