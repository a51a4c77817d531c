"""The CloudEvents 1.0 envelope around every event, in structured JSON."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.obligations import Fact

TOPICS = ("commitments", "returns", "alerts", "icb-totals")

EVENTS: dict[str, type[Event]] = {}
"""Every event by its name, such as ``line.approved.v1``."""


class UnknownEvent(Exception):
    """An event whose type nobody here knows: the consumer is older than the producer."""


class Event(Fact):
    """A fact in the past tense. Subclasses give their CloudEvents ``type`` (a name with a version) and their ``topic``."""

    event_type: ClassVar[str]
    topic: ClassVar[str]

    version: int
    """The aggregate's version, from 1, growing with every change: the newest wins."""

    def __init_subclass__(cls, *, type: str | None = None, topic: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if type is not None and topic is not None:
            cls.event_type, cls.topic = type, topic

    @classmethod
    def __pydantic_init_subclass__(cls, *, type: str | None = None, topic: str | None = None, **rest: Any) -> None:
        if type is not None:
            EVENTS[type] = cls

    @property
    def key(self) -> UUID:
        """What order is kept by: the contract, or the aggregate itself where there is no contract."""
        raise TypeError(f"{self.__class__.__name__} has no key")


class Envelope(BaseModel):
    """One event as it travels: CloudEvents attributes, our ``key`` as partitionkey, W3C trace context, and the data."""

    model_config = ConfigDict(frozen=True)

    specversion: str = "1.0"
    id: UUID
    source: str
    """The deployment and service, such as ``/icb/cheshire-and-merseyside/returns``."""
    type: str
    time: AwareDatetime
    """When the fact became true (UTC): the clock that was passed to the action, not the time of sending."""
    partitionkey: UUID
    traceparent: str | None = None
    datacontenttype: str = "application/json"
    data: dict[str, Any]

    @classmethod
    def around(cls, event: Event, *, id: UUID, source: str, time: datetime, traceparent: str | None = None) -> Self:
        return cls(
            id=id,
            source=source,
            type=event.event_type,
            time=time,
            partitionkey=event.key,
            traceparent=traceparent,
            data=event.model_dump(mode="json"),
        )

    def encode(self) -> bytes:
        """Structured-mode JSON, without attributes that are absent."""
        return orjson.dumps(self.model_dump(mode="json", exclude_none=True, exclude={"data"}) | {"data": self.data})

    @classmethod
    def decode(cls, value: bytes) -> Self:
        return cls.model_validate(orjson.loads(value))

    @cached_property
    def event(self) -> Event:
        """The typed event. Raises UnknownEvent for a type that this program does not know."""
        try:
            kind = EVENTS[self.type]
        except KeyError:
            raise UnknownEvent(self.type) from None
        return kind.model_validate(self.data)
