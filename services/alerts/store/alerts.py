"""Alerts, recovery plans and disputes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.alerts.models.alerts import Alert, Dispute, Parties, PlanStatus, RecoveryPlan
from services.alerts.store.rows import rows
from shared.db import Connection, Pool, Record
from shared.quarters import Quarter
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Severity
from shared.ratings.severity import GROWS_WITH_TIME


async def lock_alert(conn: Connection, alert_id: UUID) -> Alert | None:
    """The alert, once its contract is this transaction's."""
    await conn.execute(
        """
        SELECT FROM contracts WHERE contract_id = (SELECT contract_id FROM alerts WHERE alert_id = $1) FOR UPDATE
        """,
        alert_id,
    )
    row = await conn.fetchrow("SELECT * FROM alerts WHERE alert_id = $1", alert_id)
    return as_alert(row) if row else None


async def alerts_about(conn: Connection, subject_ids: Collection[UUID]) -> list[Alert]:
    found = await conn.fetch("SELECT * FROM alerts WHERE subject_id = ANY ($1) ORDER BY alert_id", list(subject_ids))
    return [as_alert(row) for row in found]


async def save(conn: Connection, alerts: Sequence[Alert]) -> None:
    await conn.execute(
        """
        INSERT INTO alerts SELECT * FROM jsonb_populate_recordset(NULL::alerts, $1)
        ON CONFLICT (alert_id) DO UPDATE
        SET (version, obligation_id, quarter, severity, because, raised_at, changed_at, status, level, level_since, escalates_on,
             acknowledged_at, acknowledged_by, planned_at, recovery_due_on, resolved_at, ending)
            = (excluded.version, excluded.obligation_id, excluded.quarter, excluded.severity, excluded.because,
               excluded.raised_at, excluded.changed_at, excluded.status, excluded.level, excluded.level_since,
               excluded.escalates_on, excluded.acknowledged_at, excluded.acknowledged_by, excluded.planned_at,
               excluded.recovery_due_on, excluded.resolved_at, excluded.ending)
        """,
        rows(alerts),
    )


async def remove(conn: Connection, alert_ids: Collection[UUID]) -> None:
    """Alerts that were never true, and that nobody has touched."""
    await conn.execute("DELETE FROM alerts WHERE alert_id = ANY ($1)", list(alert_ids))


async def worked_on(conn: Connection, alert_ids: Collection[UUID]) -> set[UUID]:
    """Those of these alerts on which somebody has put a plan or a dispute."""
    found = await conn.fetch(
        """
        SELECT alert_id FROM recovery_plans WHERE alert_id = ANY ($1)
        UNION SELECT alert_id FROM disputes WHERE alert_id = ANY ($1)
        """,
        list(alert_ids),
    )
    return {row["alert_id"] for row in found}


async def contracts_on_the_clock(conn: Connection, *, on: date) -> list[UUID]:
    """The contracts with an alert whose clock, plan or lateness asks for something by this day."""
    found = await conn.fetch(
        """
        SELECT DISTINCT contract_id FROM alerts
        WHERE escalates_on <= $1 OR (status = 'recovery_agreed' AND recovery_due_on < $1)
           OR (status <> 'resolved' AND kind = ANY ($2) AND severity = 'medium')
        ORDER BY contract_id
        """,
        on,
        list(GROWS_WITH_TIME),
    )
    return [row["contract_id"] for row in found]


async def unresolved(conn: Connection, contract_ids: Collection[UUID]) -> list[Alert]:
    found = await conn.fetch(
        "SELECT * FROM alerts WHERE contract_id = ANY ($1) AND status <> 'resolved' ORDER BY contract_id, alert_id",
        list(contract_ids),
    )
    return [as_alert(row) for row in found]


async def escalating_to_icb(conn: Connection, contract_ids: Collection[UUID]) -> set[UUID]:
    """Those of these contracts whose lead buyer agreed that the clock ends at the ICB."""
    found = await conn.fetch(
        "SELECT contract_id FROM contracts_in_sight WHERE contract_id = ANY ($1) AND escalates_to_icb", list(contract_ids)
    )
    return {row["contract_id"] for row in found}


async def parties(conn: Connection, alerts: Sequence[Alert]) -> dict[UUID, Parties]:
    """By alert: who is to be told of it. The owner is the obligation's; the executive the lead buyer's."""
    found = await conn.fetch(
        """
        SELECT a.alert_id, c.reference, c.title, c.buyer_ids, c.supplier_ids, o.owner_id, c.executive_id
        FROM alerts a JOIN contracts_in_sight c USING (contract_id) LEFT JOIN obligations o ON o.obligation_id = a.obligation_id
        WHERE a.alert_id = ANY ($1) ORDER BY a.alert_id
        """,
        [alert.alert_id for alert in alerts],
    )
    return {
        row["alert_id"]: Parties(
            row["reference"],
            row["title"],
            tuple(row["buyer_ids"]),
            tuple(row["supplier_ids"]),
            row["owner_id"],
            row["executive_id"],
        )
        for row in found
    }


async def add_plan(conn: Connection, plan: RecoveryPlan) -> None:
    await conn.execute(
        "INSERT INTO recovery_plans SELECT * FROM jsonb_populate_recordset(NULL::recovery_plans, $1)", rows([plan])
    )


async def save_plan(conn: Connection, plan: RecoveryPlan) -> None:
    await conn.execute(
        "UPDATE recovery_plans SET (status, decided_at, decided_by, answer) = ($2, $3, $4, $5) WHERE plan_id = $1",
        plan.plan_id,
        plan.status,
        plan.decided_at,
        plan.decided_by,
        plan.answer,
    )


async def supersede_plans(conn: Connection, alert_id: UUID, was: PlanStatus) -> None:
    await conn.execute("UPDATE recovery_plans SET status = 'superseded' WHERE alert_id = $1 AND status = $2", alert_id, was)


async def lapse_plans(conn: Connection, contract_ids: Collection[UUID], *, on: date) -> None:
    """Agreed plans of these contracts whose date has passed while their alert still stands."""
    await conn.execute(
        """
        UPDATE recovery_plans AS p SET status = 'lapsed' FROM alerts a
        WHERE a.alert_id = p.alert_id AND a.contract_id = ANY ($1) AND a.status = 'recovery_agreed'
          AND a.recovery_due_on < $2 AND p.status = 'agreed'
        """,
        list(contract_ids),
        on,
    )


async def plan(conn: Connection, alert_id: UUID, plan_id: UUID) -> RecoveryPlan | None:
    row = await conn.fetchrow("SELECT * FROM recovery_plans WHERE alert_id = $1 AND plan_id = $2", alert_id, plan_id)
    return _plan(row) if row else None


async def plans_of(conn: Connection, alert_id: UUID) -> list[RecoveryPlan]:
    found = await conn.fetch("SELECT * FROM recovery_plans WHERE alert_id = $1 ORDER BY plan_id", alert_id)
    return [_plan(row) for row in found]


async def add_dispute(conn: Connection, dispute: Dispute) -> None:
    await conn.execute("INSERT INTO disputes SELECT * FROM jsonb_populate_recordset(NULL::disputes, $1)", rows([dispute]))


async def save_dispute(conn: Connection, dispute: Dispute) -> None:
    await conn.execute(
        "UPDATE disputes SET (upheld, answer, answered_at, answered_by) = ($2, $3, $4, $5) WHERE dispute_id = $1",
        dispute.dispute_id,
        dispute.upheld,
        dispute.answer,
        dispute.answered_at,
        dispute.answered_by,
    )


async def disputes_of(conn: Connection, alert_id: UUID) -> list[Dispute]:
    found = await conn.fetch("SELECT * FROM disputes WHERE alert_id = $1 ORDER BY dispute_id", alert_id)
    return [Dispute(**row) for row in found]


async def open_by_severity_and_kind(conn: Connection | Pool) -> dict[tuple[Severity, AlertKind], int]:
    """How many alerts are not resolved, for the gauge."""
    found = await conn.fetch(
        """
        SELECT severity, kind, count(*) AS alerts FROM alerts WHERE status <> 'resolved'
        GROUP BY severity, kind ORDER BY severity, kind
        """
    )
    return {(Severity(row["severity"]), AlertKind(row["kind"])): row["alerts"] for row in found}


def as_alert(row: Mapping[str, Any] | Record) -> Alert:
    return Alert(
        **{
            **row,
            "kind": AlertKind(row["kind"]),
            "first_quarter": Quarter(row["first_quarter"]),
            "quarter": Quarter(row["quarter"]),
            "severity": Severity(row["severity"]),
            "status": AlertStatus(row["status"]),
            "level": EscalationLevel(row["level"]),
        }
    )


def _plan(row: Record) -> RecoveryPlan:
    return RecoveryPlan(**{**row, "status": PlanStatus(row["status"])})
