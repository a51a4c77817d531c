"""A service: what it is made of, and what it runs on. Its main.py is one call of ``create_service``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Self

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig

from shared import operations, problems
from shared.clock import Clock, DemonstrationClock, SystemClock, TickingClock
from shared.db import Connection, Pool, connect_pool
from shared.identity.present import follow, present
from shared.log import open_log
from shared.log.interface import EventLog
from shared.middleware import Around
from shared.notifications import Notifier, notifier_for
from shared.pages.site import Pages
from shared.schedule import Chore, Scheduler
from shared.settings import Settings
from shared.spine import Handlers
from shared.spine.consumer import Consumer
from shared.spine.relay import Relay

Gauges = Callable[[Pool], Awaitable[None]]
"""Sets the business figures among the metrics, whenever somebody reads them."""

_KEY_AGE = timedelta(days=1)


@dataclass(frozen=True)
class Service:
    name: str
    title: str
    topic: str
    """The one topic that it tells."""
    routers: tuple[APIRouter, ...]
    """The JSON routes."""
    pages: APIRouter | None
    """The HTML routes."""
    handlers: Handlers | None
    chores: tuple[Chore, ...]
    migrations: Path
    gauges: Gauges | None
    warm_up: Callable[[], None] | None
    """What is slow when it is done first; done as the service starts."""
    under: Callable[[Settings], Service]
    """The same service, hearing and doing its chores as these settings say."""

    def app(self, runtime: Runtime) -> FastAPI:
        # Around traces and measures by route; FastAPI's own spans would hold the path and query, and in them links and names.
        untold: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
        app = FastAPI(title=f"Parity: {self.title}", version="1", docs_url=None, redoc_url=None, telemetry=untold)
        app.state.runtime = runtime
        for router in (*self.routers, operations.router, *([self.pages] if self.pages else [])):
            app.include_router(router)
        problems.register(app)
        app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
        app.add_middleware(Around, service=self.name, largest=runtime.settings.upload_max_bytes)
        return app


def create_service(
    name: str,
    *,
    title: str,
    routers: Sequence[APIRouter],
    migrations: Path,
    pages: Pages | None = None,
    topic: str | None = None,
    handlers: Handlers | None = None,
    chores: Sequence[Chore] = (),
    gauges: Gauges | None = None,
    warm_up: Callable[[], None] | None = None,
    under: Callable[[Settings], Service] | None = None,
) -> Service:
    """``topic`` is the service's name unless given; ``under`` is needed where handlers or chores depend on settings."""
    service = Service(
        name=name,
        title=title,
        topic=topic or name,
        routers=tuple(routers),
        pages=pages.router if pages else None,
        handlers=handlers,
        chores=(*chores, Chore("forget-idempotency-keys", at=time(3, 0), run=_forget_keys)),
        migrations=migrations,
        gauges=gauges,
        warm_up=warm_up,
        under=under or (lambda settings: service),
    )
    return service


@dataclass(frozen=True)
class Runtime:
    """A service at work: its settings, its connections, its clock. ``async with Runtime.open(…)`` is for tests and commands."""

    service: Service
    settings: Settings
    clock: Clock
    pool: Pool
    identity: Pool
    log: EventLog
    notifier: Notifier
    relay: Relay
    consumer: Consumer | None
    scheduler: Scheduler

    @classmethod
    async def open(cls, service: Service, settings: Settings, *, clock: Clock | None = None) -> Self:
        """Connect. Without ``clock``: the system's, or in a demonstration the demonstration's."""
        service = service.under(settings)
        url = settings.database(service.name)
        options = {"max_size": settings.pool_size, "statement_cache_size": settings.statement_cache_size}
        pool = await connect_pool(url, name=f"parity {service.name}", **options)
        identity = await connect_pool(settings.database("identity"), name=f"parity {service.name} identity", **options)
        clock = clock or await clock_of(settings, identity)
        log = await open_log(settings.log)
        direct = settings.database_direct.get_secret_value() if settings.database_direct else url
        return cls(
            service=service,
            settings=settings,
            clock=clock,
            pool=pool,
            identity=identity,
            log=log,
            notifier=notifier_for(settings),
            relay=Relay(
                service=service.name,
                topics=[service.topic],
                url=direct,
                log=log,
                source=f"/icb/{settings.icb}/{service.name}",
                epoch=settings.epoch,
            ),
            consumer=Consumer(pool=pool, log=log, handlers=service.handlers, epoch=settings.epoch, clock=clock)
            if service.handlers
            else None,
            scheduler=Scheduler(pool, service.chores, clock, seconds=settings.chore_seconds),
        )

    @property
    def background(self) -> dict[str, str | None]:
        """What works beside the answering of requests, and why it does not at the moment; None where all is well."""
        return {
            "relay": self.relay.trouble,
            "consumer": self.consumer.trouble if self.consumer else None,
            "chores": self.scheduler.trouble,
            "notifications": self.notifier.trouble,
        }

    async def run(self) -> None:
        """Relay, consume, do chores and notify, for ever. The first of them that fails ends them all, and is raised."""
        spare_the_collector()
        async with asyncio.TaskGroup() as tasks:
            if self.service.warm_up is not None:
                tasks.create_task(asyncio.to_thread(self.service.warm_up))
            tasks.create_task(self.relay.run())
            tasks.create_task(self.scheduler.run())
            tasks.create_task(self.notifier.run(self.pool, self.identity))
            if self.consumer is not None:
                tasks.create_task(self.consumer.run())
            if isinstance(self.clock, DemonstrationClock):
                tasks.create_task(follow(self.clock, self.identity))

    def app(self) -> FastAPI:
        return self.service.app(self)

    async def close(self) -> None:
        await self.log.close()
        await self.identity.close()
        await self.pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


def spare_the_collector() -> None:
    """Have Python look for cycles less often, and never among what is there by now.

    Looking through everything that was imported kept requests waiting for 150 ms now and then. And a batch of events is a few
    hundred thousand objects that live shortly and have no cycles: looking among them took a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def clock_of(settings: Settings, identity: Connection | Pool) -> Clock:
    """The system's, or in a demonstration the demonstration's."""
    clock = SystemClock()
    return TickingClock(await present(identity) or clock.now()) if settings.deployment == "demonstration" else clock


async def _forget_keys(conn: Connection, slot: object, at: datetime) -> None:
    await conn.execute("DELETE FROM idempotency_keys WHERE at < $1", at - _KEY_AGE)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description, with the schema of problems and the Idempotency-Key of what creates."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        described = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= described.pop("$defs")
        schemas["Problem"] = described
        for path in schema["paths"].values():
            if "201" in path.get("post", {}).get("responses", {}):
                path["post"].setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        app.openapi_schema = schema
    return app.openapi_schema


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For a day the same key gives the same answer, and creates nothing again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
