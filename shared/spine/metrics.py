"""What the spine measures. Labels are a service and a topic, never a contract or a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from prometheus_client import Counter, Gauge, Histogram

from shared.db import Connection, Pool
from shared.spine import store

_SERVICE = ["service"]

sent_total = Counter("parity_events_sent_total", "Events that the event log acknowledged", _SERVICE)
applied_total = Counter("parity_events_applied_total", "Events that took effect", _SERVICE)
skipped_total = Counter("parity_events_skipped_total", "Events delivered again and left out", _SERVICE)
buried_total = Counter("parity_events_buried_total", "Events moved to the dead letters", _SERVICE)
fence_rejections_total = Counter(
    "parity_fence_rejections_total", "Batches left to another member that had taken the partition over", _SERVICE
)
batch_seconds = Histogram("parity_batch_seconds", "Time to apply one batch of events, with its commit", _SERVICE)
event_age_seconds = Gauge("parity_event_age_seconds", "Age of the last event when it took effect", _SERVICE)
lag_records = Gauge("parity_consumer_lag_records", "Records in the event log not read yet", [*_SERVICE, "topic"])

outbox_unsent = Gauge("parity_outbox_unsent", "Events in the outbox that the log has not acknowledged", _SERVICE)
outbox_oldest_seconds = Gauge("parity_outbox_oldest_age_seconds", "How long the oldest unsent event has been waiting", _SERVICE)
dead_letters = Gauge("parity_dead_letters", "Events that wait for a person", _SERVICE)
holes = Gauge("parity_log_holes", "Partitions in which an event has been missing for a minute", _SERVICE)


def sent(service: str, number: int) -> None:
    sent_total.labels(service).inc(number)


def applied(service: str, *, applied: int, skipped: int, buried: int, seconds: float, age: float | None) -> None:
    applied_total.labels(service).inc(applied)
    skipped_total.labels(service).inc(skipped)
    buried_total.labels(service).inc(buried)
    batch_seconds.labels(service).observe(seconds)
    if age is not None:
        event_age_seconds.labels(service).set(age)


def lag(service: str, records: Mapping[str, int]) -> None:
    for topic, number in records.items():
        lag_records.labels(service, topic).set(number)


async def observe(conn: Connection | Pool, service: str) -> None:
    """Look at the tables: what waits in the outbox, what is buried, what is missing. Called when somebody reads the metrics."""
    row = await store.waiting(conn, datetime.now(UTC) - timedelta(minutes=1))
    outbox_unsent.labels(service).set(row["unsent"])
    outbox_oldest_seconds.labels(service).set(row["oldest"])
    dead_letters.labels(service).set(row["dead_letters"])
    holes.labels(service).set(row["holes"])
