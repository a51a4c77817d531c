"""What review meetings agreed: the tasks of both parties."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.alerts.actions import meeting as actions
from services.alerts.api.callers import Buyer, EitherParty, Party
from services.alerts.models.meetings import Task
from shared.api import Now, Tx, api_router
from shared.obligations import Frozen, Words
from shared.quarters import Quarter, QuarterCode

router = api_router("meetings")


class NewTask(Frozen):
    """``owner``: as people call them; they need not use this service."""

    what: Annotated[Words, Field(max_length=500)]
    owner: Annotated[Words, Field(max_length=200)]
    due_on: date


class TaskRemoval(Frozen):
    reason: Words


class TaskView(Frozen):
    task_id: UUID
    contract_id: UUID
    quarter: Quarter
    """That the meeting was about."""
    what: str
    owner: str
    due_on: date
    agreed_at: AwareDatetime
    agreed_by: UUID
    done_at: AwareDatetime | None
    done_by: UUID | None

    @classmethod
    def of(cls, task: Task) -> Self:
        return cls(**{name: getattr(task, name) for name in cls.model_fields})


@router.get("/contracts/{contract_id}/meetings/{quarter}/tasks")
async def list_tasks(contract_id: UUID, quarter: QuarterCode, tx: Tx, caller: Party) -> list[TaskView]:
    """What the meeting about a quarter agreed, and what is open from the meetings before; by their days."""
    return [TaskView.of(task) for task in await actions.tasks(tx, contract_id, quarter, by=caller)]


@router.post("/contracts/{contract_id}/meetings/{quarter}/tasks", status_code=201)
async def agree_task(contract_id: UUID, quarter: QuarterCode, body: NewTask, tx: Tx, now: Now, caller: Buyer) -> TaskView:
    """The buyer writes down what was agreed."""
    agreed = await actions.agree_task(
        tx, contract_id, quarter, what=body.what, owner=body.owner, due_on=body.due_on, at=now, by=caller
    )
    return TaskView.of(agreed)


@router.post("/contracts/{contract_id}/tasks/{task_id}/finish")
async def finish_task(contract_id: UUID, task_id: UUID, tx: Tx, now: Now, caller: EitherParty) -> TaskView:
    """Either party says that it is done."""
    return TaskView.of(await actions.finish_task(tx, contract_id, task_id, at=now, by=caller))


@router.post("/contracts/{contract_id}/tasks/{task_id}/reopen")
async def reopen_task(contract_id: UUID, task_id: UUID, tx: Tx, now: Now, caller: EitherParty) -> TaskView:
    """Either party says that it is not done after all."""
    return TaskView.of(await actions.reopen_task(tx, contract_id, task_id, at=now, by=caller))


@router.post("/contracts/{contract_id}/tasks/{task_id}/remove", status_code=204)
async def remove_task(contract_id: UUID, task_id: UUID, body: TaskRemoval, tx: Tx, now: Now, caller: Buyer) -> None:
    """The buyer takes back what was written down. It stays in the history, with the reason."""
    await actions.remove_task(tx, contract_id, task_id, body.reason, at=now, by=caller)
