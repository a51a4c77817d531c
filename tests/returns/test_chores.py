"""What happens by the clock: once, over any number of replicas, and caught up in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.returns.actions.filing import save_line, submit
from services.returns.actions.reviewing import approve, request_changes
from services.returns.models.decisions import Approval, ChangesWanted, ChangeWanted, LineApproval
from services.returns.schedule import chores
from shared.db import Pool, connect_pool
from shared.events.returns import ReturnFact, ReturnOpened, ReturnOverdue, ReviewOverdue
from shared.identity import people
from shared.ids import new_id
from shared.notifications import Letter, Notifier
from shared.notifications.addressing import address_next
from shared.schedule import run_due
from tests.conftest import Databases
from tests.returns.builders import (
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    EDITOR,
    MANAGER,
    OTHER_SUPPLIER,
    Q1,
    SUPPLIER,
    TRUST,
    a_contract,
    an_obligation,
    at,
    content,
)
from tests.returns.conftest import World

CHORES = chores(DEADLINES)
OPENS, REMINDED, DUE, LATE = date(2026, 7, 1), date(2026, 7, 22), date(2026, 7, 29), date(2026, 7, 30)


@pytest.fixture
async def recorded(world: World) -> World:
    await world.hear(a_contract(an_obligation("hours"), an_obligation("calls")))
    return world


async def tick(world: World, day: date, hour: int = 10) -> int:
    return await run_due(world.pool, CHORES, at=at(day, hour))


async def do(world: World, action: Any, *args: Any, **kwargs: Any) -> Any:
    async with world.pool.acquire() as conn, conn.transaction():
        return await action(conn, *args, **kwargs)


async def file(world: World, day: date) -> None:
    for name in ("hours", "calls"):
        line = await world.line(name)
        await do(world, save_line, line.line_id, content(1), by=EDITOR, at=at(day))
    await do(world, submit, (await world.filed()).return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=at(day))


async def told(world: World, kind: type[ReturnFact]) -> int:
    return len(await world.told(kind))


async def reminders(world: World) -> int:
    return [action for _, action in await world.acts()].count("reminded")


async def test_a_quarter_passes_by_the_clock(recorded: World) -> None:
    seen: dict[date, tuple[int, int, int]] = {}
    day = date(2026, 6, 29)
    while day < date(2026, 8, 5):
        await tick(recorded, day)
        seen[day] = (await told(recorded, ReturnOpened), await reminders(recorded), await told(recorded, ReturnOverdue))
        day = date.fromordinal(day.toordinal() + 1)
    changes = {day: now for day, now in seen.items() if seen.get(date.fromordinal(day.toordinal() - 1)) != now}
    assert changes == {
        date(2026, 6, 29): (0, 0, 0),
        OPENS: (1, 0, 0),
        REMINDED: (1, 1, 0),
        LATE: (1, 1, 1),
    }
    [late] = await recorded.told(ReturnOverdue)
    assert isinstance(late, ReturnOverdue)
    assert (late.due_on, late.version) == (DUE, 3)


async def test_before_its_hour_a_chore_does_not_run(recorded: World) -> None:
    midnight = datetime(2026, 6, 30, 23, 10, tzinfo=UTC)  # ten past midnight in London
    await run_due(recorded.pool, CHORES, at=at(date(2026, 6, 29)))
    await run_due(recorded.pool, CHORES, at=midnight)
    assert await told(recorded, ReturnOpened) == 0
    await run_due(recorded.pool, CHORES, at=midnight.replace(minute=30))
    assert await told(recorded, ReturnOpened) == 1


async def test_days_that_were_missed_are_caught_up_and_nobody_is_reminded_of_the_past(recorded: World) -> None:
    await tick(recorded, date(2026, 6, 30))
    await tick(recorded, date(2026, 8, 5))
    assert (await told(recorded, ReturnOpened), await reminders(recorded), await told(recorded, ReturnOverdue)) == (1, 0, 1)
    assert (await recorded.filed()).overdue_on == LATE
    assert await tick(recorded, date(2026, 8, 5)) == 0


async def test_four_replicas_do_it_once(recorded: World) -> None:
    await tick(recorded, date(2026, 6, 30))
    for day in (OPENS, REMINDED, LATE):
        await asyncio.gather(*(tick(recorded, day) for _ in range(4)))
    assert (await told(recorded, ReturnOpened), await reminders(recorded), await told(recorded, ReturnOverdue)) == (1, 1, 1)


async def test_who_has_submitted_is_neither_reminded_nor_late(recorded: World) -> None:
    await tick(recorded, OPENS)
    await file(recorded, date(2026, 7, 20))
    await tick(recorded, REMINDED)
    await tick(recorded, LATE)
    assert (await reminders(recorded), await told(recorded, ReturnOverdue)) == (0, 0)


async def test_who_does_not_send_a_return_again_is_reminded_once_and_raises_no_alert(recorded: World) -> None:
    """Sent back on 3 July, so that it is to be sent again by 17 July."""
    await tick(recorded, OPENS)
    await file(recorded, date(2026, 7, 2))
    await send_back(recorded, date(2026, 7, 3))
    filed = await recorded.filed()
    assert (filed.sent_back_on, filed.answer_due_on) == (date(2026, 7, 3), date(2026, 7, 17))
    await tick(recorded, date(2026, 7, 9))
    assert await reminders(recorded) == 0
    for day in (date(2026, 7, 10), date(2026, 7, 13), LATE):
        await tick(recorded, day)
        assert await reminders(recorded) == 1
    assert await told(recorded, ReturnOverdue) == 0


async def test_each_time_a_return_is_sent_back_has_a_day_of_its_own(recorded: World) -> None:
    await tick(recorded, OPENS)
    await file(recorded, date(2026, 7, 2))
    await send_back(recorded, date(2026, 7, 3))
    await tick(recorded, date(2026, 7, 10))
    await send_back(recorded, date(2026, 7, 14), "calls")
    assert (await recorded.filed()).answer_due_on == date(2026, 7, 28)
    await tick(recorded, date(2026, 7, 21))
    assert await reminders(recorded) == 2
    await file_again(recorded, date(2026, 7, 22))
    filed = await recorded.filed()
    assert (filed.sent_back_on, filed.answer_due_on) == (None, None)
    await tick(recorded, date(2026, 7, 28))
    assert await reminders(recorded) == 2


async def test_what_was_sent_back_before_there_were_days_has_none(recorded: World) -> None:
    await tick(recorded, OPENS)
    await file(recorded, date(2026, 7, 2))
    await send_back(recorded, date(2026, 7, 3))
    await recorded.pool.execute("UPDATE quarterly_returns SET sent_back_on = NULL, answer_due_on = NULL")
    await tick(recorded, date(2026, 7, 10))
    assert await reminders(recorded) == 0


class TestReviews:
    """Submitted on 2 July, so that its review is due on 23 July."""

    @pytest.fixture
    async def submitted(self, recorded: World) -> World:
        await tick(recorded, OPENS)
        await file(recorded, date(2026, 7, 2))
        assert (await recorded.filed()).review_due_on == date(2026, 7, 23)
        return recorded

    async def test_a_review_is_late_the_day_after_once(self, submitted: World) -> None:
        await tick(submitted, date(2026, 7, 23))
        assert await told(submitted, ReviewOverdue) == 0
        await tick(submitted, date(2026, 7, 24))
        await tick(submitted, date(2026, 7, 27))
        [late] = await submitted.told(ReviewOverdue)
        assert isinstance(late, ReviewOverdue)
        assert late.quarter == Q1

    async def test_a_review_that_was_begun_is_not_late(self, submitted: World) -> None:
        line = await submitted.line()
        approval = Approval(lines=(LineApproval(line_id=line.line_id),))
        await do(submitted, approve, line.return_id, approval, by=MANAGER, at=at(date(2026, 7, 10)))
        await tick(submitted, date(2026, 8, 20))
        assert await told(submitted, ReviewOverdue) == 0

    async def test_each_submission_has_a_review_of_its_own(self, submitted: World) -> None:
        await tick(submitted, date(2026, 7, 24))
        await send_back(submitted, date(2026, 7, 24))
        await file_again(submitted, date(2026, 7, 27))
        await tick(submitted, date(2026, 8, 17))
        assert await told(submitted, ReviewOverdue) == 1
        await tick(submitted, date(2026, 8, 18))
        assert await told(submitted, ReviewOverdue) == 2


async def send_back(world: World, day: date, name: str = "hours") -> None:
    line = await world.line(name)
    wanted = ChangesWanted(lines=(ChangeWanted(line_id=line.line_id, reason="CANARY"),))
    await do(world, request_changes, line.return_id, wanted, DEADLINES, by=MANAGER, at=at(day))


async def file_again(world: World, day: date) -> None:
    await do(world, submit, (await world.filed()).return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=at(day))


class TestNotices:
    """Who is told by mail: whoever holds the role when it goes out, once for each occasion."""

    @pytest.fixture
    async def identity(self, database: Databases) -> AsyncIterator[Pool]:
        pool = await connect_pool(database("identity"))
        async with pool.acquire() as conn:
            for name, organisation_id, *roles in (
                ("editor", SUPPLIER, "supplier_editor"),
                ("certifier", SUPPLIER, "supplier_editor", "supplier_certifier"),
                ("manager", TRUST, "contract_manager"),
                ("analyst", TRUST, "icb_analyst"),
                ("stranger", OTHER_SUPPLIER, "supplier_certifier"),
            ):
                person = people.Person(new_id(), name, f"{name}@example.org", organisation_id, tuple(roles))
                await people.add(conn, person, at=at(Q1.first_day))
        yield pool
        await pool.close()

    async def letters(self, world: World, identity: Pool) -> list[tuple[str, str]]:
        carrier = Carried()
        notifier = Notifier(carrier)
        while await address_next(world.pool, identity) or await notifier.send_next(world.pool, identity):
            pass
        return sorted((letter.name, letter.subject) for letter in carrier.letters)

    async def test_a_quarter_in_letters(self, recorded: World, identity: Pool) -> None:
        about = "C-1 Soft services, 2026-27 Q1"
        await tick(recorded, OPENS)
        assert await self.letters(recorded, identity) == []
        for _ in range(2):
            await tick(recorded, REMINDED)
        due = f"Return due on 29 July 2026: {about}"
        assert await self.letters(recorded, identity) == [("certifier", due), ("editor", due)]
        await tick(recorded, LATE)
        late = f"Return overdue: {about}"
        assert await self.letters(recorded, identity) == [("certifier", late), ("editor", late)]
        await file(recorded, date(2026, 7, 31))
        assert await self.letters(recorded, identity) == [("manager", f"Return submitted: {about}")]
        await tick(recorded, date(2026, 8, 24))
        assert await self.letters(recorded, identity) == [("manager", f"Review overdue: {about}")]
        await send_back(recorded, date(2026, 8, 25))
        back = f"Changes requested: {about}"
        assert await self.letters(recorded, identity) == [("certifier", back), ("editor", back)]
        await tick(recorded, date(2026, 8, 26))
        assert await self.letters(recorded, identity) == []
        for _ in range(2):
            await tick(recorded, date(2026, 9, 2))
        again = f"Return to be sent again by 9 September 2026: {about}"
        assert await self.letters(recorded, identity) == [("certifier", again), ("editor", again)]
        await tick(recorded, date(2026, 9, 10))
        assert await self.letters(recorded, identity) == []

    async def test_who_has_left_is_not_told(self, recorded: World, identity: Pool) -> None:
        await tick(recorded, REMINDED)
        await identity.execute("UPDATE people SET removed_at = created_at WHERE name = 'certifier'")
        assert [name for name, _ in await self.letters(recorded, identity)] == ["editor"]


class Carried:
    """Keeps what it is given to carry."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        assert "CANARY" not in letter.subject + letter.body
        self.letters.append(letter)
