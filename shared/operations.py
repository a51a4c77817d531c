"""What whoever runs a service asks it: is it alive, is it ready, how is it doing, what can it do."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from shared import schedule
from shared.docs_page import docs_page
from shared.spine import metrics

router = APIRouter(include_in_schema=False)

_chore_last = Gauge("parity_chore_last_success_timestamp_seconds", "When each chore last took effect", ["service", "chore"])
_READY_SECONDS = 5


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/ready")
async def ready(request: Request) -> Response:
    """200 where the service can do its work, else 503 with why not."""
    runtime = request.app.state.runtime
    trouble: dict[str, str] = {}
    for name, pool in (("database", runtime.pool), ("identity", runtime.identity)):
        try:
            await asyncio.wait_for(pool.fetchval("SELECT 1"), _READY_SECONDS)
        except Exception as error:
            trouble[name] = type(error).__name__
    for name, part in (("relay", runtime.relay), ("consumer", runtime.consumer)):
        if part is not None and part.trouble is not None:
            trouble[name] = part.trouble
    body: dict[str, Any] = {"service": runtime.service.name, "ready": not trouble, "trouble": trouble}
    return JSONResponse(body, status_code=503 if trouble else 200)


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """For Prometheus."""
    runtime = request.app.state.runtime
    await metrics.observe(runtime.pool, runtime.service.name)
    for chore, at in (await schedule.last_success(runtime.pool)).items():
        _chore_last.labels(runtime.service.name, chore).set(at.timestamp())
    if runtime.service.gauges is not None:
        await runtime.service.gauges(runtime.pool)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every route in one page, without a request to any other host."""
    return HTMLResponse(docs_page(request.app.openapi()))
