from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx2 as httpx
import pytest

from services.alerts.handlers import fold
from services.alerts.main import service
from services.commitments.main import service as commitments
from shared.access import Role, Scope
from shared.db import Connection, connect
from shared.events import Event
from shared.events.commitments import IcbSees
from shared.identity import keys
from shared.identity import people as identity
from shared.ids import new_id
from shared.schedule import run_due
from shared.service import Runtime
from tests.alerts.builders import BUYER, SUPPLIER, Contract, Telling, an_organisation, at
from tests.alerts.visitors import People
from tests.conftest import NOON, Databases, OpenRuntime
from tests.shared.ratings.builders import Q2


@pytest.fixture
async def conn(database: Databases) -> AsyncIterator[Connection]:
    """A fresh database of the alerts service, as the service's own role sees it."""
    conn = await connect(database("alerts"))
    yield conn
    await conn.close()


@pytest.fixture
def tell() -> Telling:
    return Telling()


class World:
    """The service at work: ``hear`` brings it events, ``as_…`` are people who call it, ``clock`` moves on."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient, tell: Telling) -> None:
        self.runtime = runtime
        self.client = client
        self._tell = tell

    async def hear(self, *told: tuple[Event, datetime]) -> None:
        async with self.runtime.pool.acquire() as conn, conn.transaction():
            await fold(conn, [self._tell(event, time) for event, time in told])

    async def until(self, moment: datetime) -> None:
        """Move the clock on and do the chores of every day up to then."""
        self.runtime.clock.advance(moment)
        await run_due(self.runtime.pool, service.chores, at=moment)

    async def person(self, organisation_id: UUID, *roles: Role, scopes: Sequence[str] = tuple(Scope)) -> dict[str, str]:
        """The headers of somebody's requests."""
        url = urlsplit(self.runtime.settings.database("identity"))._replace(netloc="commitments@").geturl()
        conn = await connect(url)
        try:
            person = identity.Person(new_id(), "Somebody", f"{new_id()}@parity.example", organisation_id, tuple(roles))
            await identity.add(conn, person, at=NOON)
            _, secret = await keys.create(conn, person_id=person.id, label="test", scopes=scopes, at=NOON)
        finally:
            await conn.close()
        return {"Authorization": f"Bearer {secret}"}

    async def manager(self, organisation_id: UUID = BUYER) -> dict[str, str]:
        return await self.person(organisation_id, Role.CONTRACT_MANAGER)

    async def supplier(self, organisation_id: UUID = SUPPLIER) -> dict[str, str]:
        return await self.person(organisation_id, Role.SUPPLIER_EDITOR)


@pytest.fixture
async def world(runtime: Callable[..., Awaitable[Runtime]] | OpenRuntime, tell: Telling) -> AsyncIterator[World]:
    at_work = await runtime(service, at=NOON)
    transport = httpx.ASGITransport(app=at_work.app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as client:
        world = World(at_work, client, tell)
        await world.until(NOON)  # chores have run before, so days that are skipped are caught up
        yield world


@pytest.fixture
async def people(world: World, runtime: OpenRuntime) -> People:
    return People(world.runtime, await runtime(commitments))


@pytest.fixture
async def alert_for_icb(world: World) -> str:
    """The path of an alert that the ICB may see, and that nobody has dealt with until now."""
    contract = Contract("MV-1")
    await world.hear(
        (an_organisation(BUYER, escalates_to_icb=True, icb_sees=IcbSees.CONTRACTS), NOON),
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.approved(Q2, "10"), NOON - timedelta(hours=1)),
    )
    return f"/alerts/{await world.runtime.pool.fetchval('SELECT alert_id FROM alerts')}"
