"""An authenticated write with an outbox row: POST /organisations to ``parity serve``, against its own statements alone.

The statements of real requests are recorded with what they were given, and a bare asyncpg loop executes the very same ones,
the look at the API key included. Both by 16 connections at a time.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import httpx2 as httpx
import orjson
from pydantic import SecretStr

from services.commitments.main import service
from shared.access import Role, Scope
from shared.db import connect_pool
from shared.identity import keys, people
from shared.service import Runtime
from shared.settings import Settings
from tests.bench import servers
from tests.bench.figures import Figure, against, milliseconds
from tests.conftest import Databases
from tests.system.processes import Running

REQUESTS = 2000
ROUNDS = 3
AT_ONCE = 16
PATH = "/api/v1/organisations"

Statement: TypeAlias = tuple[str, str, tuple[Any, ...]]
"""The database, the statement, and what it was given."""


async def measure(size: int) -> AsyncIterator[Figure]:
    with servers.postgres() as server, tempfile.TemporaryDirectory(prefix="parity-bench-") as folder:
        databases = Databases(server)
        identity = databases("identity")
        key = await _key(identity)
        recorded = await _record(databases, identity, key)
        bare, ours, took = [], [], []
        for number in range(ROUNDS):
            bare.append(await _bare(databases("commitments"), identity, recorded))
            rate, seconds = await _serve(databases, identity, key, Path(folder) / f"{number}.log")
            ours.append(rate)
            took += seconds
        yield against("authenticated write with outbox", None, ours, bare, "requests/s", "ratio >= 0.3")
        for figure in milliseconds(f"authenticated write, {AT_ONCE} at a time", None, took):
            yield figure


async def _key(identity: str) -> str:
    pool = await connect_pool(identity)
    at = datetime.now(UTC)
    async with pool.acquire() as conn, conn.transaction():
        person = people.Person(uuid4(), "Ada Ministrator", "ada@parity.example", uuid4(), (Role.ADMINISTRATOR,))
        await people.add(conn, person, at=at)
        _, secret = await keys.create(conn, person_id=person.id, label="bench", scopes=list(Scope), at=at)
    await pool.close()
    return secret


def _bodies(count: int = REQUESTS) -> Iterator[bytes]:
    for number in range(count):
        identifiers = [{"scheme": "GB-COH", "id": f"{number:08}"}]
        yield orjson.dumps({"name": f"Supplier {number}", "sector": "vcfse", "supplier": True, "identifiers": identifiers})


async def _record(databases: Databases, identity: str, key: str) -> list[list[Statement]]:
    """The statements of each request, as they came to the databases: one connection to each, so none can hide."""
    settings = Settings().model_copy(
        update={
            "database_commitments": SecretStr(databases("commitments")),
            "database_identity": SecretStr(identity),
            "log": databases("log", role="commitments"),
            "pool_size": 1,
        }
    )
    heard: list[Statement] = []
    requests = []
    async with await Runtime.open(service, settings) as runtime:
        for name, pool in (("identity", runtime.identity), ("commitments", runtime.pool)):
            async with pool.acquire() as conn:
                conn.add_query_logger(partial(_hear, name, heard))
        transport = httpx.ASGITransport(app=runtime.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            for body in _bodies(REQUESTS + 1):
                answer = await client.post(PATH, content=body, headers=_headers(key))
                assert answer.status_code == 201, answer.text
                await asyncio.sleep(0)  # what was heard is told in the loop's next turn
                requests.append(list(heard))
                heard.clear()
    return requests[1:]  # with the first one, the connections ask about types


def _hear(name: str, heard: list[Statement], query: Any) -> None:
    heard.append((name, query.query, query.args))


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


async def _bare(url: str, identity: str, requests: list[list[Statement]]) -> float:
    pools = {"commitments": await connect_pool(url, max_size=AT_ONCE), "identity": await connect_pool(identity, max_size=AT_ONCE)}
    left = iter(requests)

    async def work() -> None:
        async with pools["commitments"].acquire() as here, pools["identity"].acquire() as there:
            for statements in left:
                for name, query, given in statements:
                    await (there if name == "identity" else here).fetch(query, *given)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - began
    await _check(pools["commitments"])
    for pool in pools.values():
        await pool.close()
    return REQUESTS / seconds


async def _check(pool: Any) -> None:
    for table in ("organisations", "outbox", "history"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == REQUESTS, table


async def _serve(databases: Databases, identity: str, key: str, log: Path) -> tuple[float, list[float]]:
    """Requests a second, and the seconds that each took."""
    url = databases("commitments")
    environment = {
        "PARITY_DATABASE_IDENTITY": identity,
        "PARITY_DATABASE_COMMITMENTS": url,
        "PARITY_LOG": databases("log", role="commitments"),
        "PARITY_POOL_SIZE": str(AT_ONCE),
    }
    port = servers.free_port()
    process = Running(log, "serve", "commitments", "--port", str(port), environment=environment)
    try:
        process.wait_until_ready(f"http://127.0.0.1:{port}/ready")
        left, took = iter(list(_bodies())), list[float]()
        began = time.perf_counter()
        await asyncio.gather(*(_post(port, key, left, took) for _ in range(AT_ONCE)))
        seconds = time.perf_counter() - began
    finally:
        process.interrupt()
    pool = await connect_pool(url)
    await _check(pool)
    await pool.close()
    return REQUESTS / seconds, took


async def _post(port: int, key: str, bodies: Iterator[bytes], took: list[float]) -> None:
    """One connection that is kept. A client library would take as much of the machine as the server that it measures."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: bench\r\n" + "".join(f"{name}: {value}\r\n" for name, value in _headers(key).items())
    for body in bodies:
        began = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert answer.startswith("http/1.1 201 "), answer
        await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        took.append(time.perf_counter() - began)
    writer.close()
