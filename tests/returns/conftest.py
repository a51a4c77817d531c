"""A fresh returns database per test, and a small world on it that commitments has told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.commitments.main import service as commitments
from services.returns.actions.hearing import hear
from services.returns.main import service as returns
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.store import returns as store
from shared.access import SUPPLIER as SUPPLIER_ROLES
from shared.access import Role
from shared.db import Connection, Pool, connect_pool
from shared.events import EVENTS, Event
from shared.obligations import Kind, Side
from shared.quarters import Quarter
from shared.service import Runtime
from tests.conftest import Databases, OpenRuntime
from tests.returns.builders import (
    DEADLINES,
    OTHER_SUPPLIER,
    Q1,
    SUPPLIER,
    TRUST,
    a_contract,
    an_obligation,
    an_organisation,
    at,
    contract_id,
    terms,
)
from tests.returns.office import JULY
from tests.visiting import Visit


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


class Office:
    """The returns service at work, with the people who visit it."""

    def __init__(self, runtime: Runtime, commitments: Runtime) -> None:
        self.runtime = runtime
        self.commitments = commitments
        self.world = World(runtime.pool)

    async def visit(self, *roles: Role, works_at: UUID = SUPPLIER, name: str = "Sam Reed") -> Visit:
        return await Visit.of(self.runtime, self.commitments, *roles, organisation_id=works_at, name=name)

    async def editor(self, name: str = "Sam Reed") -> Visit:
        return await self.visit(Role.SUPPLIER_EDITOR, name=name)

    async def certifier(self, name: str = "Cleo Hart") -> Visit:
        return await self.visit(Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER, name=name)

    async def stranger(self) -> Visit:
        return await self.visit(*SUPPLIER_ROLES, works_at=OTHER_SUPPLIER)

    async def manager(self, name: str = "Mo Khan") -> Visit:
        return await self.visit(Role.CONTRACT_MANAGER, works_at=TRUST, name=name)


@pytest.fixture
async def office(runtime: OpenRuntime, tmp_path: Path) -> Office:
    at_work = await runtime(returns, at=JULY, evidence=f"file://{tmp_path}/evidence", evidence_max_bytes=100_000)
    return Office(at_work, await runtime(commitments))


@pytest.fixture
async def two_lines(office: Office) -> Office:
    """A return that waits, with a line of either side."""
    calls = an_obligation("calls", terms(Kind.RATIO, target=95), side=Side.CORE_SERVICE)
    await office.world.hear(an_organisation(), a_contract(calls, an_obligation()), when=JULY)
    return office
