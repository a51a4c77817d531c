"""Copies of a region inside PostgreSQL, a few thousand lines a second quicker than anybody could act them out.

Every table of every service is inserted into itself, with each id renamed by the number of its copy: the same id gets the same
name in every service. People, the catalogue and publications are kept; organisations are shared by the copies of a group.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid5

from deploy.database.provision import connected
from deploy.local.postgres import PostgresServer
from shared.access import NOBODY
from shared.db import Connection
from shared.settings import SERVICES
from tests.bench.figures import say

GROUPS = 10
_MOST = 0x1000
_UNTOUCHED = (
    *("schema_migrations", "outbox", "relay_watermarks", "consumer_positions", "dead_letters", "job_runs", "idempotency_keys"),
    *("feed", "quarter_marks", "notifications", "notices", "frameworks"),
)
_NUMBERED = (("contracts", "reference"), ("contracts", "title"))
"""Texts that must differ between copies, or that people tell contracts by."""
_KEPT = (
    ("identity", "SELECT id FROM people"),
    ("commitments", "SELECT id FROM frameworks"),
    ("aggregator", "SELECT measure_id FROM measures WHERE buyer_id IS NULL"),
    ("aggregator", "SELECT publication_id FROM publications"),
)
_SHARED = (
    ("commitments", "SELECT organisation_id FROM organisations"),
    ("aggregator", "SELECT measure_id FROM measures WHERE buyer_id IS NOT NULL"),
    ("aggregator", "SELECT DISTINCT allocation_id FROM allocations"),
)
_MARK = "#own"
"""Stands in a document for the four digits of an id that say which copy it belongs to."""
_FUNCTIONS = rf"""
    -- The time at which the id was made stays, and ids are in its order. Version 8 is nobody else's: no original has that name.
    CREATE FUNCTION pg_temp.renamed(id uuid, copy text) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN overlay(id::text PLACING copy FROM 15 FOR 4)::uuid;

    CREATE FUNCTION pg_temp.marked(content text, kept uuid[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE
        found text;
    BEGIN
        FOR found IN SELECT DISTINCT m[1] FROM regexp_matches(
            content, '[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}', 'g') AS m
        LOOP
            IF found::uuid <> ALL (kept) THEN
                content := replace(content, found, overlay(found PLACING '{_MARK}' FROM 15 FOR 4));
            END IF;
        END LOOP;
        RETURN content;
    END $$;
"""


@dataclass(frozen=True)
class Column:
    name: str
    type: str


async def multiply(server: PostgresServer, copies: int) -> None:
    """Have every contract and all that belongs to it ``copies`` times, in ``GROUPS`` groups with organisations of their own."""
    assert copies <= _MOST
    kept = [NOBODY, *[each for database, query in _KEPT for each in await _ids(server, database, query)]]
    shared = [each for database, query in _SHARED for each in await _ids(server, database, query)]
    kept += [_of_group(each, group) for group in range(GROUPS) for each in shared]
    await asyncio.gather(*(_multiply_database(server, service, copies, shared, kept) for service in SERVICES))


async def _multiply_database(
    server: PostgresServer, service: str, copies: int, shared: Sequence[UUID], kept: Sequence[UUID]
) -> None:
    async with connected(server.url(service)) as conn:
        await conn.execute(_FUNCTIONS)
        for table in await _tables(conn):
            await _multiply(conn, table, copies, shared, kept)
            say(f"{service}.{table}: {await conn.fetchval(f'SELECT count(*) FROM {table}'):,} rows")
        await conn.execute("VACUUM ANALYZE")


async def _multiply(conn: Connection, table: str, copies: int, shared: Sequence[UUID], kept: Sequence[UUID]) -> None:
    columns = await _columns(conn, table)
    await conn.execute(f"CREATE TEMP TABLE first AS SELECT * FROM {table}")
    written = [await _copied(conn, table, column, kept) for column in columns]
    into = ", ".join(column.name for column in columns)
    async with _without_indexes(conn, table):
        for group in range(min(GROUPS, copies)):
            await conn.execute("DROP TABLE IF EXISTS one")
            await conn.execute(
                f"""
                CREATE TEMP TABLE one AS SELECT renamed.* FROM first CROSS JOIN LATERAL
                    jsonb_populate_record(NULL::{table}, ({_replaced("to_jsonb(first)::text", shared, group)})::jsonb) AS renamed
                """
            )
            await conn.execute(
                f"""
                INSERT INTO {table} ({into}) SELECT {", ".join(written)}
                FROM (
                    SELECT number, '8' || lpad(to_hex(number), 3, '0') AS copy
                    FROM generate_series({group or GROUPS}, $1::int - 1, {GROUPS}) AS number
                ) AS copies, one
                ON CONFLICT DO NOTHING
                """,
                copies,
            )
    await conn.execute("DROP TABLE first")


def _replaced(text: str, shared: Sequence[UUID], group: int) -> str:
    """An expression: ``text`` with the ids of the group."""
    for each in shared if group else ():
        text = f"replace({text}, '{each}', '{_of_group(each, group)}')"
    return text


def _of_group(each: UUID, group: int) -> UUID:
    return uuid5(each, str(group)) if group else each


async def _copied(conn: Connection, table: str, column: Column, kept: Sequence[UUID]) -> str:
    """What a copy has in this column. In documents among the rows to copy, ids that are renamed are marked."""
    name, value = column.name, f"one.{column.name}"
    if column.type in ("uuid", "_uuid"):
        values = f"SELECT unnest({name}) FROM first" if column.type == "_uuid" else f"SELECT {name} FROM first"
        own = f"SELECT EXISTS (SELECT FROM ({values}) AS t (id) WHERE id <> ALL ($1))"
        if not await conn.fetchval(own, kept):
            return value
        if column.type == "uuid":
            return f"pg_temp.renamed({value}, copies.copy)"
        return f"ARRAY(SELECT pg_temp.renamed(id, copies.copy) FROM unnest({value}) WITH ORDINALITY AS t (id, n) ORDER BY t.n)"
    if column.type in ("json", "jsonb"):
        await conn.execute(f"UPDATE first SET {name} = pg_temp.marked({name}::text, $1)::{column.type}", kept)
        if await conn.fetchval(f"SELECT EXISTS (SELECT FROM first WHERE position('{_MARK}' IN {name}::text) > 0)"):
            return f"replace({value}::text, '{_MARK}', copies.copy)::{column.type}"
    return f"{value} || ' ' || copies.number" if (table, name) in _NUMBERED else value


async def _tables(conn: Connection) -> list[str]:
    rows = await conn.fetch(
        """
        SELECT table_name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL ($1) ORDER BY table_name
        """,
        list(_UNTOUCHED),
    )
    return [row[0] for row in rows]


async def _columns(conn: Connection, table: str) -> list[Column]:
    rows = await conn.fetch(
        """
        SELECT column_name, udt_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER'
        ORDER BY ordinal_position
        """,
        table,
    )
    return [Column(*row) for row in rows]


@asynccontextmanager
async def _without_indexes(conn: Connection, table: str) -> AsyncIterator[None]:
    """Indexes are quicker made at the end than row by row, and foreign keys hold as they held for what is copied."""
    indexes = await conn.fetch(
        """
        SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = $1::text::regclass AND NOT i.indisunique
        """,
        table,
    )
    for name, _ in indexes:
        await conn.execute(f"DROP INDEX {name}")
    await conn.execute("SET session_replication_role = replica")
    yield
    await conn.execute("RESET session_replication_role")
    for _, definition in indexes:
        await conn.execute(definition)


async def _ids(server: PostgresServer, database: str, query: str) -> list[UUID]:
    async with connected(server.url(database)) as conn:
        return [row[0] for row in await conn.fetch(query)]
