"""What the returns service hears: contracts and organisations, from commitments."""

from __future__ import annotations

from collections.abc import Sequence

from services.returns.actions.hearing import hear
from services.returns.rules.deadlines import Deadlines
from shared.db import Connection
from shared.spine import Handlers, Received


def handlers(deadlines: Deadlines) -> Handlers:
    """Returns of contracts that were recorded late open as they are heard of, with these deadlines."""
    heard = Handlers("returns", topics=("commitments",))

    @heard.apply
    async def apply(conn: Connection, batch: Sequence[Received]) -> None:
        await hear(conn, [(one.event, one.time) for one in batch], deadlines)

    return heard
