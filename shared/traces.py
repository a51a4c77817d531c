"""Traces: a share of all requests is followed through the event log to what they change, and exported."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased


def configure(name: str, *, share: float) -> None:
    """Call once, when a process starts. Where to export to is said by the usual OTEL_… variables.

    Who calls with a trace of their own decides whether it is followed; of the others it is ``share``, 0 to 1. At 0 nothing is
    traced, and that costs nothing.
    """
    if share == 0:
        return
    sampler = ParentBased(TraceIdRatioBased(share))
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}), sampler=sampler)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
