"""Parity on one machine: one PostgreSQL, four services, one port, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from socket import socket

import structlog
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from deploy.database.catalogue import load_catalogue
from deploy.database.provision import connected, provision
from deploy.demo.advancing import advancing_route
from deploy.local.folder import DataFolder
from deploy.local.postgres import PostgresServer
from deploy.local.runtimes import present_of, runtimes
from deploy.local.services import all_services, service_called
from deploy.local.serving import listen, serve, stopped_by_signals, together
from deploy.local.settings import owner_settings
from shared import traces
from shared.clock import DemonstrationClock, TickingClock
from shared.identity.present import move_on
from shared.origin import PATHS, link
from shared.pages.assets import assets
from shared.service import Runtime
from shared.settings import Settings

logger = structlog.get_logger()

Prepare = Callable[[PostgresServer], Awaitable[None]]
Say = Callable[[str], None]
_KEEP_SECONDS = 5.0


def up(
    data: Path,
    *,
    host: str,
    port: int,
    say: Say,
    prepare: Prepare | None = None,
    started: Say = lambda url: None,
) -> None:
    """Serve until SIGINT or SIGTERM, then stop everything.

    ``prepare`` runs first, on migrated databases; ``started`` is told the address once it serves.

    Raises CannotStart with one sentence; whatever a part of the process died of.
    """
    listening = listen(host, port)
    with listening, DataFolder(data) as folder, PostgresServer(folder.path / "postgres") as server:
        uvloop.run(_up(folder, server, listening, say, prepare, started))
    say("Parity has stopped. Its data is kept.")


async def _up(
    folder: DataFolder, server: PostgresServer, listening: socket, say: Say, prepare: Prepare | None, started: Say
) -> None:
    with stopped_by_signals():
        traces.configure("parity", share=Settings().trace_sample)
        await provision(owner_settings(server), {service.name: service.migrations for service in all_services()})
        if prepare is not None:
            await prepare(server)
        await load_catalogue(server.url("commitments", "commitments"))
        present = await present_of(server)
        clock = None if present is None else TickingClock(present)
        host, port, *_ = listening.getsockname()
        url = f"http://{host}:{port}"
        async with runtimes(server, clock, url=url) as opened:
            folder.note(url=url)
            started(url)
            say(f"Parity serves on {url}. Ctrl-C stops it.")
            serving = serve(whole(opened, clock), listening, proxies=opened[0].settings.proxies)
            parts = [serving, *(runtime.run() for runtime in opened)]
            if clock is not None:
                parts.append(_keep_present(server, clock))
            await together(parts)


def serve_one(service: str, *, host: str, port: int, prefix: str) -> None:
    """Serve one service by the settings of the environment, below ``prefix``, until SIGINT or SIGTERM."""
    with listen(host, port) as listening:
        uvloop.run(_serve_one(service, prefix, listening))


async def _serve_one(service: str, prefix: str, listening: socket) -> None:
    with stopped_by_signals():
        settings = Settings()
        traces.configure(f"parity-{service}", share=settings.trace_sample)
        async with await Runtime.open(service_called(service), settings) as runtime:
            app = Starlette(routes=[assets(), Mount(prefix, runtime.app())])
            await together([serve(app, listening, proxies=settings.proxies), runtime.run()])


async def _keep_present(server: PostgresServer, clock: DemonstrationClock) -> None:
    """A demonstration goes on after a stop where it stood."""
    async with connected(server.url("identity")) as conn:
        while True:
            await asyncio.sleep(_KEEP_SECONDS)
            await move_on(conn, clock.now())


def whole(opened: Sequence[Runtime], clock: DemonstrationClock | None) -> Starlette:
    """The four apps under one origin. Raises AssetsMissing."""

    async def home(request: Request) -> RedirectResponse:
        return RedirectResponse(link("commitments"), status_code=307)

    async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
        """What belongs to no service is not found in the first of them, whose page says so."""
        await site({**scope, "path": link(opened[0].service.name, "/nowhere")}, receive, send)

    extra = [] if clock is None else [advancing_route(opened, clock)]
    mounts = [Mount(PATHS[runtime.service.name], runtime.app()) for runtime in opened]
    site = Starlette(routes=[Route("/", home), assets(), *extra, *mounts, Mount("/", nowhere)])
    return site
