"""Traces through the spine: one span per batch. Spans per event would cost more than the events themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.spine.handlers import Received

_MOST_LINKS = 128
_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("parity.spine")


@contextmanager
def batch(service: str, received: Sequence[Received]) -> Iterator[None]:
    """A span around the handler: the child of the one request that its events came from, or linked to several."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # nobody traces: cost nothing
        yield
        return
    parents = dict.fromkeys(str(event.attributes["traceparent"]) for event in received if "traceparent" in event.attributes)
    contexts = [_propagator.extract({"traceparent": parent}) for parent in list(parents)[:_MOST_LINKS]]
    with _tracer.start_as_current_span(
        f"{service} apply",
        context=contexts[0] if len(contexts) == 1 else None,
        kind=trace.SpanKind.CONSUMER,
        links=[] if len(contexts) == 1 else [trace.Link(trace.get_current_span(c).get_span_context()) for c in contexts],
        attributes={"messaging.batch.message_count": len(received)},
    ):
        yield
