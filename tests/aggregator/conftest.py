"""A fresh aggregator database for every test, as the service's own role sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

import pytest_asyncio

from services.aggregator.actions.hearing import hear
from shared.db import Pool, connect_pool
from shared.events.envelope import Event
from shared.spine import Received
from tests.aggregator.builders import AFTER_Q2, Positions
from tests.conftest import Databases


class Aggregator:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.positions = Positions()

    async def hears(self, *events: Event | Iterable[Event], at: datetime = AFTER_Q2) -> list[Received]:
        """Everything in one batch; lists of events are taken apart."""
        flat = [event for each in events for event in ([each] if isinstance(each, Event) else each)]
        received = self.positions.heard(flat, at)
        await self.applies(received, at=at)
        return received

    async def applies(self, received: list[Received], *, at: datetime = AFTER_Q2) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await hear(conn, received, at=at)


@pytest_asyncio.fixture
async def aggregator(database: Databases) -> AsyncIterator[Aggregator]:
    pool = await connect_pool(database("aggregator"), min_size=0)
    yield Aggregator(pool)
    await pool.close()
