"""The time, passed in. Production runs on the system's clock; only a demonstration can move its own on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.errors import Conflict


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class TimeRunsForward(Conflict):
    """The demonstration's time can only be moved on, not back."""


class DemonstrationClock:
    """A clock that stands at a chosen moment and moves on as it is told."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, to: datetime) -> None:
        """Raises TimeRunsForward where ``to`` is in this clock's past."""
        if to < self.now():
            raise TimeRunsForward
        self._at = to.astimezone(UTC)


class TickingClock(DemonstrationClock):
    """A demonstration's clock while it runs: second by second from the chosen moment."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._since = time.monotonic()

    def now(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._since)

    def advance(self, to: datetime) -> None:
        super().advance(to)
        self._since = time.monotonic()
