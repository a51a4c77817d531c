"""A review meeting about one contract and quarter: what it looks at, and the tasks that it agrees on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.alerts.actions.going import Going, going
from services.alerts.models.meetings import Task
from services.alerts.rules.questions import Asked, Standing
from services.alerts.rules.viewing import buyers_eyes, partys_eyes
from services.alerts.store import meetings as store
from services.alerts.store import ratings, sight, worklist
from shared import history
from shared.access import Caller
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.quarters import Quarter, local_date
from shared.viewer import Viewer

_MOST_ALERTS = 50
_LONGEST = timedelta(days=5 * 366)
"""A year typed wrong is not counted in working days: up to 9999 that takes seconds."""


class TaskIsOpen(Conflict):
    """Somebody has said already that this task is not done."""


class TaskIsRemoved(Conflict):
    """Somebody has removed this task already."""


class TaskIsDone(Conflict):
    """Somebody has marked this task as done already."""


@dataclass(frozen=True, slots=True)
class Meeting:
    going: Going
    quarter: Quarter
    asked: Sequence[Asked]
    """Every obligation rated in the quarter, in the contract's order."""
    alerts: Sequence[Standing]
    """Those that are not resolved, in the order of the work list."""
    tasks: Sequence[Task]
    buyers: Sequence[str]
    suppliers: Sequence[str]


async def meeting(conn: Connection, viewer: Viewer, contract_id: UUID, quarter: Quarter) -> Meeting:
    """Raises NotFound for a contract that this viewer may not see, or a quarter of which it has neither rating nor return."""
    found = await _met(conn, viewer, contract_id, quarter)
    wanted = worklist.WorkFilter(contract_id=contract_id)
    alerts = [one.seen for one in await worklist.in_line(conn, viewer, wanted, limit=_MOST_ALERTS)]
    ids = [seen.alert.alert_id for seen in alerts]
    plans, (disputed, _) = await store.standing_plans(conn, ids), await worklist.to_answer(conn, ids)
    before = quarter.previous()
    asked = []
    for rating in await ratings.ratings_of_contract(conn, contract_id, quarter):
        earlier = found.classes.get((rating.obligation_id, before))
        asked.append(Asked(found.obligations[rating.obligation_id], rating, earlier.rating if earlier else None))
    return Meeting(
        going=found,
        quarter=quarter,
        asked=asked,
        alerts=[
            Standing(seen.alert, _name(seen), plans.get(seen.alert.alert_id), seen.alert.alert_id in disputed) for seen in alerts
        ],
        tasks=await store.tasks(conn, contract_id, quarter),
        buyers=await worklist.names(conn, found.contract.buyer_ids),
        suppliers=await worklist.names(conn, found.contract.supplier_ids),
    )


async def _met(conn: Connection, viewer: Viewer, contract_id: UUID, quarter: Quarter) -> Going:
    """How a contract is going about which there is something to meet."""
    found = await going(conn, viewer, contract_id)
    if quarter not in found.quarters:
        raise NotFound
    return found


def _name(seen: sight.SeenAlert) -> str:
    return f"{seen.obligation_reference} {seen.label}" if seen.obligation_reference else ""


async def tasks(conn: Connection, contract_id: UUID, quarter: Quarter, *, by: Caller) -> Sequence[Task]:
    """What a meeting agreed, and what is open from those before, for either party. Raises NotFound as ``meeting``."""
    await _met(conn, partys_eyes(by), contract_id, quarter)
    return await store.tasks(conn, contract_id, quarter)


async def agree_task(
    conn: Connection, contract_id: UUID, quarter: Quarter, *, what: str, owner: str, due_on: date, at: datetime, by: Caller
) -> Task:
    """The buyer writes down what was agreed. Raises NotFound as ``meeting``, Invalid for a day that has passed or is far off."""
    await _met(conn, buyers_eyes(by), contract_id, quarter)
    today = local_date(at)
    if due_on < today:
        raise Invalid(errors=[FieldError("/due_on", "Enter a date that has not passed")])
    if due_on > today + _LONGEST:
        raise Invalid(errors=[FieldError("/due_on", "Enter a date within the next 5 years")])
    task = Task(new_id(), contract_id, quarter, what, owner, due_on, at, by.person_id)
    await store.add_task(conn, task)
    await _remember(conn, task, "agreed", at=at, by=by)
    return task


async def finish_task(conn: Connection, contract_id: UUID, task_id: UUID, *, at: datetime, by: Caller) -> Task:
    """Either party says that it is done."""
    task = await _lock(conn, contract_id, task_id, partys_eyes(by))
    if task.done_at is not None:
        raise TaskIsDone
    done = replace(task, done_at=at, done_by=by.person_id)
    await store.save_task(conn, done)
    await _remember(conn, done, "done", at=at, by=by)
    return done


async def reopen_task(conn: Connection, contract_id: UUID, task_id: UUID, *, at: datetime, by: Caller) -> Task:
    """Either party says that it is not done after all."""
    task = await _lock(conn, contract_id, task_id, partys_eyes(by))
    if task.done_at is None:
        raise TaskIsOpen
    opened = replace(task, done_at=None, done_by=None)
    await store.save_task(conn, opened)
    await _remember(conn, opened, "reopened", at=at, by=by)
    return opened


async def seen_task(conn: Connection, contract_id: UUID, task_id: UUID, *, by: Caller) -> Task:
    """A task that the buyer may remove. Raises NotFound."""
    return await _lock(conn, contract_id, task_id, buyers_eyes(by))


async def remove_task(conn: Connection, contract_id: UUID, task_id: UUID, reason: str, *, at: datetime, by: Caller) -> None:
    """The buyer takes back what was written down. It stays in the history, with the reason."""
    task = await _lock(conn, contract_id, task_id, buyers_eyes(by))
    await store.save_task(conn, replace(task, removed_at=at, removed_by=by.person_id, removed_because=reason))
    await _remember(conn, task, "removed", at=at, by=by)


async def _lock(conn: Connection, contract_id: UUID, task_id: UUID, viewer: Viewer) -> Task:
    """Raises NotFound, TaskIsRemoved."""
    seen = await sight.contract(conn, viewer, contract_id)
    task = await store.lock_task(conn, contract_id, task_id) if seen else None
    if task is None:
        raise NotFound
    if task.removed_at is not None:
        raise TaskIsRemoved
    return task


async def _remember(conn: Connection, task: Task, action: str, *, at: datetime, by: Caller) -> None:
    await history.record(
        conn,
        at=at,
        by=by.person_id,
        contract_id=task.contract_id,
        subject="task",
        subject_id=task.task_id,
        action=action,
        detail={"quarter": task.quarter.code, "due_on": task.due_on.isoformat()},
    )
