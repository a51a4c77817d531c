"""Events in."""

from __future__ import annotations

from collections.abc import Sequence

from services.alerts.actions.hearing import hear
from services.alerts.models.news import Heard
from shared.db import Connection
from shared.events.commitments import ContractFact, OrganisationRecorded
from shared.events.envelope import EVENTS
from shared.events.returns import LineFact, ReturnFact
from shared.spine import Handlers, Received

NEEDED = (OrganisationRecorded, ContractFact, ReturnFact, LineFact)

handlers = Handlers("alerts", topics=("commitments", "returns"))


@handlers.apply
async def fold(conn: Connection, batch: Sequence[Received]) -> None:
    needed = [received for received in batch if issubclass(EVENTS[received.type], NEEDED)]
    if needed:
        await hear(conn, [Heard(received.event, received.envelope.time, received.position) for received in needed])
