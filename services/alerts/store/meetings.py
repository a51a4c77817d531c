"""Review meetings: their tasks, and what they look at beside the ratings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.alerts.models.alerts import PlanStatus, RecoveryPlan
from services.alerts.models.meetings import Task
from services.alerts.store.rows import rows
from shared.db import Connection, Record
from shared.quarters import Quarter


async def add_task(conn: Connection, task: Task) -> None:
    await conn.execute("INSERT INTO meeting_tasks SELECT * FROM jsonb_populate_recordset(NULL::meeting_tasks, $1)", rows([task]))


async def lock_task(conn: Connection, contract_id: UUID, task_id: UUID) -> Task | None:
    row = await conn.fetchrow(
        "SELECT * FROM meeting_tasks WHERE contract_id = $1 AND task_id = $2 FOR UPDATE", contract_id, task_id
    )
    return _task(row) if row else None


async def save_task(conn: Connection, task: Task) -> None:
    await conn.execute(
        """
        UPDATE meeting_tasks SET (done_at, done_by, removed_at, removed_by, removed_because) = ($2, $3, $4, $5, $6)
        WHERE task_id = $1
        """,
        task.task_id,
        task.done_at,
        task.done_by,
        task.removed_at,
        task.removed_by,
        task.removed_because,
    )


async def tasks(conn: Connection, contract_id: UUID, quarter: Quarter) -> list[Task]:
    """What the meeting about this quarter agreed, and what is open from the meetings before; by their days."""
    found = await conn.fetch(
        """
        SELECT * FROM meeting_tasks
        WHERE contract_id = $1 AND removed_at IS NULL AND (quarter = $2 OR (quarter < $2 AND done_at IS NULL))
        ORDER BY due_on, task_id
        """,
        contract_id,
        quarter.first_day,
    )
    return [_task(row) for row in found]


@dataclass(frozen=True, slots=True)
class OverdueTask:
    task: Task
    contract_reference: str
    contract_title: str


async def overdue(conn: Connection, buyer_id: UUID, *, on: date, limit: int) -> list[OverdueTask]:
    """Open tasks of this buyer's contracts that were due before the day ``on``, the longest overdue first."""
    found = await conn.fetch(
        """
        SELECT t.*, c.reference AS contract_reference, c.title AS contract_title
        FROM meeting_tasks t JOIN contracts c USING (contract_id)
        WHERE c.buyer_ids @> ARRAY[$1::uuid] AND t.done_at IS NULL AND t.removed_at IS NULL AND t.due_on < $2
        ORDER BY t.due_on, t.task_id LIMIT $3
        """,
        buyer_id,
        on,
        limit,
    )
    own = Task.__dataclass_fields__
    return [
        OverdueTask(
            _task({name: row[name] for name in own}),
            contract_reference=row["contract_reference"],
            contract_title=row["contract_title"],
        )
        for row in found
    ]


async def standing_plans(conn: Connection, alert_ids: Collection[UUID]) -> dict[UUID, RecoveryPlan]:
    """By alert: the plan that is agreed, or else proposed."""
    found = await conn.fetch(
        """
        SELECT DISTINCT ON (alert_id) * FROM recovery_plans
        WHERE alert_id = ANY ($1) AND status IN ('agreed', 'proposed') ORDER BY alert_id, status, plan_id DESC
        """,
        list(alert_ids),
    )
    return {row["alert_id"]: RecoveryPlan(**{**row, "status": PlanStatus(row["status"])}) for row in found}


def _task(row: Record | Mapping[str, Any]) -> Task:
    return Task(**{**row, "quarter": Quarter(row["quarter"])})
