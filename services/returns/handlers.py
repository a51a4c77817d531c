"""What the returns service hears: contracts and organisations, from commitments."""

from __future__ import annotations

from collections.abc import Sequence

from services.returns.actions.hearing import hear
from services.returns.rules.deadlines import Deadlines
from shared.db import Connection
from shared.settings import Settings
from shared.spine import Handlers, Received

handlers = Handlers("returns", topics=("commitments",))


@handlers.apply
async def apply(conn: Connection, batch: Sequence[Received]) -> None:
    await hear(conn, [(one.event, one.time) for one in batch], Deadlines.of(Settings()))
