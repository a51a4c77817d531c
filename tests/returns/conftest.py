"""A fresh returns database per test, and a small world on it that commitments has told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2 as httpx
import pytest

from services.commitments.main import service as commitments
from services.returns.actions.hearing import hear
from services.returns.main import service as returns
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.store import returns as store
from shared.access import SUPPLIER as SUPPLIER_ROLES
from shared.access import Caller, Role
from shared.db import Connection, Pool, connect, connect_pool
from shared.events import EVENTS, Event
from shared.identity import keys, people
from shared.ids import new_id
from shared.obligations import Kind, Side
from shared.quarters import Quarter
from shared.service import Runtime
from tests.conftest import Databases, OpenRuntime
from tests.returns.builders import (
    ANALYST,
    CERTIFIER,
    DEADLINES,
    EDITOR,
    MANAGER,
    OTHER_MANAGER,
    OTHER_SUPPLIER,
    Q1,
    STRANGER,
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


class Client:
    """Calls the API as one person or another."""

    def __init__(self, runtime: Runtime, keys_of: dict[Caller, str]) -> None:
        self.runtime = runtime
        self.world = World(runtime.pool)
        self._keys = keys_of
        transport = httpx.ASGITransport(app=runtime.app(), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://parity.example/api/v1")

    async def __call__(
        self, method: str, path: str, by: Caller = EDITOR, *, if_match: str | None = None, expect: int = 200, **sent: Any
    ) -> Any:
        """The answer's JSON (its response where it has none), after a look at its status."""
        headers = {"Authorization": f"Bearer {self._keys[by]}", **sent.pop("headers", {})}
        if if_match is not None:
            headers["If-Match"] = if_match
        response = await self.http.request(method, path, headers=headers, **sent)
        assert response.status_code == expect, response.text
        return response.json() if response.content and "json" in response.headers.get("content-type", "") else response

    async def filed(self, by: Caller = EDITOR, **wanted: Any) -> dict[str, Any]:
        """The one return of the list, whole."""
        [summary] = (await self("GET", "/returns", by, params=wanted))["items"]
        found: dict[str, Any] = await self("GET", f"/returns/{summary['return_id']}", by)
        return found

    async def line(self, name: str = "hours", by: Caller = EDITOR) -> dict[str, Any]:
        return next(line for line in (await self.filed(by))["lines"] if line["reference"] == name)

    async def save(self, name: str = "hours", by: Caller = EDITOR, **said: Any) -> dict[str, Any]:
        line = await self.line(name)
        saved: dict[str, Any] = await self("PUT", f"/lines/{line['line_id']}", by, if_match=f'"{line["version"]}"', json=said)
        return saved

    async def step(self, step: str, by: Caller, body: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        filed = await self.filed(EDITOR)
        path = f"/returns/{filed['return_id']}/{step}"
        found: dict[str, Any] = await self("POST", path, by, if_match=f'"{filed["version"]}"', json=body, **kwargs)
        return found


async def keys_for(at_work: Runtime) -> dict[Caller, str]:
    """A key for everybody in these tests. Of the services only commitments may write the identity database."""
    conn = await connect(urlsplit(at_work.settings.database("identity"))._replace(netloc="commitments@").geturl())
    keys_of = {}
    for person in (EDITOR, CERTIFIER, MANAGER, ANALYST, STRANGER, OTHER_MANAGER):
        roles = tuple(sorted(person.roles))
        known = people.Person(person.person_id, "Somebody", f"{new_id()}@example.org", person.organisation_id, roles)
        await people.add(conn, known, at=JULY)
        scopes = ["returns:read", "returns:write"]
        _, keys_of[person] = await keys.create(conn, person_id=person.person_id, label="t", scopes=scopes, at=JULY)
    await conn.close()
    return keys_of


@pytest.fixture
async def api(runtime: OpenRuntime, tmp_path: Path) -> AsyncIterator[Client]:
    at_work = await runtime(returns, at=JULY, evidence=f"file://{tmp_path}/evidence", evidence_max_bytes=100_000)
    client = Client(at_work, await keys_for(at_work))
    calls = an_obligation("calls", terms(Kind.RATIO, target=95))
    await client.world.hear(an_organisation(), a_contract(an_obligation(), calls), when=JULY)
    yield client
    await client.http.aclose()
