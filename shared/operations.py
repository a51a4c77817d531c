"""What whoever runs a service asks it: is it alive, is it ready, how is it doing, what can it do."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from shared import schedule
from shared.db import no_answer, unavailable
from shared.docs_page import docs_page
from shared.migrations import IDENTITY, SPINE, pending
from shared.spine import metrics

router = APIRouter(include_in_schema=False)

_chore_last = Gauge("parity_chore_last_success_timestamp_seconds", "When each chore last took effect", ["service", "chore"])
_degraded = Gauge(
    "parity_degraded", "1 where a part of the service does not do its work, though it answers requests", ["service", "part"]
)
_READY_SECONDS = 5


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/ready")
async def ready(request: Request) -> Response:
    """200 where requests can be answered, else 503 with why not; beside it what does not work in the background.

    An outage of the event log stops no request: what is written waits in the outbox. See docs/decisions.
    """
    runtime = request.app.state.runtime
    trouble: dict[str, str] = {}
    for name, pool, folders in (
        ("database", runtime.pool, (SPINE, runtime.service.migrations)),
        ("identity", runtime.identity, (IDENTITY,)),
    ):
        try:
            waiting = await asyncio.wait_for(pending(pool, *folders), _READY_SECONDS)
        except Exception as error:
            trouble[name] = no_answer(error)
        else:
            if waiting:
                trouble[name] = f"Run parity migrate: {', '.join(waiting)} is missing."
    degraded = {part: why for part, why in runtime.background.items() if why is not None}
    body: dict[str, Any] = {"service": runtime.service.name, "ready": not trouble, "trouble": trouble, "degraded": degraded}
    return JSONResponse(body, status_code=503 if trouble else 200)


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """For Prometheus. Without its database a service still tells what it knows by itself."""
    runtime = request.app.state.runtime
    parts = {"database": None, **runtime.background}
    try:
        await asyncio.wait_for(_observe(runtime), _READY_SECONDS)
    except Exception as error:
        if not unavailable(error):
            raise
        parts["database"] = type(error).__name__
    for part, why in parts.items():
        _degraded.labels(runtime.service.name, part).set(why is not None)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _observe(runtime: Any) -> None:
    await metrics.observe(runtime.pool, runtime.service.name)
    for chore, at in (await schedule.last_success(runtime.pool)).items():
        _chore_last.labels(runtime.service.name, chore).set(at.timestamp())
    if runtime.service.gauges is not None:
        await runtime.service.gauges(runtime.pool)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every route in one page, without a request to any other host."""
    return HTMLResponse(docs_page(request.app.openapi()))
