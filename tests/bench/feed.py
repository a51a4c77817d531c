"""Reading the ICB's feed with a million lines behind it: p50 and p99, with and without an ETag."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx2 as httpx
from pydantic import SecretStr

from services.aggregator.actions.hearing import hear
from services.aggregator.main import service
from shared.access import Role, Scope
from shared.db import Pool, connect
from shared.identity import keys, people
from shared.service import Runtime
from shared.settings import Settings
from shared.spine import Received
from tests.bench import servers
from tests.bench.figures import Figure, followed, milliseconds
from tests.bench.fold import batched, made_up
from tests.conftest import Databases

READS = 200
QUARTER = "2026-27-Q3"
AT = datetime(2027, 6, 1, tzinfo=UTC)


async def measure(size: int) -> AsyncIterator[Figure]:
    with servers.postgres() as server:
        settings = _settings(Databases(server))
        async with await Runtime.open(service, settings) as runtime:
            await _fill(runtime.pool, size)
            lines = await runtime.pool.fetchval("SELECT count(*) FROM figures")
            transport = httpx.ASGITransport(app=runtime.app())
            async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
                client.headers |= await _key(settings)
                whole, page = f"/api/v1/totals.csv?quarter={QUARTER}", f"/api/v1/totals?quarter={QUARTER}&limit=200"
                known = {"If-None-Match": (await client.get(whole)).headers["ETag"]}
                for name, path, headers, status in (
                    ("feed as CSV, first asked for", f"{whole}&nth={{nth}}", {}, 200),
                    ("feed as CSV, asked for again", whole, {}, 200),
                    ("feed as CSV, ETag known", whole, known, 304),
                    ("feed as JSON, 200 a page, first asked for", f"{page}&nth={{nth}}", {}, 200),
                    ("feed as JSON, 200 a page, asked for again", page, {}, 200),
                ):
                    for figure in milliseconds(f"{name}, {lines:,} lines", None, await _read(client, path, headers, status)):
                        yield figure


async def _read(client: httpx.AsyncClient, path: str, headers: dict[str, str], status: int) -> list[float]:
    seconds = []
    for nth in range(READS):
        began = time.perf_counter()
        answer = await client.get(path.format(nth=nth), headers=headers)
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == status
    return seconds


async def _fill(pool: Pool, lines: int) -> None:
    """What is approved, as the aggregator hears it; what came before is left out."""
    for batch in batched(followed(_approved(lines), lines * 5 // 4, "folding what is approved"), 5000):
        async with pool.acquire() as conn, conn.transaction():
            await hear(conn, batch, at=AT)
    await pool.execute("ANALYZE")


def _approved(wanted: int) -> Iterator[Received]:
    lines = 0
    for nth, (_, value) in enumerate(made_up(wanted * 10)):
        if b'"type":"line.' in value or b'"type":"return.approved' in value:
            lines += b'"type":"line.' in value
            yield Received("returns", 0, nth + 1, value)
        if lines == wanted:
            return


def _settings(databases: Databases) -> Settings:
    found = {
        "database_aggregator": SecretStr(databases("aggregator")),
        "database_identity": SecretStr(databases("identity", role="aggregator")),
        "log": databases("log", role="aggregator"),
    }
    return Settings().model_copy(update=found)


async def _key(settings: Settings) -> dict[str, str]:
    conn = await connect(settings.database("identity").replace("//aggregator@", "//commitments@"))
    person = people.Person(uuid4(), "Ann Alyst", "ann@parity.example", uuid4(), (Role.ICB_ANALYST,))
    await people.add(conn, person, at=AT)
    _, secret = await keys.create(conn, person_id=person.id, label="bench", scopes=[Scope.FEED_READ], at=AT)
    await conn.close()
    return {"Authorization": f"Bearer {secret}"}
