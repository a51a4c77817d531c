"""``parity up``, ``parity serve`` and ``parity migrate``: run all of it on this machine, or one service as its own process."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import typer

from deploy.cli import places
from deploy.cli.output import Json, fail, result, say
from deploy.cli.places import Data

Port = Annotated[int, typer.Option(help="The port to serve on.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="The address to listen on. Anything but loopback needs HTTPS in front.")]


class Name(StrEnum):
    """As shared.settings.SERVICES; named again so that --help need not import it."""

    COMMITMENTS = "commitments"
    RETURNS = "returns"
    ALERTS = "alerts"
    AGGREGATOR = "aggregator"


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(serve)
    app.command()(migrate)


def up(port: Port = 8000, host: Host = "127.0.0.1", data: Data = None) -> None:
    """Run all of Parity on this machine.

    That is PostgreSQL and the four services, on one port, with the data of the last time.
    """
    from deploy.local.folder import default_folder
    from deploy.local.run import up as run_up
    from shared import logs

    logs.configure(as_json=False)
    run_up(data or default_folder(), host=host, port=port, say=say)


def serve(
    service: Annotated[Name, typer.Argument(help="Which service.")],
    port: Port = 8000,
    host: Host = "127.0.0.1",
    prefix: Annotated[str, typer.Option(help="The path under which a proxy shows the service, such as /returns.")] = "",
) -> None:
    """Run one service as this process.

    Its databases and the event log are those of the environment (PARITY_DATABASE_… and PARITY_LOG).
    """
    from deploy.local.run import serve_one
    from shared import logs
    from shared.settings import Settings

    if not places.configured():
        fail("Set PARITY_DATABASE_… and PARITY_LOG, or run everything on this machine with 'parity up'.")
    for name in (service.value, "identity"):
        places.database(Settings(), name)
    logs.configure(as_json=True)
    serve_one(service, host=host, port=port, prefix=prefix)


def migrate(as_json: Json = False) -> None:
    """Bring roles, databases and tables up to date.

    What is missing is made, the catalogue of measures included. The services may run meanwhile.
    """
    applied = asyncio.run(_migrate())
    result(applied, as_json=as_json, text="\n".join(f"applied {name}" for name in applied) or "Everything is up to date.")


async def _migrate() -> list[str]:
    from deploy.database.catalogue import load_catalogue
    from deploy.database.provision import provision
    from deploy.local.services import all_services
    from shared.settings import SERVICES, Settings

    settings = Settings()
    for name in SERVICES:
        parts = urlsplit(settings.database(name))
        if any(parts) and not (parts.username and parts.path.strip("/")):
            fail(f"PARITY_DATABASE_{name.upper()} must name a role and a database: postgresql://ROLE:PASSWORD@HOST/DATABASE.")
    applied = await provision(settings, {service.name: service.migrations for service in all_services()})
    await load_catalogue(settings.database("commitments"))
    return applied
