"""Chores: once per local day over all replicas, missed days in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, time

import pytest

from shared.db import Connection, Pool, connect_pool
from shared.schedule import Chore, last_success, run_chore, run_due


@pytest.fixture
async def pool(database: Callable[[str], str]) -> AsyncIterator[Pool]:
    pool = await connect_pool(database("spine"))
    yield pool
    await pool.close()


class Seen:
    """A chore that notes the days it ran for, in the database."""

    def __init__(self, at: time = time(6)) -> None:
        self.chore = Chore("note", at=at, run=self._note)

    async def _note(self, conn: Connection, slot: date, at: datetime) -> None:
        await conn.execute(
            """
            INSERT INTO history (id, at, person_id, subject, subject_id, action, detail)
            VALUES (gen_random_uuid(), $2, gen_random_uuid(), 'chore', gen_random_uuid(), $1, '{}')
            """,
            slot.isoformat(),
            at,
        )

    async def days(self, pool: Pool) -> list[str]:
        return [row["action"] for row in await pool.fetch("SELECT action FROM history ORDER BY action, id")]


async def test_a_chore_begins_today_and_runs_once_a_day(pool: Pool) -> None:
    seen = Seen()
    morning = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert await run_due(pool, [seen.chore], at=morning) == 1
    assert await run_due(pool, [seen.chore], at=morning) == 0
    assert await seen.days(pool) == ["2026-11-23"]
    assert await last_success(pool) == {"note": morning}


async def test_before_its_hour_it_is_yesterdays_turn(pool: Pool) -> None:
    seen = Seen()
    await run_due(pool, [seen.chore], at=datetime(2026, 11, 23, 5, 59, tzinfo=UTC))
    assert await seen.days(pool) == ["2026-11-22"]


async def test_its_hour_is_local(pool: Pool) -> None:
    seen = Seen()
    await run_due(pool, [seen.chore], at=datetime(2026, 7, 1, 5, 0, tzinfo=UTC))  # six o'clock in London
    assert await seen.days(pool) == ["2026-07-01"]


async def test_missed_days_are_caught_up_in_order(pool: Pool) -> None:
    seen = Seen()
    await run_due(pool, [seen.chore], at=datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert await run_due(pool, [seen.chore], at=datetime(2026, 11, 23, 12, tzinfo=UTC)) == 3
    assert await seen.days(pool) == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]


async def test_many_replicas_run_it_once(pool: Pool) -> None:
    seen = Seen()
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    await asyncio.gather(*(run_due(pool, [seen.chore], at=at) for _ in range(8)))
    assert await seen.days(pool) == ["2026-11-23"]


async def test_one_that_fails_has_not_run_and_is_tried_again(pool: Pool) -> None:
    async def fail(conn: Connection, slot: date, at: datetime) -> None:
        await conn.execute("SELECT 1 / 0")

    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with pytest.raises(Exception, match="division by zero"):
        await run_chore(pool, Chore("note", at=time(6), run=fail), at.date(), at=at)
    seen = Seen()
    assert await run_due(pool, [seen.chore], at=at) == 1
