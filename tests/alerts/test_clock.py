"""The clock: in working days, one table for everything, the same for both sides."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from services.alerts.actions.ticking import tick
from shared.quarters import LONDON
from shared.working_days import add_working_days
from tests.alerts.builders import BUYER, Contract, Promised, an_organisation, at
from tests.alerts.conftest import World
from tests.conftest import NOON
from tests.shared.ratings.builders import Q2, Q3

OWNER, EXECUTIVE = UUID(int=101), UUID(int=102)


async def alert(world: World) -> dict[str, object]:
    (row,) = await world.runtime.pool.fetch("SELECT * FROM alerts ORDER BY raised_at")
    return dict(row)


async def raised(world: World, figure: str, **agreed: bool) -> None:
    contract = Contract(obligations=(Promised("hours", owner_id=OWNER),))
    await world.hear(
        (an_organisation(BUYER, executive_id=EXECUTIVE, **agreed), at(date(2026, 4, 1))),
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.opened(Q2), at(date(2026, 10, 1))),
        (contract.approved(Q2, figure), NOON),
    )


def morning(day: date) -> datetime:
    return datetime.combine(day, time(7, 30), LONDON)


@pytest.mark.parametrize(("figure", "days"), [("46", 20), ("40", 10), ("10", 5)])
@pytest.mark.parametrize(("to_icb", "end"), [(False, "executive"), (True, "icb")])
async def test_goes_from_level_to_level_when_nobody_acknowledges(
    world: World, figure: str, days: int, to_icb: bool, end: str
) -> None:
    await raised(world, figure, escalates_to_icb=to_icb)
    first = add_working_days(NOON.date(), days)
    second = add_working_days(first, days)
    for day, level in (
        (first - timedelta(days=1), "contract_manager"),
        (first, "accountable_owner"),
        (second - timedelta(days=1), "accountable_owner"),
        (second, end),
        (second + timedelta(days=90), end),
    ):
        await world.until(morning(day))
        assert (await alert(world))["level"] == level, day
    last = await alert(world)
    assert (last["status"], last["escalates_on"]) == ("open", None)
    rows = await world.runtime.pool.fetch("SELECT data FROM outbox WHERE type = 'alert.escalated.v1' ORDER BY number")
    assert [row["data"]["level"] for row in rows] == ["accountable_owner", end]


async def test_tells_the_person_of_each_level(world: World) -> None:
    await raised(world, "10")
    await world.until(morning(NOON.date() + timedelta(days=60)))
    rows = await world.runtime.pool.fetch("SELECT person_id FROM notifications WHERE template = 'alert-escalated' ORDER BY id")
    assert [row["person_id"] for row in rows] == [OWNER, EXECUTIVE]


async def test_days_that_were_missed_are_caught_up_as_if_they_had_not_been(world: World) -> None:
    await raised(world, "10")
    first = add_working_days(NOON.date(), 5)
    await world.until(morning(first + timedelta(days=30)))
    found = await alert(world)
    assert (found["level"], found["level_since"]) == ("executive", add_working_days(first, 5))


async def test_what_is_mended_is_not_escalated(world: World) -> None:
    await raised(world, "10")
    contract = Contract(obligations=(Promised("hours", owner_id=OWNER),))
    await world.hear((contract.approved(Q2, "50", version=2), NOON + timedelta(days=1)))
    await world.until(morning(NOON.date() + timedelta(days=60)))
    assert (await alert(world))["level"] == "contract_manager"


async def test_a_late_return_becomes_grave_after_ten_working_days_and_is_hurried(world: World) -> None:
    contract = Contract()
    due_on = contract.due_on(Q3)
    overdue = morning(due_on + timedelta(days=1))
    await world.until(overdue)
    await world.hear((contract.opened(Q3), at(Q3.next().first_day)), (contract.overdue(Q3), overdue))
    grave = add_working_days(due_on, 10)
    await world.until(morning(grave - timedelta(days=1)))
    assert (await alert(world))["severity"] == "medium"
    await world.until(morning(grave))
    found = await alert(world)
    assert (found["severity"], found["level"]) == ("high", "accountable_owner")
    submitted = morning(grave + timedelta(days=1))
    await world.hear((contract.submitted(Q3, submitted, version=3), submitted))
    found = await alert(world)
    assert (found["status"], found["severity"]) == ("resolved", "high")


async def test_doing_a_day_again_changes_nothing(world: World) -> None:
    await raised(world, "10")
    day = add_working_days(NOON.date(), 5)
    async with world.runtime.pool.acquire() as conn, conn.transaction():
        await tick(conn, day, morning(day))
    once = await alert(world)
    async with world.runtime.pool.acquire() as conn, conn.transaction():
        await tick(conn, day, morning(day))
    assert await alert(world) == once
