"""How a contract is going: its compliance quarter by quarter, its ratings, its returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.alerts.models.facts import KnownContract, KnownObligation
from services.alerts.store import ratings, returns, sight
from shared.db import Connection
from shared.errors import NotFound
from shared.quarters import Quarter
from shared.ratings import Compliance, compliance
from shared.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Going:
    contract: KnownContract
    obligations: Mapping[UUID, KnownObligation]
    """In the order of their references."""
    classes: Mapping[tuple[UUID, Quarter], ratings.Class]
    """How each obligation is rated at the end of each quarter."""
    returns: Mapping[Quarter, returns.StandingReturn]

    @property
    def quarters(self) -> Sequence[Quarter]:
        """Those that are rated or have a return, in order."""
        return sorted({quarter for _, quarter in self.classes} | self.returns.keys())

    def compliance(self, quarter: Quarter) -> Compliance:
        rated = ((self.obligations[one], found) for (one, at), found in self.classes.items() if at == quarter)
        return compliance((obligation.side, found.rating, found.incomplete) for obligation, found in rated)


async def going(conn: Connection, viewer: Viewer, contract_id: UUID) -> Going:
    """Raises NotFound for a contract that this viewer may not see."""
    contract = await sight.contract(conn, viewer, contract_id)
    if contract is None:
        raise NotFound
    obligations = await sight.obligations_of(conn, contract_id)
    return Going(
        contract,
        dict(sorted(obligations.items(), key=lambda item: (item[1].reference, item[0]))),
        await ratings.classes_of_contract(conn, contract_id),
        {one.quarter: one for one in await returns.of_contract(conn, contract_id)},
    )
