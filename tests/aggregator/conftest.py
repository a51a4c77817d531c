"""A fresh aggregator database for every test, as the service's own role sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest
import pytest_asyncio

from services.aggregator.actions.hearing import hear
from services.aggregator.handlers import handlers
from services.aggregator.main import service
from services.commitments.main import service as commitments
from shared.access import Role, Scope
from shared.db import Pool, connect, connect_pool
from shared.events.envelope import Event
from shared.identity import keys, people
from shared.log.interface import EventLog, Partition, Record, topic_in
from shared.log.postgres import PostgresLog
from shared.service import Runtime
from shared.spine import Received
from shared.spine.consumer import Consumer
from tests.aggregator.analysts import PRESENT, Analyst
from tests.aggregator.builders import AFTER_Q2, Positions
from tests.conftest import Databases, OpenRuntime


class Aggregator:
    """``hears`` applies events at once; ``tells`` puts them into an event log, from which ``catches_up`` consumes."""

    def __init__(self, url: str, pool: Pool) -> None:
        self.url = url
        self.pool = pool
        self.positions = Positions()

    async def hears(self, *events: Event | Iterable[Event], at: datetime = AFTER_Q2) -> list[Received]:
        """Everything in one batch; lists of events are taken apart."""
        flat = [event for each in events for event in ([each] if isinstance(each, Event) else each)]
        received = self.positions.heard(flat, at)
        await self.applies(received, at=at)
        return received

    async def tells(self, log: EventLog, *events: Event | Iterable[Event], epoch: int = 1) -> None:
        flat = [event for each in events for event in ([each] if isinstance(each, Event) else each)]
        await log.create([topic_in(epoch, topic) for topic in handlers.topics])
        for heard in self.positions.heard(flat):
            partition = Partition(topic_in(epoch, heard.topic), heard.partition)
            appended = await log.append([Record(partition, heard.position, str(heard.key).encode(), heard.value)])
            assert appended.error is None

    async def catches_up(self, log: EventLog, *, epoch: int = 1) -> None:
        await Consumer(pool=self.pool, log=log, handlers=handlers, epoch=epoch).drain()

    async def applies(self, received: list[Received], *, at: datetime = AFTER_Q2) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await hear(conn, received, at=at)


@pytest_asyncio.fixture
async def aggregator(database: Databases) -> AsyncIterator[Aggregator]:
    url = database("aggregator")
    pool = await connect_pool(url, min_size=0)
    yield Aggregator(url, pool)
    await pool.close()


@pytest_asyncio.fixture
async def log(database: Databases) -> AsyncIterator[EventLog]:
    opened = await PostgresLog.open(database("log", role="aggregator"))
    yield opened
    await opened.close()


@pytest.fixture
async def at_work(runtime: OpenRuntime) -> Runtime:
    return await runtime(service, at=PRESENT)


@pytest.fixture
async def analyst(runtime: OpenRuntime, at_work: Runtime) -> Analyst:
    visit = await Analyst.of(at_work, await runtime(commitments, at=PRESENT), Role.ICB_ANALYST)
    visit.hears = Aggregator(at_work.settings.database("aggregator"), at_work.pool).hears
    return visit


class Icb:
    """An analyst of the ICB before a running service, and what that service has heard."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.client = client
        self._aggregator = Aggregator(runtime.settings.database("aggregator"), runtime.pool)
        self.hears = self._aggregator.hears

    async def key(self, *roles: Role, scopes: tuple[Scope, ...] = tuple(Scope)) -> dict[str, str]:
        conn = await connect(self.runtime.settings.database("identity").replace("//aggregator@", "//commitments@"))
        person = people.Person(uuid4(), "Ann Alyst", f"{uuid4()}@parity.example", uuid4(), roles)
        await people.add(conn, person, at=PRESENT)
        _, secret = await keys.create(conn, person_id=person.id, label="test", scopes=scopes, at=PRESENT)
        await conn.close()
        return {"Authorization": f"Bearer {secret}"}

    async def get(self, path: str, **options: Any) -> Any:
        answer = await self.client.get(f"/api/v1/{path}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def close(self, quarter: str = "2026-27-Q2") -> httpx.Response:
        return await self.client.post("/api/v1/publications", json={"quarter": quarter})


@pytest.fixture
async def icb(at_work: Runtime) -> AsyncIterator[Icb]:
    transport = httpx.ASGITransport(app=at_work.app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as client:
        found = Icb(at_work, client)
        client.headers |= await found.key(Role.ICB_ANALYST)
        yield found
