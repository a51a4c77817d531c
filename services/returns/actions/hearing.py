"""What commitments tells: contracts and organisations, in the order in which they were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.returns.actions.opening import hear_contract
from services.returns.rules.deadlines import Deadlines
from services.returns.store import contracts
from shared.db import Connection
from shared.events import Event
from shared.events.commitments import ContractFact, OrganisationRecorded


async def hear(conn: Connection, told: Sequence[tuple[Event, datetime]], deadlines: Deadlines) -> None:
    """Each event with the time at which it became true. Versions that are known already change nothing."""
    organisations = [event for event, _ in told if isinstance(event, OrganisationRecorded)]
    if organisations:
        await contracts.hear_organisations(conn, organisations)
    for event, at in told:
        if isinstance(event, ContractFact):
            await hear_contract(conn, event, deadlines, at=at)
