"""The demonstration's time, day by day: chores at their hours, everything heard by everybody before the next day begins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta

from shared.clock import DemonstrationClock, TimeRunsForward
from shared.errors import Forbidden
from shared.identity.present import move_on, present
from shared.notifications import Letter, Notifier
from shared.notifications.addressing import address_next
from shared.quarters import LONDON, local_date
from shared.schedule import Chore, run_chore
from shared.service import Runtime


class NotADemonstration(Forbidden):
    """This is no demonstration: its time is the world's, and nobody moves it."""


class _Silent:
    async def send(self, letter: Letter) -> None:
        """To nobody."""


class Days:
    """Lives through days with these services, which share ``clock``."""

    def __init__(self, runtimes: Sequence[Runtime], clock: DemonstrationClock) -> None:
        self._runtimes = runtimes
        self._clock = clock
        self._keeper = next(runtime for runtime in runtimes if runtime.service.name == "commitments")
        self._settled: dict[str, int] = {}

    async def advance(self, to: datetime) -> AsyncIterator[date]:
        """Move the demonstration's time on to ``to``, living through every day between; yields each day that is over.

        What was interrupted goes on where it stood. Raises NotADemonstration, TimeRunsForward.
        """
        stood = await present(self._keeper.identity)
        if self._keeper.settings.deployment != "demonstration" or stood is None:
            raise NotADemonstration
        if to <= max(stood, self._clock.now()):
            raise TimeRunsForward(f"The demonstration stands at {local_date(stood)} already; its time can only be moved on.")
        day = local_date(stood)
        while day <= local_date(to):
            await self.live_through(day, until=to)
            yield day
            day += timedelta(days=1)

    async def live_through(self, day: date, *, until: datetime) -> None:
        """Run the chores of a day whose hour is not after ``until``, in the order of their hours."""
        due = [
            (at, runtime, chore)
            for runtime in self._runtimes
            for chore in runtime.service.chores
            if (at := _hour(chore, day)) <= until
        ]
        for at, runtime, chore in sorted(due, key=lambda one: one[0]):
            self.move_clock(at)
            await run_chore(runtime.pool, chore, day, at=at)
            if await self._has_told(runtime):
                await self.settle()
        self.move_clock(min(until, _last_moment(day)))
        await move_on(self._keeper.identity, self._clock.now())

    def move_clock(self, to: datetime) -> None:
        if to > self._clock.now():
            self._clock.advance(to)

    async def settle(self) -> None:
        """Carry what was told to everybody who listens: as ``drain`` does, but asking only those who told something."""
        while telling := [runtime for runtime in self._runtimes if await self._has_told(runtime)]:
            for runtime in telling:
                self._settled[runtime.service.name] = await _told(runtime)
                await runtime.relay.drain()
            topics = {runtime.service.topic for runtime in telling}
            for runtime in self._runtimes:
                handlers = runtime.service.handlers
                if runtime.consumer is not None and handlers is not None and not topics.isdisjoint(handlers.topics):
                    await runtime.consumer.drain()

    async def _has_told(self, runtime: Runtime) -> bool:
        return await _told(runtime) != self._settled.get(runtime.service.name)

    async def deliver(self) -> None:
        """Write every notification off as sent: what was told in a made-up past goes to nobody."""
        silent = Notifier(_Silent())
        for runtime in self._runtimes:
            while await address_next(runtime.pool, runtime.identity) or await silent.send_next(runtime.pool, runtime.identity):
                pass


async def _told(runtime: Runtime) -> int:
    number: int = await runtime.pool.fetchval("SELECT coalesce(max(number), 0) FROM outbox")
    return number


def _last_moment(day: date) -> datetime:
    """Just before the next local day begins."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), LONDON).astimezone(UTC) - timedelta(seconds=1)


def _hour(chore: Chore, day: date) -> datetime:
    return datetime.combine(day, chore.at, LONDON).astimezone(UTC)
