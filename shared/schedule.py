"""Chores: what a service does by the clock, once per local day over all replicas, missed days caught up in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from shared.clock import Clock
from shared.db import Connection, Pool, no_answer, reason, unavailable
from shared.locks import lock_key
from shared.quarters import LONDON

logger = structlog.get_logger()


@dataclass(frozen=True)
class Chore:
    """``run(conn, slot, at)`` does what is due by the local day ``slot``, in one transaction; ``at`` is the clock's time.

    It runs from ``at`` o'clock local time on.
    """

    name: str
    at: time
    run: Callable[[Connection, date, datetime], Awaitable[None]]


async def run_chore(pool: Pool, chore: Chore, slot: date, *, at: datetime) -> bool:
    """Run a chore for a day, unless it has run. Waits while another replica is at it, so that days stay in order."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT pg_advisory_xact_lock($1)", lock_key("chore", chore.name))
        fresh = await conn.fetchval(
            "INSERT INTO job_runs (job, slot, ran_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true",
            chore.name,
            slot,
            at,
        )
        if fresh:
            await chore.run(conn, slot, at)
        return bool(fresh)


async def run_due(pool: Pool, chores: Sequence[Chore], *, at: datetime) -> int:
    """Run what is due by now, days that were missed first; a chore that never ran begins today. Returns how many ran."""
    ran = 0
    last = {row["job"]: row["slot"] for row in await pool.fetch("SELECT job, max(slot) AS slot FROM job_runs GROUP BY job")}
    for chore in chores:
        for slot in _due(chore, last.get(chore.name), at):
            ran += await run_chore(pool, chore, slot, at=at)
    return ran


def _due(chore: Chore, last: date | None, at: datetime) -> Iterator[date]:
    now = at.astimezone(LONDON)
    through = now.date() if now.time() >= chore.at else now.date() - timedelta(days=1)
    slot = through if last is None else last + timedelta(days=1)
    while slot <= through:
        yield slot
        slot += timedelta(days=1)


class Scheduler:
    """Looks every ``seconds`` for chores that are due. Any replica may find them; the database lets one run each."""

    def __init__(self, pool: Pool, chores: Sequence[Chore], clock: Clock, *, seconds: float) -> None:
        self._pool = pool
        self._chores = chores
        self._clock = clock
        self._seconds = seconds
        self.trouble: str | None = None
        """Why chores do not run at the moment; None where all is well."""

    async def run(self) -> None:
        """For ever. An outage of the database is waited out; a chore that fails for another reason is raised."""
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def look() -> None:
            try:
                await run_due(self._pool, self._chores, at=self._clock.now())
                self.trouble = None
            except Exception as error:
                self.trouble = no_answer(error) if unavailable(error) else f"{type(error).__name__}: {reason(error)}"
                logger.warning("chores did not run", reason=self.trouble)
                if not unavailable(error) and not failed.done():
                    failed.set_exception(error)

        scheduler = AsyncIOScheduler()
        scheduler.add_job(look, "interval", seconds=self._seconds, max_instances=1, coalesce=True)
        scheduler.start()
        try:
            await look()
            await failed
        finally:
            scheduler.shutdown(wait=False)


async def last_success(conn: Connection | Pool) -> dict[str, datetime]:
    """When each chore last took effect."""
    rows = await conn.fetch("SELECT job, max(ran_at) AS ran_at FROM job_runs GROUP BY job ORDER BY job")
    return {row["job"]: row["ran_at"] for row in rows}
