"""What is to be restated: a supplier asks for it, or is asked to look again; and the answers to both."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.returns.actions import reading, restating
from services.returns.api.routing import Party, Reviewer, Supplier, router
from services.returns.models.decisions import FigureConfirmation, RestatementAnswer, RestatementAsking, RestatementWanted
from services.returns.models.returns import RestatementAsked, RestatementRequest
from services.returns.store import restatements as store
from shared.api import Cursor, Limit, Now, Page, Tx, decode_cursor, paged
from shared.viewer import Viewer

Waiting = Annotated[bool, Query(description="Only those that wait for an answer.")]


@router.post("/lines/{line_id}/restatement-requests", status_code=201)
async def request_restatement(line_id: UUID, body: RestatementWanted, tx: Tx, now: Now, caller: Supplier) -> RestatementRequest:
    """Ask the contract manager to restate an approved line."""
    return await restating.request_restatement(tx, line_id, body, by=caller, at=now)


@router.get("/restatement-requests")
async def list_requests(
    tx: Tx, caller: Party, cursor: Cursor, limit: Limit, waiting: Waiting = False, contract_id: UUID | None = None
) -> Page[RestatementRequest]:
    """What suppliers asked for on the contracts of your organisation, the earliest first."""
    after = decode_cursor(cursor, UUID)[0] if cursor is not None else None
    viewer = Viewer.of(caller)
    found = await store.page_of_requests(tx, viewer, waiting=waiting, contract_id=contract_id, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.request_id,))
    return Page(items=shown, next=more)


@router.get("/restatement-requests/{request_id}")
async def read_request(request_id: UUID, tx: Tx, caller: Party) -> RestatementRequest:
    """What a supplier asked for, and what was answered."""
    return await reading.restatement_request(tx, request_id, by=caller)


@router.post("/restatement-requests/{request_id}/answer")
async def answer_request(request_id: UUID, body: RestatementAnswer, tx: Tx, now: Now, caller: Reviewer) -> RestatementRequest:
    """Confirm a supplier's request, which restates the line, or decline it with a reason."""
    return await restating.answer_request(tx, request_id, body, by=caller, at=now)


@router.post("/lines/{line_id}/restatements-asked", status_code=201)
async def ask_to_restate(line_id: UUID, body: RestatementAsking, tx: Tx, now: Now, caller: Reviewer) -> RestatementAsked:
    """Ask the supplier to look at an approved line again: it then asks for a change, or confirms the figure."""
    return await restating.ask_to_restate(tx, line_id, body.reason, by=caller, at=now)


@router.get("/restatements-asked")
async def list_asked(
    tx: Tx, caller: Party, cursor: Cursor, limit: Limit, waiting: Waiting = False, contract_id: UUID | None = None
) -> Page[RestatementAsked]:
    """What suppliers were asked to look at again on the contracts of your organisation, the earliest first."""
    after = decode_cursor(cursor, UUID)[0] if cursor is not None else None
    viewer = Viewer.of(caller)
    found = await store.page_of_asked(tx, viewer, waiting=waiting, contract_id=contract_id, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.asked_id,))
    return Page(items=shown, next=more)


@router.get("/restatements-asked/{asked_id}")
async def read_asked(asked_id: UUID, tx: Tx, caller: Party) -> RestatementAsked:
    """What the supplier was asked to look at again, and what it answered."""
    return await reading.restatement_asked(tx, asked_id, by=caller)


@router.post("/lines/{line_id}/confirm-figure")
async def confirm_figure(line_id: UUID, body: FigureConfirmation, tx: Tx, now: Now, caller: Supplier) -> RestatementAsked:
    """Answer that the figure is right, where the contract manager asked to look at it again."""
    return await restating.confirm_figure(tx, line_id, body.reason, by=caller, at=now)


@router.post("/lines/{line_id}/withdraw-asking")
async def withdraw_asking(line_id: UUID, tx: Tx, now: Now, caller: Reviewer) -> RestatementAsked:
    """No longer ask the supplier to look at a line again."""
    return await restating.withdraw_asking(tx, line_id, by=caller, at=now)
