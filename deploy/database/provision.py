"""Make the roles and databases that are missing, migrate them, and grant what each role may do. Safe to run again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from shared import identity, log
from shared.db import Connection, connect
from shared.migrations import SPINE, migrate
from shared.settings import SERVICES, Settings

IDENTITY = Path(identity.__file__).parent / "migrations"
LOG = Path(log.__file__).parent / "migrations"


class NotConfigured(Exception):
    """Set PARITY_DATABASE_ADMIN and every PARITY_DATABASE_… before migrating."""


async def provision(settings: Settings, migrations: Mapping[str, Path]) -> list[str]:
    """Prepare every database that ``settings`` name; ``migrations`` is each service's folder. Returns the migrations applied now.

    Roles and passwords are those of the services' own URLs; ``database_admin`` owns the databases. Run it as often as you like.
    Raises NotConfigured where a URL is missing.
    """
    if settings.database_admin is None or not all(settings.database(name) for name in ("identity", *SERVICES)):
        raise NotConfigured(NotConfigured.__doc__)
    admin = settings.database_admin.get_secret_value()
    roles = {service: urlsplit(settings.database(service)) for service in SERVICES}
    applied: list[str] = []
    async with _connected(admin) as server:
        for url in roles.values():
            await _make_role(server, url.username or "", url.password)
    for service, url in roles.items():
        role = url.username or ""
        database = await _make_database(admin, url.path.lstrip("/"), role)
        applied += await migrate(database, SPINE, migrations[service], role=role)
    everybody = [url.username or "" for url in roles.values()]
    applied += await _identity(admin, settings, owner=roles["commitments"].username or "", readers=everybody)
    if settings.log.startswith("postgres"):
        database = await _make_database(admin, urlsplit(settings.log).path.lstrip("/"), *everybody)
        for role in everybody:
            applied += await migrate(database, LOG, role=role)
    return applied


async def _identity(admin: str, settings: Settings, *, owner: str, readers: list[str]) -> list[str]:
    """Commitments keeps people and keys; the others may read them."""
    database = await _make_database(admin, urlsplit(settings.database("identity")).path.lstrip("/"), *readers)
    applied = await migrate(database, IDENTITY, role=owner)
    async with _connected(database) as conn:
        for role in readers:
            if role != owner:
                await _execute(conn, "GRANT USAGE ON SCHEMA public TO %I", role)
                await _execute(conn, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO %I", role)
    return applied


async def _make_role(conn: Connection, role: str, password: str | None) -> None:
    if not await conn.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
        await _execute(conn, "CREATE ROLE %I LOGIN", role)
    if password is not None:
        await _execute(conn, "ALTER ROLE %I PASSWORD %L", role, password)


async def _make_database(admin: str, name: str, *roles: str) -> str:
    """The owner's URL of the database, which ``roles`` alone may connect to."""
    async with _connected(admin) as conn:
        if not await conn.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await _execute(conn, "CREATE DATABASE %I", name)
        await _execute(conn, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        for role in roles:
            await _execute(conn, "GRANT CONNECT ON DATABASE %I TO %I", name, role)
    return urlsplit(admin)._replace(path=f"/{name}").geturl()


async def _execute(conn: Connection, statement: str, *names: str) -> None:
    """Statements about roles and databases take no parameters: the server itself quotes the names."""
    await conn.execute(await conn.fetchval("SELECT format($1, VARIADIC $2::text[])", statement, list(names)))


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    conn = await connect(url, name="parity migrate")
    try:
        yield conn
    finally:
        await conn.close()
