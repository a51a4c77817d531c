"""The review meeting about a contract and quarter: its pack, its questions, its tasks."""

from __future__ import annotations

import asyncio
from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.alerts.actions import meeting as actions
from services.alerts.models.meetings import Task
from services.alerts.pages.pack import TEMPLATE, Pack
from services.alerts.pages.pack_docx import as_docx
from services.alerts.pages.routing import Buyer, EitherParty, pages
from services.alerts.rules.deadlines import due_in
from services.alerts.rules.viewing import buyers_eyes, eyes, is_buyer, is_supplier
from shared.access import Caller
from shared.api import Now, Tx
from shared.db import Connection
from shared.documents import pdf
from shared.errors import NotFound, ParityError
from shared.obligations import Text
from shared.origin import link
from shared.pages.downloads import file
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.naming import names_of
from shared.pages.site import Form, redirect
from shared.quarters import Quarter, QuarterCode, local_date


class DocumentForm(StrEnum):
    PDF = "pdf"
    DOCX = "docx"


class NewTask(BaseModel):
    what: Annotated[Text, Says("Enter what will be done", "Enter no more than 500 characters"), Field(max_length=500)]
    owner: Annotated[Text, Says("Enter who will do it", "Enter no more than 200 characters"), Field(max_length=200)]
    due_on: Annotated[date, Says("Enter the date by which it will be done", called="Date")]


class Removal(BaseModel):
    reason: Annotated[Text, Says("Enter why it is removed", "Enter no more than 4,000 characters")]


_HERE = "/contracts/{contract_id:uuid}/meetings/{quarter}"


@pages.router.get(_HERE)
async def show_meeting(
    request: Request, contract_id: UUID, quarter: QuarterCode, tx: Tx, now: Now, visitor: EitherParty
) -> Response:
    shown = await _shown(request, tx, contract_id, quarter, visitor.caller, now)
    return pages.show(request, "meeting.jinja", form=blank(), **shown)


@pages.router.post(_HERE)
async def agree_task(
    request: Request, contract_id: UUID, quarter: QuarterCode, tx: Tx, now: Now, visitor: Buyer, form: Form
) -> Response:
    bound: Bound[NewTask] = bind(NewTask, form)
    shown = await _shown(request, tx, contract_id, quarter, visitor.caller, now)
    if bound.value is not None:
        try:
            await actions.agree_task(tx, contract_id, quarter, **bound.value.model_dump(), at=now, by=visitor.caller)
            return redirect(_path(contract_id, quarter) + "#tasks")
        except ParityError as error:
            bound = bound.refused(error)
    raise pages.again(request, "meeting.jinja", form=bound, **shown)


@pages.router.post(_HERE + "/tasks/{task_id:uuid}/done")
async def finish_task(
    request: Request, contract_id: UUID, quarter: QuarterCode, task_id: UUID, tx: Tx, now: Now, visitor: EitherParty
) -> Response:
    shown = await _shown(request, tx, contract_id, quarter, visitor.caller, now)
    try:
        await actions.finish_task(tx, contract_id, task_id, at=now, by=visitor.caller)
    except ParityError as error:
        raise pages.again(request, "meeting.jinja", form=blank().refused(error), **shown) from None
    return redirect(_path(contract_id, quarter) + "#tasks")


@pages.router.post(_HERE + "/tasks/{task_id:uuid}/undo")
async def reopen_task(
    request: Request, contract_id: UUID, quarter: QuarterCode, task_id: UUID, tx: Tx, now: Now, visitor: EitherParty
) -> Response:
    shown = await _shown(request, tx, contract_id, quarter, visitor.caller, now)
    try:
        await actions.reopen_task(tx, contract_id, task_id, at=now, by=visitor.caller)
    except ParityError as error:
        raise pages.again(request, "meeting.jinja", form=blank().refused(error), **shown) from None
    return redirect(_path(contract_id, quarter) + "#tasks")


@pages.router.get(_HERE + "/tasks/{task_id:uuid}/remove")
async def ask_removal(
    request: Request, contract_id: UUID, quarter: QuarterCode, task_id: UUID, tx: Tx, now: Now, visitor: Buyer
) -> Response:
    task = await actions.seen_task(tx, contract_id, task_id, by=visitor.caller)
    return pages.show(request, "task_remove.jinja", form=blank(), **_removing(task, quarter, now))


@pages.router.post(_HERE + "/tasks/{task_id:uuid}/remove")
async def remove_task(
    request: Request, contract_id: UUID, quarter: QuarterCode, task_id: UUID, tx: Tx, now: Now, visitor: Buyer, form: Form
) -> Response:
    task = await actions.seen_task(tx, contract_id, task_id, by=visitor.caller)
    bound: Bound[Removal] = bind(Removal, form)
    if bound.value is None:
        raise pages.again(request, "task_remove.jinja", form=bound, **_removing(task, quarter, now))
    await actions.remove_task(tx, contract_id, task_id, bound.value.reason, at=now, by=visitor.caller)
    return redirect(_path(contract_id, quarter) + "#tasks")


@pages.router.get(_HERE + "/pack.{form}")
async def download_pack(
    contract_id: UUID, quarter: QuarterCode, form: DocumentForm, tx: Tx, now: Now, visitor: Buyer
) -> Response:
    """Two pages for the meeting, to print or to edit."""
    found = await actions.meeting(tx, buyers_eyes(visitor.caller), contract_id, quarter)
    pack = Pack.of(found, local_date(now))
    made = await pdf(TEMPLATE, pack) if form is DocumentForm.PDF else await asyncio.to_thread(as_docx, pack)
    return file(made, f"{found.going.contract.reference}-review-{quarter.code}", form)


def _removing(task: Task, quarter: Quarter, now: Now) -> dict[str, Any]:
    back = {"href": _path(task.contract_id, quarter) + "#tasks", "text": "Back to the review meeting"}
    return {"task": task, "back": back, "now": now}


async def _shown(
    request: Request, conn: Connection, contract_id: UUID, quarter: Quarter, caller: Caller, now: Now
) -> dict[str, Any]:
    found = await actions.meeting(conn, eyes(caller), contract_id, quarter)
    contract = found.going.contract
    as_buyer = is_buyer(caller, contract.buyer_ids)
    if not (as_buyer or is_supplier(caller, contract.supplier_ids)):
        raise NotFound
    on = local_date(now)
    return {
        "contract": contract,
        "quarter": quarter,
        "pack": Pack.of(found, on),
        "tasks": [(task, due_in(task.due_on, on)) for task in found.tasks],
        "names": await names_of(request, {task.done_by for task in found.tasks if task.done_by}),
        "as_buyer": as_buyer,
        "path": _path(contract_id, quarter),
        "back": {"href": link("alerts", f"/contracts/{contract_id}?quarter={quarter.code}"), "text": "Back to how it is going"},
        "now": now,
    }


def _path(contract_id: UUID, quarter: Quarter) -> str:
    return link("alerts", f"/contracts/{contract_id}/meetings/{quarter.code}")
