"""The four services, connected in one process: by the settings of a local run, or by any others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from deploy.database.provision import connected
from deploy.local.postgres import PostgresServer
from deploy.local.services import all_services
from deploy.local.settings import local_settings
from shared.clock import Clock, DemonstrationClock
from shared.identity.present import present
from shared.service import Runtime
from shared.settings import Settings


@asynccontextmanager
async def runtimes(
    server: PostgresServer, clock: DemonstrationClock | None, *, url: str | None = None
) -> AsyncIterator[list[Runtime]]:
    """The four services, connected; with a ``clock`` they are a demonstration. ``url``: where they serve, if they do."""
    demonstration = clock is not None
    async with runtimes_by(lambda name: local_settings(server, name, demonstration=demonstration, url=url), clock) as opened:
        yield opened


@asynccontextmanager
async def runtimes_by(settings_of: Callable[[str], Settings], clock: Clock | None) -> AsyncIterator[list[Runtime]]:
    """The four services, connected by these settings, with one clock."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(await Runtime.open(service, settings_of(service.name), clock=clock))
            for service in all_services()
        ]


async def present_of(server: PostgresServer) -> datetime | None:
    """The demonstration's present; None where the folder holds none."""
    async with connected(server.url("identity")) as conn:
        return await present(conn)
