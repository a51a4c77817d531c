"""Real servers for a bench, with their disks on: PostgreSQL, and each event log in turn."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from deploy.kafka.cluster import KafkaCluster
from deploy.kafka.jars import NoKafka
from deploy.local.postgres import PostgresServer
from shared.db import connect
from shared.log import postgres as postgres_log
from shared.log.interface import EventLog
from shared.log.kafka import KafkaLog
from shared.log.postgres import PostgresLog
from shared.migrations import migrate

_numbers = count(1)


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="parity-bench-") as folder:
        Path(folder).chmod(0o755)  # root starts PostgreSQL as another account, which passes through here
        with PostgresServer(Path(folder)) as server:
            yield server


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


async def logs(server: PostgresServer) -> AsyncIterator[tuple[str, EventLog]]:
    """(name, log), one after the other. Without Java or Maven there is only the first, and a line that says so."""
    log: EventLog = await PostgresLog.open(await database(server, postgres_log.MIGRATIONS))
    yield "postgres", log
    await log.close()
    with tempfile.TemporaryDirectory(prefix="parity-bench-") as folder:
        try:
            with KafkaCluster(Path(folder)) as cluster:
                log = KafkaLog(f"kafka://{cluster.bootstrap}")
                yield "kafka", log
                await log.close()
        except NoKafka as reason:
            print(f"Kafka is left out: {reason}")
