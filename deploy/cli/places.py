"""Which databases a command works on: those that the environment names, else those of the local run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.output import fail

if TYPE_CHECKING:
    from pydantic import ValidationError

    from shared.clock import Clock
    from shared.db import Pool
    from shared.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The folder of the local run (default: PARITY_DATA, else .parity in the project)."),
]
SettingsOf = Callable[[str], "Settings"]
"""The settings by which a service sees the world."""


def configured() -> bool:
    """Whether the environment names databases; then the local run's are left alone."""
    return any(name.startswith("PARITY_DATABASE_") for name in os.environ)


@asynccontextmanager
async def settings(data: Path | None, *, create: bool = False) -> AsyncIterator[SettingsOf]:
    """``async with settings(data) as settings_of: settings_of("returns")``.

    Without configured databases PostgreSQL is taken as it runs under 'parity up', or started for the length of this command.
    ``create`` makes the local databases where there are none.
    """
    if configured():
        from shared.settings import Settings

        yield lambda service: Settings()
        return
    from deploy.database.provision import provision
    from deploy.local.folder import DataFolder, default_folder
    from deploy.local.postgres import PostgresServer
    from deploy.local.runtimes import present_of
    from deploy.local.services import all_services
    from deploy.local.settings import local_settings, owner_settings

    folder = DataFolder(data or default_folder())
    server = PostgresServer(folder.path / "postgres")
    if not server.data.exists() and not create:
        fail(f"There is no data in {folder.path} yet. Start Parity with 'parity up' or 'parity demo', or set PARITY_DATABASE_….")
    running = folder.holder()
    with nullcontext() if running else folder, nullcontext() if running else server:
        if create and not running:
            await provision(owner_settings(server), {service.name: service.migrations for service in all_services()})
        demonstration = await present_of(server) is not None
        yield lambda service: local_settings(server, service, demonstration=demonstration)


def wrong_settings(error: ValidationError) -> list[tuple[str, str]]:
    """Each setting that cannot be read, and why."""
    return [
        (f"PARITY_{'_'.join(str(part) for part in one['loc']).upper()}", one["msg"].removeprefix("Value error, "))
        for one in error.errors()
    ]


def database(settings: Settings, name: str) -> str:
    """The URL of a database. Raises NotConfigured where none is set: the driver would take any that it finds."""
    from deploy.database.provision import NotConfigured

    url = settings.database(name)
    if not url:
        raise NotConfigured(f"PARITY_DATABASE_{name.upper()} is not set.")
    return url


@asynccontextmanager
async def pool(settings_of: SettingsOf, service: str) -> AsyncIterator[Pool]:
    """A small pool on the service's own database."""
    from shared.db import connect_pool

    opened = await connect_pool(database(settings_of(service), service), name=f"parity {service} command", max_size=2)
    try:
        yield opened
    finally:
        await opened.close()


async def clock(settings_of: SettingsOf) -> Clock:
    """The time that people there live in: a demonstration's is its own."""
    from deploy.database.provision import connected
    from shared.service import clock_of

    settings = settings_of("commitments")
    async with connected(database(settings, "identity")) as conn:
        return await clock_of(settings, conn)
