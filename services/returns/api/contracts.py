"""One's own contracts, as far as returns need them: what is owed, and what can be noted in the activity log."""

from __future__ import annotations

from uuid import UUID

from services.returns.actions.finding import find_contract
from services.returns.api.routing import Party, router
from services.returns.models.views import ContractView
from services.returns.store import contracts as store
from shared.api import Cursor, Limit, Page, Tx, decode_cursor, paged
from shared.viewer import Viewer


@router.get("/contracts")
async def list_contracts(tx: Tx, caller: Party, cursor: Cursor, limit: Limit) -> Page[ContractView]:
    """The contracts of your organisation with what is owed under them."""
    after = decode_cursor(cursor, UUID)[0] if cursor is not None else None
    found = await store.contracts_of(tx, Viewer.of(caller), after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda fact: (fact.contract_id,))
    return Page(items=[ContractView.of(fact) for fact in shown], next=more)


@router.get("/contracts/{contract_id}")
async def read_contract(contract_id: UUID, tx: Tx, caller: Party) -> ContractView:
    return ContractView.of(await find_contract(tx, contract_id, caller))
