"""History only grows: what is said to be append-only, the service itself can neither change nor take away."""

from __future__ import annotations

import asyncpg
import pytest

from shared.db import connect
from shared.settings import SERVICES
from tests.conftest import Databases

FORBIDDEN = ("UPDATE {name} SET {first} = {first}", "DELETE FROM {name}", "TRUNCATE {name}", "DROP TABLE {name}")


@pytest.mark.parametrize("name", [*SERVICES, "identity"])
async def test_what_was_done_stays(name: str, database: Databases) -> None:
    conn = await connect(database(name))
    try:
        tables = await conn.fetch(
            """
            SELECT c.oid::regclass::text AS name, a.attname AS first
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
            WHERE c.relkind IN ('r', 'p') AND obj_description(c.oid, 'pg_class') LIKE 'append-only%'
            """
        )
        assert "history" in {table["name"] for table in tables}
        for table in tables:
            for statement in FORBIDDEN:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await conn.execute(statement.format(**table))
            await conn.execute(f"SELECT FROM {table['name']} LIMIT 1")
    finally:
        await conn.close()
