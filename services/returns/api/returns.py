"""Quarterly returns: what is due, one with its lines, and the steps from submitted to approved."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.returns.actions import filing, readiness, reading, reviewing
from services.returns.api.routing import Certifier, DeadlinesInForce, Party, Reader, Reviewer, Supplier, router
from services.returns.models.decisions import Approval, Certification, ChangesWanted
from services.returns.models.views import ReturnSummary, ReturnView
from services.returns.store import returns as store
from shared.api import Cursor, IfMatch, Limit, Now, Page, Tx, decode_cursor, etag, paged
from shared.events.returns import ReturnStatus
from shared.history import Entry
from shared.quarters import QuarterCode, local_date
from shared.viewer import Viewer


@router.get("/returns")
async def list_returns(
    tx: Tx,
    now: Now,
    caller: Reader,
    cursor: Cursor,
    limit: Limit,
    status: ReturnStatus | None = None,
    quarter: QuarterCode | None = None,
    contract_id: UUID | None = None,
    supplier_id: UUID | None = None,
    with_supplier: Annotated[bool, Query(description="Only those that wait for the supplier: open, or sent back.")] = False,
    overdue: Annotated[bool, Query(description="Only those that were due, or to be sent again, and were not.")] = False,
) -> Page[ReturnSummary]:
    """The returns that you may see, the earliest due first."""
    wanted = store.Wanted(status, quarter, contract_id, supplier_id, with_supplier, overdue)
    after = decode_cursor(cursor, date, UUID) if cursor is not None else None
    found = await store.page(tx, Viewer.of(caller), wanted, today=local_date(now), after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.due_on, one.return_id))
    return Page(items=shown, next=more)


@router.get("/returns/{return_id}")
async def read_return(return_id: UUID, tx: Tx, now: Now, caller: Reader, response: Response) -> ReturnView:
    """A return with its lines, what stands behind them, and what they still need."""
    found = await reading.read_return(tx, return_id, by=caller, at=now)
    response.headers["ETag"] = etag(found.version)
    return found


@router.post("/returns/{return_id}/tell-certifiers", status_code=204)
async def tell_certifiers(return_id: UUID, tx: Tx, now: Now, caller: Supplier) -> None:
    """Tell your certifiers that a complete return waits for them, once for each version of it."""
    await readiness.ask_certifiers(tx, return_id, by=caller, at=now)


@router.post("/returns/{return_id}/submit")
async def submit(
    return_id: UUID,
    body: Certification,
    tx: Tx,
    now: Now,
    caller: Certifier,
    version: IfMatch,
    deadlines: DeadlinesInForce,
    response: Response,
) -> ReturnView:
    """Certify and submit the return as you have read it; a contract manager does so on the supplier's behalf."""
    filed = await filing.submit(tx, return_id, body, deadlines, by=caller, at=now, version=version)
    response.headers["ETag"] = etag(filed.version)
    return await reading.view_of(tx, filed, by=caller, at=now)


@router.post("/returns/{return_id}/approve")
async def approve(
    return_id: UUID, body: Approval, tx: Tx, now: Now, caller: Reviewer, version: IfMatch, response: Response
) -> ReturnView:
    """Approve some lines, or all that wait for a review, and judge their stories."""
    filed = await reviewing.approve(tx, return_id, body, by=caller, at=now, version=version)
    response.headers["ETag"] = etag(filed.version)
    return await reading.view_of(tx, filed, by=caller, at=now)


@router.post("/returns/{return_id}/request-changes")
async def request_changes(
    return_id: UUID,
    body: ChangesWanted,
    tx: Tx,
    now: Now,
    caller: Reviewer,
    version: IfMatch,
    deadlines: DeadlinesInForce,
    response: Response,
) -> ReturnView:
    """Send lines back to the supplier, each with a reason; their approved neighbours stay approved."""
    filed = await reviewing.request_changes(tx, return_id, body, deadlines, by=caller, at=now, version=version)
    response.headers["ETag"] = etag(filed.version)
    return await reading.view_of(tx, filed, by=caller, at=now)


@router.get("/returns/{return_id}/history")
async def read_history(return_id: UUID, tx: Tx, caller: Party) -> list[Entry]:
    """Everything that was done to a return and its lines, the earliest first."""
    return await reading.history_of(tx, return_id, by=caller)
