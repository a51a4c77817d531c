"""Ratings and compliance of a contract, and the parity report."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.alerts.actions.parity import parity
from services.alerts.api.callers import Reader
from services.alerts.api.views import ComplianceView, ContractRatings, ParityColumnView, ParityReport
from services.alerts.models.facts import KnownContract
from services.alerts.rules.viewing import eyes
from services.alerts.store import ratings as store
from services.alerts.store import sight
from shared.access import Caller
from shared.api import Now, Tx, api_router
from shared.db import Connection
from shared.errors import NotFound
from shared.quarters import QuarterCode, local_date
from shared.ratings import compliance

router = api_router("reports")


@router.get("/contracts/{contract_id}/ratings")
async def contract_ratings(contract_id: UUID, tx: Tx, caller: Reader, quarter: QuarterCode | None = None) -> ContractRatings:
    """Every obligation of the contract, of either side, at the end of every quarter (or of one)."""
    contract = await _contract(tx, contract_id, caller)
    ratings = await store.ratings_of_contract(tx, contract_id, quarter)
    return ContractRatings.of(contract, ratings, await sight.obligations_of(tx, contract_id))


@router.get("/contracts/{contract_id}/compliance")
async def contract_compliance(contract_id: UUID, quarter: QuarterCode, tx: Tx, caller: Reader) -> ComplianceView:
    """The contract's compliance in a quarter, with its two halves."""
    await _contract(tx, contract_id, caller)
    obligations = await sight.obligations_of(tx, contract_id)
    ratings = await store.ratings_of_contract(tx, contract_id, quarter)
    found = compliance((obligations[rating.obligation_id].side, rating.rating, bool(rating.incomplete)) for rating in ratings)
    return ComplianceView.of(contract_id, quarter, found)


@router.get("/parity-report")
async def parity_report(
    tx: Tx,
    now: Now,
    caller: Reader,
    first: Annotated[QuarterCode, Query(description="The first quarter of the period")],
    last: Annotated[QuarterCode, Query(description="The last quarter of the period")],
) -> ParityReport:
    """Core service beside social value over a period: of the caller's own contracts; for the ICB, of all of them in sum.
    Over many contracts it is counted once a day."""
    found = await parity(tx, eyes(caller), first, last, on=local_date(now))
    columns = {side.value: ParityColumnView.of(column) for side, column in found.columns.items()}
    return ParityReport(first_quarter=first, last_quarter=last, counted_at=found.counted_at, **columns)


async def _contract(conn: Connection, contract_id: UUID, caller: Caller) -> KnownContract:
    contract = await sight.contract(conn, eyes(caller), contract_id)
    if contract is None:
        raise NotFound
    return contract
