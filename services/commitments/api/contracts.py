"""Contracts and what is owed under them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.commitments.actions import contracts as actions
from services.commitments.actions import pledges as pledge_actions
from services.commitments.actions.people import owners_must_be_of
from services.commitments.api.routing import Manager, Reader, router
from services.commitments.models.contracts import Closing, Contract, ContractChange, ContractSummary, NewContract
from services.commitments.models.obligations import AddedObligations, Variation
from services.commitments.models.pledges import Pledging
from services.commitments.store import contracts as store
from shared.api import Cursor, IfMatch, Limit, Now, Page, Tx, decode_cursor, etag, paged
from shared.history import Entry
from shared.viewer import Viewer


@router.post("/contracts", status_code=201)
async def record_contract(body: NewContract, tx: Tx, now: Now, caller: Manager, request: Request, response: Response) -> Contract:
    """Record a contract that your organisation leads as a buyer, with what is owed. Cautions stop nobody."""
    contract = await actions.record_contract(tx, body, by=caller, at=now)
    await owners_must_be_of(request.app.state.runtime.identity, [one.owner_id for one in body.obligations], contract)
    return _answer(contract, response)


@router.get("/contracts")
async def list_contracts(
    tx: Tx,
    caller: Reader,
    limit: Limit,
    cursor: Cursor,
    q: Annotated[
        str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="Words in the reference, title or supplier.")
    ] = None,
    running_on: Annotated[date | None, Query(description="Only contracts that run on this day.")] = None,
) -> Page[ContractSummary]:
    """The contracts that you may see, the latest recorded first."""
    after = decode_cursor(cursor, UUID)[0] if cursor is not None else None
    found = await store.page(tx, Viewer.of(caller), words=q, running_on=running_on, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.contract_id,))
    return Page(items=shown, next=more)


@router.get("/contracts/{contract_id}")
async def read_contract(contract_id: UUID, tx: Tx, caller: Reader, response: Response) -> Contract:
    return _answer(await actions.read_contract(tx, contract_id, by=caller), response)


@router.patch("/contracts/{contract_id}")
async def change_contract(
    contract_id: UUID, body: ContractChange, tx: Tx, now: Now, caller: Manager, version: IfMatch, response: Response
) -> Contract:
    """Describe a contract anew, with a reason."""
    return _answer(await actions.change_contract(tx, contract_id, body, by=caller, at=now, version=version), response)


@router.post("/contracts/{contract_id}/obligations", status_code=201)
async def add_obligations(
    contract_id: UUID,
    body: AddedObligations,
    tx: Tx,
    now: Now,
    caller: Manager,
    version: IfMatch,
    request: Request,
    response: Response,
) -> Contract:
    """Owe more from a quarter on, with a reason: all of it, or nothing."""
    contract = await actions.add_obligations(
        tx, contract_id, body.obligations, body.reason, from_quarter=body.from_quarter, by=caller, at=now, version=version
    )
    await owners_must_be_of(request.app.state.runtime.identity, [one.owner_id for one in body.obligations], contract)
    return _answer(contract, response)


@router.post("/contracts/{contract_id}/obligations/{obligation_id}/variations", status_code=201)
async def vary(
    contract_id: UUID,
    obligation_id: UUID,
    body: Variation,
    tx: Tx,
    now: Now,
    caller: Manager,
    version: IfMatch,
    response: Response,
) -> Contract:
    """Change an obligation from a quarter on; the quarters before keep theirs."""
    return _answer(await actions.vary(tx, contract_id, obligation_id, body, by=caller, at=now, version=version), response)


@router.put("/contracts/{contract_id}/pledge")
async def set_pledge(
    contract_id: UUID, body: Pledging, tx: Tx, now: Now, caller: Manager, version: IfMatch, response: Response
) -> Contract:
    """Set baselines and yearly targets of a pledge. Its obligations are added, and varied from the first quarter that changes."""
    return _answer(await pledge_actions.set_pledge(tx, contract_id, body, by=caller, at=now, version=version), response)


@router.post("/contracts/{contract_id}/close")
async def close(
    contract_id: UUID, body: Closing, tx: Tx, now: Now, caller: Manager, version: IfMatch, response: Response
) -> Contract:
    """End a contract early."""
    return _answer(await actions.close(tx, contract_id, body, by=caller, at=now, version=version), response)


@router.get("/contracts/{contract_id}/history")
async def read_history(contract_id: UUID, tx: Tx, caller: Reader) -> list[Entry]:
    """Everything that was done to a contract, the earliest first."""
    return await actions.history_of(tx, contract_id, by=caller)


def _answer(contract: Contract, response: Response) -> Contract:
    response.headers["ETag"] = etag(contract.version)
    return contract
