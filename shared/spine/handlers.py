"""Hearing, as a service sees it: what it listens to, and the one function that applies a batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import orjson

from shared.db import Connection
from shared.events import Envelope, Event


class Received:
    """One event as it was heard. Nothing is parsed before it is asked for: a service pays for the events that it needs."""

    __slots__ = ("_attributes", "_envelope", "heard_at", "partition", "position", "topic", "value")

    def __init__(self, topic: str, partition: int, position: int, value: bytes, *, heard_at: datetime | None = None) -> None:
        self.topic = topic
        """Without the epoch: ``returns``."""
        self.partition = partition
        self.position = position
        self.value = value
        self.heard_at = heard_at or datetime.now(UTC)
        """When it takes effect here, by the service's clock."""
        self._attributes: dict[str, Any] | None = None
        self._envelope: Envelope | None = None

    @property
    def attributes(self) -> dict[str, Any]:
        """The envelope as plain JSON, unchecked; ``data`` in it is the event's."""
        if self._attributes is None:
            self._attributes = orjson.loads(self.value)
        return self._attributes

    @property
    def type(self) -> str:
        return cast("str", self.attributes["type"])

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.attributes["time"])

    @property
    def key(self) -> UUID:
        return UUID(self.attributes["partitionkey"])

    @property
    def envelope(self) -> Envelope:
        """Checked. Raises pydantic's ValidationError, as ``event`` does."""
        if self._envelope is None:
            self._envelope = Envelope.model_validate(self.attributes)
        return self._envelope

    @property
    def event(self) -> Event:
        return self.envelope.event

    def __repr__(self) -> str:
        return f"Received({self.topic}/{self.partition} position {self.position})"


Apply = Callable[[Connection, Sequence[Received]], Awaitable[None]]


class Handlers:
    """What one service listens to.

    ``apply`` marks the function that applies a batch: events in log order, kinds mixed, in one transaction with the consumer's
    position. It ignores the types that the service does not need, stores facts by key and version, and may see an event again
    (a retry of a dead letter), so a second application changes nothing.
    """

    def __init__(self, service: str, *, topics: Sequence[str]) -> None:
        self.service = service
        self.topics = tuple(topics)
        self._apply: Apply | None = None

    def apply(self, function: Apply) -> Apply:
        if self._apply is not None:
            raise TypeError(f"{self.service} has two functions that apply a batch")
        self._apply = function
        return function

    async def __call__(self, conn: Connection, batch: Sequence[Received]) -> None:
        if self._apply is None:
            raise TypeError(f"{self.service} has no function that applies a batch")
        await self._apply(conn, batch)
