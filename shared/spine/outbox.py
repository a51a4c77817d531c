"""Telling: an event is written into the outbox in the transaction that makes it true. The relay carries it to the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.db import Connection
from shared.errors import TooLarge
from shared.events import Event
from shared.ids import new_id
from shared.log.interface import partition_of

LARGEST = 256 * 1024
"""Bytes of an event's data. A larger one is refused here, so that none can block its topic."""

_propagator = TraceContextTextMapPropagator()


class EventTooLarge(TooLarge):
    """This is more than one record can hold. Split it into smaller parts, then try again."""


async def publish(conn: Connection, *events: Event, at: datetime) -> None:
    """Tell ``events``, in this order, once the caller's transaction commits. Raises EventTooLarge for one over 256 KiB.

    Lock the aggregate's row first: events of one key are sent in the order in which they are published.
    """
    await publish_each(conn, [(at, event) for event in events])


async def publish_each(conn: Connection, told: Sequence[tuple[datetime, Event]]) -> None:
    """As ``publish``, each event at the time of its own fact."""
    events = [event for _, event in told]
    data = [event.model_dump_json() for event in events]
    if any(len(text) > LARGEST or len(text.encode()) > LARGEST for text in data):
        raise EventTooLarge
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    await conn.execute(
        """
        INSERT INTO outbox (id, topic, partition, type, key, time, traceparent, data)
        SELECT e.id, e.topic, e.partition, e.type, e.key, e.time, $8, e.data::json
        FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::text[], $5::uuid[], $6::text[], $7::timestamptz[])
             WITH ORDINALITY AS e (id, topic, partition, type, key, data, time, nth)
        ORDER BY e.nth
        """,
        [new_id() for _ in events],
        [event.topic for event in events],
        [partition_of(event.key) for event in events],
        [event.event_type for event in events],
        [event.key for event in events],
        data,
        [at for at, _ in told],
        carrier.get("traceparent"),
    )
