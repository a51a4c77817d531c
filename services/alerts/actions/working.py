"""People work on alerts: acknowledge, plan the recovery, dispute, resolve."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.alerts.actions.assessing import assess_again
from services.alerts.actions.notifying import (
    DISPUTE_ANSWERED,
    DISPUTED,
    NOTED,
    PLAN_AGREED,
    PLAN_DECLINED,
    PLAN_PROPOSED,
    tell_buyer,
    tell_supplier,
)
from services.alerts.actions.telling import Change, save_and_tell
from services.alerts.models.alerts import Alert, Dispute, Note, PlanStatus, RecoveryPlan
from services.alerts.models.facts import Resolution
from services.alerts.models.news import Affected
from services.alerts.rules import lifecycle
from services.alerts.rules.viewing import buyers_eyes, icb_eyes, suppliers_eyes
from services.alerts.store import alerts as store
from services.alerts.store import facts as facts_store
from services.alerts.store import sight
from shared import history
from shared.access import Caller
from shared.db import Connection
from shared.errors import NotFound
from shared.events.alerts import AlertAcknowledged, AlertFact, RecoveryAgreed
from shared.ids import new_id
from shared.ratings import AlertKind
from shared.viewer import Viewer


async def acknowledge(conn: Connection, alert_id: UUID, *, at: datetime, by: Caller) -> None:
    alert = await _lock(conn, alert_id, buyers_eyes(by))
    await _tell(conn, alert, lifecycle.acknowledge(alert, at=at, by=by.person_id), AlertAcknowledged, by)


async def plan_recovery(conn: Connection, alert_id: UUID, plan: str, due_on: date, *, at: datetime, by: Caller) -> RecoveryPlan:
    """A supplier proposes a plan; one that the buyer enters is agreed at once. The plan before it gives way."""
    buyer = await _seen(conn, alert_id, buyers_eyes(by))
    alert = await _lock(conn, alert_id, buyers_eyes(by) if buyer else suppliers_eyes(by))
    lifecycle.must_stand(alert)
    lifecycle.must_be_soon(due_on, at=at)
    entered = RecoveryPlan(new_id(), alert_id, plan, due_on, PlanStatus.PROPOSED, at, by.person_id)
    await store.supersede_plans(conn, alert_id, PlanStatus.PROPOSED)
    await store.add_plan(conn, entered)
    await _remember(conn, alert, "plan_proposed", at=at, by=by, plan_id=entered.plan_id, due_on=due_on)
    if buyer:
        return await _agree(conn, alert, entered, at=at, by=by)
    await tell_buyer(conn, alert, PLAN_PROPOSED, entered.plan_id, at=at)
    return entered


async def agree_plan(conn: Connection, alert_id: UUID, plan_id: UUID, *, at: datetime, by: Caller) -> RecoveryPlan:
    alert = await _lock(conn, alert_id, buyers_eyes(by))
    return await _agree(conn, alert, await _proposed(conn, alert_id, plan_id), at=at, by=by)


async def decline_plan(conn: Connection, alert_id: UUID, plan_id: UUID, answer: str, *, at: datetime, by: Caller) -> RecoveryPlan:
    alert = await _lock(conn, alert_id, buyers_eyes(by))
    proposed = await _proposed(conn, alert_id, plan_id)
    declined = replace(proposed, status=PlanStatus.DECLINED, decided_at=at, decided_by=by.person_id, answer=answer)
    await store.save_plan(conn, declined)
    await _remember(conn, alert, "plan_declined", at=at, by=by, plan_id=plan_id)
    await tell_supplier(conn, alert, PLAN_DECLINED, plan_id, at=at)
    return declined


async def dispute(conn: Connection, alert_id: UUID, reason: str, *, at: datetime, by: Caller) -> Dispute:
    """The supplier holds the alert to be wrong. The clock goes on: answering is the buyer's to do."""
    alert = await _lock(conn, alert_id, suppliers_eyes(by))
    lifecycle.must_stand(alert)
    if any(other.upheld is None for other in await store.disputes_of(conn, alert_id)):
        raise lifecycle.DisputeOpen
    raised = Dispute(new_id(), alert_id, reason, at, by.person_id)
    await store.add_dispute(conn, raised)
    await _remember(conn, alert, "disputed", at=at, by=by, dispute_id=raised.dispute_id)
    await tell_buyer(conn, alert, DISPUTED, raised.dispute_id, at=at)
    return raised


async def answer_dispute(
    conn: Connection, alert_id: UUID, dispute_id: UUID, *, upheld: bool, answer: str, at: datetime, by: Caller
) -> Dispute:
    """To uphold a dispute is to resolve the alert, for the reason that the answer gives."""
    alert = await _lock(conn, alert_id, buyers_eyes(by))
    raised = next((one for one in await store.disputes_of(conn, alert_id) if one.dispute_id == dispute_id), None)
    if raised is None:
        raise NotFound
    if raised.upheld is not None:
        raise lifecycle.DisputeAnswered
    answered = replace(raised, upheld=upheld, answer=answer, answered_at=at, answered_by=by.person_id)
    await store.save_dispute(conn, answered)
    await _remember(conn, alert, "dispute_upheld" if upheld else "dispute_rejected", at=at, by=by, dispute_id=dispute_id)
    await tell_supplier(conn, alert, DISPUTE_ANSWERED, dispute_id, at=at)
    if upheld and not alert.resolved:
        await resolve(conn, alert_id, answer, at=at, by=by)
    return answered


async def leave_note(conn: Connection, alert_id: UUID, note: str, *, at: datetime, by: Caller) -> Note:
    """What the ICB says about an alert that came to it: both parties read it in the history. The alert and its clock stay."""
    alert = await _lock(conn, alert_id, icb_eyes(by))
    lifecycle.must_be_with_the_icb(alert)
    await _remember(conn, alert, "noted", at=at, by=by, note=note)
    await tell_buyer(conn, alert, NOTED, new_id(), at=at)
    return Note(note, at, by.person_id)


async def resolve(conn: Connection, alert_id: UUID, reason: str, *, at: datetime, by: Caller) -> None:
    """A person's resolution is a fact like the others: it ends what stands now, and what comes later is judged anew."""
    seen = await _seen(conn, alert_id, buyers_eyes(by))
    if seen is None:
        raise NotFound
    contract_ids = {seen.contract_id}
    if seen.kind is AlertKind.SHARED_EVIDENCE:
        await facts_store.lock_evidence(conn, [seen.because["sha256"]])
        contract_ids |= await facts_store.contracts_with(conn, [seen.because["sha256"]])
    await facts_store.lock_contracts(conn, contract_ids)
    alert = await _lock(conn, alert_id, buyers_eyes(by))
    lifecycle.must_stand(alert)
    await facts_store.add_resolution(
        conn,
        Resolution(
            resolution_id=new_id(),
            alert_id=alert_id,
            subject_id=alert.subject_id,
            at=max(at, alert.changed_at),  # a person answers what stands, also where another server's clock is ahead
            heard=await facts_store.heard_of(conn, contract_ids),
            resolved_by=by.person_id,
            reason=reason,
        ),
    )
    await assess_again(conn, _what(alert))


def _what(alert: Alert) -> Affected:
    match alert.kind:
        case AlertKind.LATE_RETURN | AlertKind.LATE_REVIEW:
            return Affected(returns=frozenset([alert.subject_id]))
        case AlertKind.SHARED_EVIDENCE:
            return Affected(files=frozenset([alert.because["sha256"]]))
        case _:
            return Affected(obligations=frozenset([alert.obligation_id] if alert.obligation_id else []))


async def _agree(conn: Connection, alert: Alert, plan: RecoveryPlan, *, at: datetime, by: Caller) -> RecoveryPlan:
    lifecycle.must_be_soon(plan.due_on, at=at)
    after = lifecycle.agree(alert, plan.due_on, at=at, by=by.person_id)
    agreed = replace(plan, status=PlanStatus.AGREED, decided_at=at, decided_by=by.person_id)
    await store.supersede_plans(conn, alert.alert_id, PlanStatus.AGREED)
    await store.save_plan(conn, agreed)
    await _tell(conn, alert, after, RecoveryAgreed, by)
    await tell_supplier(conn, after, PLAN_AGREED, plan.plan_id, at=at)
    return agreed


async def _proposed(conn: Connection, alert_id: UUID, plan_id: UUID) -> RecoveryPlan:
    plan = await store.plan(conn, alert_id, plan_id)
    if plan is None:
        raise NotFound
    if plan.status is not PlanStatus.PROPOSED:
        raise lifecycle.PlanNotOpen
    return plan


async def _seen(conn: Connection, alert_id: UUID, viewer: Viewer) -> Alert | None:
    found = await sight.alerts(conn, viewer, sight.AlertFilter(), limit=1, alert_id=alert_id)
    return found[0].alert if found else None


async def _lock(conn: Connection, alert_id: UUID, viewer: Viewer) -> Alert:
    """Raises NotFound for what this viewer may not see."""
    alert = await store.lock_alert(conn, alert_id) if await _seen(conn, alert_id, viewer) else None
    if alert is None:
        raise NotFound
    return alert


async def _tell(conn: Connection, before: Alert, after: Alert, told_as: type[AlertFact], by: Caller) -> None:
    await save_and_tell(conn, [Change(before, after, told_as, by.person_id)])


async def _remember(conn: Connection, alert: Alert, action: str, *, at: datetime, by: Caller, **detail: Any) -> None:
    await history.record(
        conn,
        at=at,
        by=by.person_id,
        contract_id=alert.contract_id,
        subject="alert",
        subject_id=alert.alert_id,
        action=action,
        detail=detail,
    )
