"""Carry every event to everybody who listens, and come back: for tests and the demonstration."""

from __future__ import annotations

from typing import Protocol

from shared.spine.consumer import Consumer
from shared.spine.relay import Relay


class Telling(Protocol):
    """What ``drain`` needs of a service."""

    @property
    def relay(self) -> Relay | None: ...

    @property
    def consumer(self) -> Consumer | None: ...


async def drain(*services: Telling) -> None:
    """Relay and consume, again and again, until a whole round finds nothing left."""
    moved = 1
    while moved:
        moved = 0
        for service in services:
            if service.relay is not None:
                moved += await service.relay.drain()
        for service in services:
            if service.consumer is not None:
                moved += await service.consumer.drain()
