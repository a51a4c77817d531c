"""Set the baselines and yearly targets of a pledge: its obligations are added and varied as those of any contract."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.commitments.actions import contracts as actions
from services.commitments.models.contracts import Contract, ContractChange
from services.commitments.models.pledges import Pledging
from services.commitments.rules.pledges import plan
from services.commitments.store import choosing
from shared.access import Caller
from shared.db import Connection
from shared.errors import Conflict
from shared.quarters import local_date


class NothingChanged(Conflict):
    """Nothing is changed yet. Change a baseline or a target, or go back."""


async def set_pledge(
    conn: Connection, contract_id: UUID, said: Pledging, *, by: Caller, at: datetime, version: int | None = None
) -> Contract:
    """All of it, or nothing.

    Raises NotFound, PreconditionFailed, NoPledge, NothingChanged, and Invalid with pointers into ``said``.
    """
    contract = await actions.lock_contract(conn, contract_id, by, version=version)
    measures = await choosing.measures_called(conn, contract.lead_buyer_id, [one.measure_code for one in said.measures])
    found = plan(contract, said.measures, measures, said.reason, today=local_date(at))
    if found.baselines is None and not found.added and not found.varied:
        raise NothingChanged
    if found.baselines is not None:
        change = ContractChange(baselines=found.baselines, reason=said.reason)
        contract = await actions.change_contract(conn, contract_id, change, by=by, at=at)
    if found.added:
        contract = await actions.add_obligations(conn, contract_id, found.added, said.reason, by=by, at=at)
    for obligation_id, variation in found.varied:
        contract = await actions.vary(conn, contract_id, obligation_id, variation, by=by, at=at)
    return contract
