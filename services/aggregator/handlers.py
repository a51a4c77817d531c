"""Events in."""

from __future__ import annotations

from collections.abc import Sequence

from services.aggregator.actions.hearing import hear
from shared.db import Connection
from shared.spine import Handlers, Received

handlers = Handlers("aggregator", topics=("commitments", "returns"))


@handlers.apply
async def fold(conn: Connection, batch: Sequence[Received]) -> None:
    await hear(conn, batch, at=batch[-1].heard_at)
