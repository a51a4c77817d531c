"""What happens around every request, in plain ASGI: its id, its trace, its measure, and a bound on its size."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.problems import too_large, unexpected

_seconds = Histogram("http_server_request_duration_seconds", "Time to answer a request", ["service", "method", "route", "status"])
_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("parity.http")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Around:
    """``largest``: bytes of a request's body; a larger one is answered 413 before it is read to its end."""

    def __init__(self, app: ASGIApp, *, service: str, largest: int) -> None:
        self._app = app
        self._service = service
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _given(headers.get("x-request-id"))
        method = scope["method"] if scope["method"] in _METHODS else "other"
        since, begun, status = time.perf_counter(), False, 500

        async def answer(message: Message) -> None:
            nonlocal begun, status
            if message["type"] == "http.response.start":
                begun, status = True, message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        token = context.attach(_propagator.extract(headers))
        try:
            with (
                structlog.contextvars.bound_contextvars(service=self._service, request_id=request_id),
                _tracer.start_as_current_span(f"{self._service} {method}", kind=trace.SpanKind.SERVER) as span,
            ):
                try:
                    await self._bounded(scope, headers, receive, answer)
                except Exception as error:
                    if begun:
                        raise
                    await unexpected(Request(scope), error)(scope, receive, answer)
                span.set_attributes({"http.route": _route(scope), "http.response.status_code": status})
        finally:
            context.detach(token)
            route = _route(scope)
            _seconds.labels(self._service, method, route, status).observe(time.perf_counter() - since)

    async def _bounded(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        announced = headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._largest:
            await too_large(Request(scope))(scope, receive, send)
            return
        left, whole = self._largest, "transfer-encoding" not in headers

        async def counted() -> Message:
            nonlocal left, whole
            message = await receive()
            left -= len(message.get("body", b""))
            whole = whole or not message.get("more_body", False)
            if left < 0:
                raise HTTPException(413)  # what else is raised while a body is read, FastAPI answers with 400
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not whole:
                # Answered before its end, which nobody has announced: it would be read, for nothing, for as long as it comes.
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, counted, answer)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


def _given(request_id: str | None) -> str:
    """The caller's X-Request-ID where it is a UUID, else one of ours."""
    try:
        return str(UUID(request_id)) if request_id else str(new_id())
    except ValueError:
        return str(new_id())
