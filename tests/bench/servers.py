"""Real servers for a bench, with their disks on: PostgreSQL, and each event log in turn."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from deploy.kafka.cluster import KafkaCluster, free_port
from deploy.kafka.jars import NoKafka
from deploy.local.postgres import PostgresServer
from shared.db import connect
from shared.log import open_log
from shared.log import postgres as postgres_log
from shared.log.interface import EventLog
from shared.migrations import migrate
from tests.bench.figures import say

__all__ = ["FILLING", "addresses", "database", "folder", "free_port", "logs", "postgres"]

_numbers = count(1)
FILLING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
}
"""Settings of a server that is being filled, and not measured meanwhile: should it break, it is filled again."""


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    with folder() as path, PostgresServer(path) as server:
        yield server


@contextmanager
def folder() -> Iterator[Path]:
    """For a server's data; gone in the end."""
    with tempfile.TemporaryDirectory(prefix="parity-bench-") as path:
        Path(path).chmod(0o755)  # root starts PostgreSQL as another account, which passes through here
        yield Path(path)


async def database(server: PostgresServer, *migrations: Path) -> str:
    """The URL of a fresh database."""
    name = f"bench_{next(_numbers)}"
    conn = await connect(server.url())
    try:
        await conn.execute(f'CREATE DATABASE "{name}"')
    finally:
        await conn.close()
    await migrate(server.url(name), *migrations)
    return server.url(name)


async def addresses(server: PostgresServer) -> AsyncIterator[tuple[str, str]]:
    """(name, address) of empty logs, one after the other. Without Java or Maven only the first, and a line that says so."""
    yield "postgres", await database(server, postgres_log.MIGRATIONS)
    with tempfile.TemporaryDirectory(prefix="parity-bench-") as folder:
        try:
            with KafkaCluster(Path(folder)) as cluster:
                yield "kafka", f"kafka://{cluster.bootstrap}"
        except NoKafka as reason:
            say(f"Kafka is left out: {reason}")


async def logs(server: PostgresServer) -> AsyncIterator[tuple[str, EventLog]]:
    """The same, opened."""
    async for name, address in addresses(server):
        log = await open_log(address)
        yield name, log
        await log.close()
