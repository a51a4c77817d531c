"""Forward-only migrations in plain SQL: ``NNNN_name.sql``, applied once each, in order, one transaction a file.

A migration that was applied is never edited: its SHA-256 is kept and compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from shared.db import Connection, Pool, connect

SPINE = Path(__file__).parent
"""What every service's database has: outbox, positions, dead letters, history, chores."""
IDENTITY = SPINE.parent / "identity" / "migrations"
"""The database of people and their keys."""

_LOCK = 0x50415249  # one migrator at a time


class MigrationChanged(Exception):
    """A migration differs from the one that was applied under its name."""


async def migrate(url: str, *folders: Path, role: str | None = None) -> list[str]:
    """Apply what is missing from ``folders`` (in the order given) and grant ``role`` what a service may do.

    Returns the names applied now, such as ``returns/0001_returns``. Raises MigrationChanged where history was edited.
    """
    conn = await connect(url, name="parity migrate")
    try:
        await conn.execute("SELECT pg_advisory_lock($1)", _LOCK)
        # A migration that waits for a table makes everybody behind it wait: rather fail, and be run again.
        await conn.execute("SET lock_timeout = '10s'")
        await conn.execute("""
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
        """)
        known = {row["name"]: row["sha256"] for row in await conn.fetch("SELECT name, sha256 FROM schema_migrations")}
        applied = []
        for name, path in _files(folders):
            digest = _digest(path)
            if name not in known:
                async with conn.transaction():
                    await conn.execute(path.read_text())
                    await conn.execute("INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", name, digest)
                applied.append(name)
            elif known[name] != digest:
                raise MigrationChanged(f"{name} was edited after it was applied; write a new migration instead")
        if role is not None:
            async with conn.transaction():
                await _grant(conn, role)
        return applied
    finally:
        await conn.close()


async def pending(conn: Connection | Pool, *folders: Path) -> list[str]:
    """Migrations of this program that the database has not got, or has got otherwise."""
    try:
        known = {row["name"]: row["sha256"] for row in await conn.fetch("SELECT name, sha256 FROM schema_migrations")}
    except asyncpg.UndefinedTableError:
        known = {}
    return [name for name, path in _files(folders) if known.get(name) != _digest(path)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folders: Sequence[Path]) -> list[tuple[str, Path]]:
    return [(f"{folder.parent.name}/{path.stem}", path) for folder in folders for path in sorted(folder.glob("[0-9]*.sql"))]


async def _grant(conn: Connection, role: str) -> None:
    """Rows may be read and written, the structure may not; tables whose comment begins with ``append-only`` only grow."""
    await conn.execute(
        "SELECT set_config('parity.role', $1, true)",
        role,
    )
    await conn.execute("""
        DO $$
        DECLARE
            service text := quote_ident(current_setting('parity.role'));
            relation record;
        BEGIN
            FOR relation IN
                SELECT c.oid::regclass AS name, c.relkind AS kind, coalesce(obj_description(c.oid, 'pg_class'), '') AS said,
                       c.relnamespace::regnamespace AS schema
                FROM pg_class c
                WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
            LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', relation.schema, service);
                EXECUTE format('REVOKE ALL ON %s FROM %s', relation.name, service);
                IF relation.kind = 'S' THEN
                    EXECUTE format('GRANT USAGE, SELECT ON %s TO %s', relation.name, service);
                ELSIF relation.kind IN ('v', 'm') OR relation.name = 'schema_migrations'::regclass THEN
                    EXECUTE format('GRANT SELECT ON %s TO %s', relation.name, service);
                ELSIF relation.said LIKE 'append-only%' THEN
                    EXECUTE format('GRANT SELECT, INSERT ON %s TO %s', relation.name, service);
                ELSE
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s', relation.name, service);
                END IF;
            END LOOP;
        END $$
    """)
