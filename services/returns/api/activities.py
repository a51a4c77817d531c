"""The activity log: what was done, noted as it happens."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from services.returns.actions import activities as actions
from services.returns.actions.finding import find_contract
from services.returns.api.routing import Party, Writer, router
from services.returns.models.activities import Activity, ActivityContent, NewActivity
from services.returns.store import activities as store
from shared.api import Cursor, IfMatch, Limit, Now, Page, Tx, decode_cursor, etag, paged


@router.get("/activities")
async def list_activities(
    tx: Tx, caller: Party, contract_id: UUID, cursor: Cursor, limit: Limit, obligation_id: UUID | None = None
) -> Page[Activity]:
    """The activities of a contract, or of one obligation, in the order in which they were noted."""
    await find_contract(tx, contract_id, caller)
    after = decode_cursor(cursor, UUID)[0] if cursor is not None else None
    found = await store.page(tx, contract_id, obligation_id=obligation_id, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.activity_id,))
    return Page(items=shown, next=more)


@router.post("/activities", status_code=201)
async def note_activity(body: NewActivity, tx: Tx, now: Now, caller: Writer, response: Response) -> Activity:
    content = ActivityContent(happened_on=body.happened_on, quantity=body.quantity, note=body.note)
    activity = await actions.note(tx, body.contract_id, body.obligation_id, content, by=caller, at=now)
    response.headers["ETag"] = etag(activity.version)
    return activity


@router.get("/activities/{activity_id}")
async def read_activity(activity_id: UUID, tx: Tx, caller: Party, response: Response) -> Activity:
    activity = await actions.find(tx, activity_id, by=caller)
    response.headers["ETag"] = etag(activity.version)
    return activity


@router.put("/activities/{activity_id}")
async def change_activity(
    activity_id: UUID, body: ActivityContent, tx: Tx, now: Now, caller: Writer, version: IfMatch, response: Response
) -> Activity:
    activity = await actions.change(tx, activity_id, body, by=caller, at=now, version=version)
    response.headers["ETag"] = etag(activity.version)
    return activity


@router.delete("/activities/{activity_id}", status_code=204)
async def remove_activity(activity_id: UUID, tx: Tx, now: Now, caller: Writer, version: IfMatch) -> None:
    await actions.remove(tx, activity_id, by=caller, at=now, version=version)
