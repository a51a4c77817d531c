"""``parity simulate``: puts a made-up region into a deployment that holds nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import islice

from deploy.demo.playing import play
from deploy.demo.scenario import Scenario, at_work
from deploy.local.runtimes import runtimes_by
from deploy.simulation.events import Events, Told
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.store.measures import measures
from shared.access import NOBODY
from shared.clock import DemonstrationClock
from shared.errors import Conflict
from shared.identity.present import present
from shared.quarters import local_date
from shared.service import Runtime
from shared.settings import Settings
from shared.spine import publish_each

_BATCH = 1000
Tell = Callable[[int, int | None, str], None]


class NotEmpty(Conflict):
    """This deployment holds contracts or returns of its own, and a simulation is not mixed with them. Give it an empty one."""


async def act_out(scenario: Scenario, settings_of: Callable[[str], Settings], tell: Tell) -> None:
    """Through the services' actions, day by day. What was interrupted goes on where it stood. Raises NotEmpty."""
    clock = DemonstrationClock(at_work(scenario.begins - timedelta(days=1)))
    async with runtimes_by(settings_of, clock) as opened:
        commitments = opened[0]
        stood = await present(commitments.identity)
        await _must_hold_no_others(scenario, opened, begun=stood is not None)
        if stood is not None:
            clock.advance(stood)
        begins = local_date(clock.now())
        total = (scenario.present - begins).days + 1
        await play(
            scenario,
            opened,
            clock,
            day_done=lambda day: tell((day - begins).days + 1, total, f"Living through {day:%B %Y}"),
        )


async def _must_hold_no_others(scenario: Scenario, opened: Sequence[Runtime], *, begun: bool) -> None:
    """Contracts of another region (other numbers, another quarter), or a history that was told as events."""
    ours = {(one.reference, one.value, one.starts_on, one.ends_on) for one in scenario.contract}
    rows = await opened[0].pool.fetch("SELECT reference, value, starts_on, ends_on FROM contracts")
    told = not begun and await opened[1].pool.fetchval("SELECT EXISTS (SELECT FROM outbox)")
    if told or any(tuple(row) not in ours for row in rows):
        raise NotEmpty


async def tell_events(scenario: Scenario, settings_of: Callable[[str], Settings], seed: int, tell: Tell) -> int:
    """As events, through the outboxes of commitments and returns onto the log. Returns how many there are. Raises NotEmpty.

    The same seed tells the same events in the same order: what was interrupted goes on after the last that was told.
    """
    async with runtimes_by(settings_of, None) as opened:
        by_name = {runtime.service.name: runtime for runtime in opened}
        commitments, returns = by_name["commitments"], by_name["returns"]
        events = await _events(scenario, commitments, seed)
        await _must_hold_nothing_else(returns, events)
        told = await commitments.pool.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE type = 'organisation.recorded.v1')")
        if not told:
            await _publish(commitments, list(events.organisations()))
        number: int = await returns.pool.fetchval("SELECT count(*) FROM outbox")
        total = events.how_many()
        left = islice(events.returns(), number, None)
        while batch := list(islice(left, _BATCH)):
            await _publish(returns, batch)
            number += len(batch)
            tell(number, total, "Telling events")
        tell(number, total, "Sending them to the log")
        for runtime in (commitments, returns):
            await runtime.relay.drain()
        return number


async def _events(scenario: Scenario, commitments: Runtime, seed: int) -> Events:
    async with commitments.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=at_work(scenario.begins))
        catalogue = {one.measure.code: one.measure for one in await measures(conn)}
    return Events(scenario, catalogue, seed)


async def _must_hold_nothing_else(returns: Runtime, events: Events) -> None:
    key = await returns.pool.fetchval("SELECT key FROM outbox ORDER BY number LIMIT 1")
    first = next(events.returns(), None)
    if key is not None and (first is None or key != first[1].key):
        raise NotEmpty


async def _publish(runtime: Runtime, told: Sequence[Told]) -> None:
    """Each event at its own time, all in one transaction."""
    async with runtime.pool.acquire() as conn, conn.transaction():
        await publish_each(conn, told)
