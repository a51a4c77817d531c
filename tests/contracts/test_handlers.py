"""Every service is told every event twice, old forms of it too: the second time changes nothing and tells nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.services import service_called
from shared.db import Pool, connect_pool
from shared.events import EVENTS
from shared.settings import SERVICES
from shared.spine import Received
from tests.conftest import Databases
from tests.contracts.freeze import GOLDEN

SERVICES_PATH = Path(__file__).resolve().parents[2] / "services"
LISTENERS = [name for name in SERVICES if (SERVICES_PATH / name / "handlers.py").exists()]
NOT_FACTS = {"schema_migrations", "feed"}
"""``feed`` is the aggregator's lock, which counts how often it was taken."""
HEARD_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def golden() -> list[Received]:
    """In the order in which services would tell them, with places in the log."""
    order = {name: nth for nth, name in enumerate(EVENTS)}
    values = [path.read_bytes() for path in GOLDEN.glob("*.example.json")]
    values.sort(key=lambda value: (json.loads(value)["time"], order[json.loads(value)["type"]]))
    return [
        Received(EVENTS[json.loads(value)["type"]].topic, 0, position, value, heard_at=HEARD_AT)
        for position, value in enumerate(values, 1)
    ]


@pytest.mark.parametrize("name", LISTENERS)
async def test_a_second_delivery_changes_nothing(name: str, database: Databases) -> None:
    handlers = service_called(name).handlers
    assert handlers is not None
    batch = [received for received in golden() if received.topic in handlers.topics]
    pool = await connect_pool(database(name), min_size=0)
    try:
        for received in batch:
            async with pool.acquire() as conn, conn.transaction():
                await handlers(conn, [received])
        once = await rows(pool)
        assert any(once.values()), "nothing of all this concerns it"
        async with pool.acquire() as conn, conn.transaction():
            await handlers(conn, batch)
        assert await rows(pool) == once
    finally:
        await pool.close()


async def rows(pool: Pool) -> Mapping[str, list[str]]:
    """Everything that the database holds."""
    tables = await pool.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found = {}
    for table in tables:
        if table["name"] not in NOT_FACTS:
            fetched = await pool.fetch(f"SELECT t::text AS row FROM {table['name']} AS t ORDER BY 1")
            found[table["name"]] = [row["row"] for row in fetched]
    return found
