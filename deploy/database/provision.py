"""Make the roles and databases that are missing, migrate them, and grant what each role may do. Safe to run again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from shared import log
from shared.db import Connection, connect
from shared.migrations import IDENTITY, SPINE, migrate
from shared.settings import SERVICES, Settings

LOG = Path(log.__file__).parent / "migrations"


class NotConfigured(Exception):
    """Set PARITY_DATABASE_ADMIN and every PARITY_DATABASE_… before migrating."""


async def provision(settings: Settings, migrations: Mapping[str, Path]) -> list[str]:
    """Prepare every database that ``settings`` name; ``migrations`` is each service's folder. Returns the migrations applied now.

    Roles and passwords are those of the services' own URLs; ``database_admin`` owns the databases.
    Raises NotConfigured where a URL is missing.
    """
    if settings.database_admin is None or not all(settings.database(name) for name in ("identity", *SERVICES)):
        raise NotConfigured(NotConfigured.__doc__)
    admin = settings.database_admin.get_secret_value()
    urls = {service: settings.database(service) for service in SERVICES}
    await make_roles(admin, urls.values())
    applied = []
    for service, url in urls.items():
        applied += await service_database(admin, url, migrations[service])
    roles = [role_of(url) for url in urls.values()]
    applied += await identity_database(admin, settings.database("identity"), owner=role_of(urls["commitments"]), roles=roles)
    if settings.log.startswith("postgres"):
        applied += await log_database(admin, settings.log, roles)
    return applied


async def make_roles(admin: str, urls: Collection[str]) -> None:
    """The users of these URLs, with their passwords."""
    async with connected(admin) as conn:
        for url in urls:
            role, password = role_of(url), urlsplit(url).password
            if not await conn.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
                await _execute(conn, "CREATE ROLE %I LOGIN", role)
                # Compiling a statement takes longer than any of ours runs; the set-based ones look dear enough to be compiled.
                await _execute(conn, "ALTER ROLE %I SET jit = off", role)
            if password is not None:
                await _execute(conn, "ALTER ROLE %I PASSWORD %L", role, password)


async def service_database(admin: str, url: str, migrations: Path) -> list[str]:
    database = await _make_database(admin, url, [role_of(url)])
    return await migrate(database, SPINE, migrations, role=role_of(url))


async def identity_database(admin: str, url: str, *, owner: str, roles: Collection[str]) -> list[str]:
    """``owner`` (commitments) keeps people, keys and sessions; the others may read them, but no password, and note their use."""
    database = await _make_database(admin, url, roles)
    applied = await migrate(database, IDENTITY, role=owner)
    async with connected(database) as conn:
        for role in roles:
            if role != owner:
                await _execute(conn, "GRANT USAGE ON SCHEMA public TO %I", role)
                for table in ("people", "api_keys", "sessions", "demonstration_clock", "schema_migrations"):
                    await _execute(conn, "GRANT SELECT ON %I TO %I", table, role)
                await _execute(conn, "GRANT UPDATE (last_seen_at) ON sessions TO %I", role)
                await _execute(conn, "GRANT UPDATE (last_used_on) ON api_keys TO %I", role)
    return applied


async def log_database(admin: str, url: str, roles: Collection[str]) -> list[str]:
    database = await _make_database(admin, url, roles)
    applied = []
    for role in roles:
        applied += await migrate(database, LOG, role=role)
    return applied


def role_of(url: str) -> str:
    return urlsplit(url).username or ""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    conn = await connect(url, name="parity migrate")
    try:
        yield conn
    finally:
        await conn.close()


async def _make_database(admin: str, url: str, roles: Collection[str]) -> str:
    """Make the database that ``url`` names, which ``roles`` alone may connect to. Returns the owner's URL of it."""
    name = urlsplit(url).path.lstrip("/")
    async with connected(admin) as conn:
        if not await conn.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await _execute(conn, "CREATE DATABASE %I", name)
        await _execute(conn, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        for role in roles:
            await _execute(conn, "GRANT CONNECT ON DATABASE %I TO %I", name, role)
    return urlsplit(admin)._replace(path=f"/{name}").geturl()


async def _execute(conn: Connection, statement: str, *names: str) -> None:
    """Statements about roles and databases take no parameters: the server itself quotes the names."""
    await conn.execute(await conn.fetchval("SELECT format($1, VARIADIC $2::text[])", statement, list(names)))
