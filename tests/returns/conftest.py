"""A fresh returns database per test, and a small world on it that commitments has told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest

from services.returns.actions.hearing import hear
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.store import returns as store
from shared.db import Connection, Pool, connect_pool
from shared.events import EVENTS, Event
from shared.quarters import Quarter
from tests.conftest import Databases
from tests.returns.builders import DEADLINES, Q1, at, contract_id


class World:
    """Shorthand for what tests do again and again, through the actions."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def hear(self, *events: Event, when: datetime | date = Q1.first_day) -> None:
        moment = when if isinstance(when, datetime) else at(when)
        async with self.pool.acquire() as conn, conn.transaction():
            await hear(conn, [(event, moment) for event in events], DEADLINES)

    async def filed(self, quarter: Quarter = Q1, reference: str = "C-1") -> QuarterlyReturn:
        async with self.pool.acquire() as conn, conn.transaction():
            for one in await store.lock_of_contract(conn, contract_id(reference)):
                if one.quarter == quarter:
                    return one
        raise AssertionError(f"no return of {reference} for {quarter}")

    async def line(self, name: str = "hours", quarter: Quarter = Q1, reference: str = "C-1") -> Line:
        return next(line for line in (await self.filed(quarter, reference)).lines if line.reference == name)

    async def told(self, kind: type[Event] | None = None) -> list[Event]:
        """Every event in the outbox so far, in order."""
        async with self.pool.acquire() as conn:
            rows = await conn.fetch("SELECT type, data FROM outbox ORDER BY number")
        events = [EVENTS[row["type"]].model_validate(row["data"]) for row in rows]
        return [event for event in events if kind is None or isinstance(event, kind)]

    async def acts(self) -> list[tuple[str, str]]:
        async with self.pool.acquire() as conn:
            return [tuple(row) for row in await conn.fetch("SELECT subject, action FROM history ORDER BY id")]


@pytest.fixture
async def world(database: Databases) -> AsyncIterator[World]:
    pool = await connect_pool(database("returns"), max_size=8)
    yield World(pool)
    await pool.close()


@pytest.fixture
async def conn(world: World) -> AsyncIterator[Connection]:
    async with world.pool.acquire() as conn:
        yield conn
