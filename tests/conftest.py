"""What tests of every room stand on: a real PostgreSQL, and fresh databases cloned from migrated templates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, TypeVar
from urllib.parse import urlsplit

import pytest
from hypothesis import settings
from pydantic import SecretStr
from xdist.scheduler import LoadFileScheduling

from deploy.database.provision import connected, identity_database, log_database, make_roles, role_of, service_database
from deploy.local.postgres import PostgresServer
from shared import logs
from shared.clock import DemonstrationClock
from shared.db import connect
from shared.migrations import SPINE, migrate
from shared.service import Runtime, Service
from shared.settings import SERVICES, Settings
from tests.event_logs import kafka, log_databases, log_server, log_under_test, pytest_terminal_summary  # noqa: F401
from tests.thrown_away import postgres_thrown_away

T = TypeVar("T")
logs.configure(as_json=False)
settings.load_profile("ci")  # also elsewhere: the same examples in every run, however slow the machine

OpenRuntime: TypeAlias = Callable[..., Awaitable[Runtime]]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[1]
LONGEST_FIRST = ["contracts/test_openapi.py", "browser", "system", "faults", "keycloak"]
_KEYCLOAK = "tests/keycloak/"
LAST = "test_zero_pages_left_out.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones first. The file that asks what all tests of pages have looked at is the last, or it would wait for them."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((number for number, first in enumerate(LONGEST_FIRST) if path.startswith(first)), len(LONGEST_FIRST))

    items.sort(key=lambda item: (item.path.name == LAST, place(item)))


class ByFile(LoadFileScheduling):
    """Where processes share the tests, a file stays in one; what needs a Keycloak too, which takes minutes to begin."""

    def _split_scope(self, nodeid: str) -> str:
        return _KEYCLOAK if nodeid.startswith(_KEYCLOAK) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run. It is thrown away at the end, so it need not wait for the disk."""
    with postgres_thrown_away({"fsync": "off", "full_page_writes": "off"}) as server:
        yield server


@pytest.fixture(scope="session")
def database(postgres: PostgresServer) -> Databases:
    return Databases(postgres)


@pytest.fixture(autouse=True)
def _databases_go_with_their_test() -> Iterator[None]:
    """Thousands would fill the disk, and take minutes to remove."""
    Databases.given.clear()  # what is there already is a module's
    yield
    if Databases.given:
        _run(_drop(Databases.given))


@pytest.fixture
async def runtime(database: Databases) -> AsyncIterator[OpenRuntime]:
    """``await runtime(service, at=…)``: a service at work on fresh databases, its clock standing at ``at``.

    Runtimes of one test share one identity and one log. Nothing runs in the background: ``drain`` carries events.
    """
    shared = {"identity": database("identity"), "log": database("log")}
    opened: list[Runtime] = []

    async def open_runtime(service: Service, *, at: datetime = NOON, **settings: object) -> Runtime:
        by_role = {name: urlsplit(url)._replace(netloc=f"{service.name}@").geturl() for name, url in shared.items()}
        known = {
            "log": by_role["log"],
            "database_identity": SecretStr(by_role["identity"]),
            f"database_{service.name}": SecretStr(database(service.name)),
        }
        fresh = await Runtime.open(service, Settings().model_copy(update={**known, **settings}), clock=DemonstrationClock(at))
        opened.append(fresh)
        return fresh

    yield open_runtime
    for each in opened:
        await each.close()


class Databases:
    """``database("returns")``: the URL of a fresh, migrated database, as the service's own role sees it.

    Also ``identity``, ``log`` and ``spine`` (no service: the tables that every service has). ``role`` names another role.
    """

    given: ClassVar[list[tuple[str, str]]] = []
    """Since somebody cleared this: the URL of the server's owner, and the name."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._admin = server.url()
        self._templates: set[str] = set()
        self._numbers = count(1)

    def __call__(self, name: str, *, role: str | None = None) -> str:
        return _run(self._clone(name, role or {"identity": "commitments"}.get(name, name)))

    async def _clone(self, name: str, role: str) -> str:
        if name not in self._templates:
            await self._make_template(name)
            self._templates.add(name)
        fresh = f"{name}_{next(self._numbers)}"
        conn = await connect(self._admin)
        try:
            await conn.execute(f'CREATE DATABASE "{fresh}" TEMPLATE "template_{name}"')
        finally:
            await conn.close()
        self.given.append((self._admin, fresh))
        return self.server.url(fresh, role)

    async def _make_template(self, name: str) -> None:
        roles = [*SERVICES, "log", "spine"]
        await make_roles(self._admin, [self.server.url(role=role) for role in roles])
        url = self.server.url(f"template_{name}", name)
        if name in SERVICES:
            await service_database(self._admin, url, ROOT / "services" / name / "migrations")
        elif name == "identity":
            await identity_database(self._admin, url, owner="commitments", roles=SERVICES)
        elif name == "log":
            await log_database(self._admin, url, roles)
        elif name == "spine":
            async with connected(self._admin) as conn:
                await conn.execute(f'CREATE DATABASE "template_{name}"')
            await migrate(self.server.url(f"template_{name}"), SPINE, role=role_of(url))
        else:
            raise ValueError(f"no service is called {name}")


async def _drop(given: Sequence[tuple[str, str]]) -> None:
    for admin, name in given:
        conn = await connect(admin)
        try:
            await conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        finally:
            await conn.close()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end from anywhere, also from inside a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
