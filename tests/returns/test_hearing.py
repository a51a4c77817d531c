"""Hearing of contracts: returns open, are amended and withdrawn; once, and the same however late or often it is heard."""

from __future__ import annotations

from datetime import date

import pytest

from services.returns.actions.filing import save_line
from services.returns.actions.opening import open_ended
from services.returns.handlers import handlers
from shared.events import Envelope
from shared.events.commitments import FrameworkLoaded
from shared.events.returns import ReturnAmended, ReturnOpened, ReturnStatus
from shared.ids import new_id
from shared.quarters import local_date
from shared.spine import Received
from tests.returns.builders import (
    DEADLINES,
    EDITOR,
    Q1,
    Q2,
    Q3,
    a_contract,
    an_obligation,
    an_organisation,
    at,
    closed,
    content,
    contract_id,
    terms,
    varied,
)
from tests.returns.conftest import World


async def open_at(world: World, slot: date) -> None:
    async with world.pool.acquire() as conn, conn.transaction():
        await open_ended(conn, slot, DEADLINES, at=at(slot, 1))


async def test_a_return_opens_the_day_after_its_quarter_and_once(world: World) -> None:
    await world.hear(a_contract(), a_contract(an_obligation(reference="C-2"), reference="C-2"))
    await open_at(world, date(2026, 6, 30))
    assert await world.told() == []
    await open_at(world, date(2026, 7, 1))
    await open_at(world, date(2026, 7, 1))
    await open_at(world, date(2026, 7, 2))
    opened = await world.told(ReturnOpened)
    assert {(event.contract.reference, event.quarter, event.opened_on, event.due_on) for event in opened} == {
        ("C-1", Q1, date(2026, 7, 1), date(2026, 7, 29)),
        ("C-2", Q1, date(2026, 7, 1), date(2026, 7, 29)),
    }
    assert len(opened) == 2


async def test_days_that_were_missed_are_caught_up_with_the_dates_that_they_should_have_had(world: World) -> None:
    await world.hear(a_contract())
    await open_at(world, date(2027, 1, 20))
    assert [(event.quarter, event.opened_on) for event in await world.told(ReturnOpened)] == [
        (Q1, date(2026, 7, 1)),
        (Q2, date(2026, 10, 1)),
        (Q3, date(2027, 1, 1)),
    ]


async def test_a_contract_recorded_late_opens_its_missed_returns_at_once(world: World) -> None:
    recorded = date(2026, 11, 16)
    await world.hear(a_contract(), when=recorded)
    opened = await world.told(ReturnOpened)
    due_on = DEADLINES.due_on(recorded)
    assert [(event.quarter, event.opened_on, event.due_on) for event in opened] == [
        (Q1, recorded, due_on),
        (Q2, recorded, due_on),
    ]
    assert due_on == date(2026, 12, 14)


async def test_what_is_heard_late_has_the_dates_of_when_it_was_told(world: World) -> None:
    """The contract was recorded in June and is heard in July, after the chore of 1 July."""
    await open_at(world, date(2026, 7, 1))
    await world.hear(a_contract(), when=date(2026, 6, 30))
    assert await world.told() == []
    await open_at(world, date(2026, 7, 3))
    assert [(event.opened_on, event.due_on) for event in await world.told(ReturnOpened)] == [
        (date(2026, 7, 1), date(2026, 7, 29))
    ]


async def test_a_moment_belongs_to_its_london_date(world: World) -> None:
    """Half past eleven in the evening of 30 June, by UTC, is 1 July in London: the quarter is over."""
    late = at(date(2026, 6, 30), 23)
    assert local_date(late) == date(2026, 7, 1)
    await world.hear(a_contract(), when=late)
    assert [event.opened_on for event in await world.told(ReturnOpened)] == [date(2026, 7, 1)]


async def test_hearing_everything_twice_changes_nothing(world: World) -> None:
    facts = [an_organisation(), a_contract(), varied(an_obligation(), an_obligation("trees"))]
    await world.hear(*facts, when=date(2026, 7, 6))
    told, acts = await world.told(), await world.acts()
    await world.hear(*facts, when=date(2026, 7, 6))
    assert await world.told() == told
    assert await world.acts() == acts
    assert [type(event) for event in told] == [ReturnOpened, ReturnAmended]


async def test_a_variation_amends_what_is_open_and_nothing_else(world: World) -> None:
    await world.hear(a_contract(), when=date(2026, 7, 6))
    before = await world.line()
    await world.hear(varied(an_obligation(in_force=terms(target=30, version=2))), when=date(2026, 7, 8))
    line = await world.line()
    assert line.terms.target == 30
    assert line.version == before.version + 1
    [amended] = await world.told(ReturnAmended)
    assert amended.lines[0].terms.target == 30
    assert amended.version == 2
    assert amended.due_on == (await world.filed()).due_on


async def test_a_contract_closed_early_ends_its_returns_after_that_quarter(world: World) -> None:
    await world.hear(a_contract())
    await world.hear(closed(date(2026, 8, 15)), when=date(2026, 8, 15))
    await open_at(world, date(2027, 1, 1))
    assert [event.quarter for event in await world.told(ReturnOpened)] == [Q1, Q2]


async def test_a_contract_closed_before_an_open_return_withdraws_it_and_keeps_what_was_typed(world: World) -> None:
    await world.hear(a_contract())
    await open_at(world, date(2026, 10, 1))
    async with world.pool.acquire() as conn, conn.transaction():
        await save_line(conn, (await world.line(quarter=Q2)).line_id, content(12), by=EDITOR, at=at(date(2026, 10, 2)))
    await world.hear(closed(date(2026, 6, 30)), when=date(2026, 10, 5))
    assert (await world.filed(Q2)).status is ReturnStatus.WITHDRAWN
    withdrawn = (await world.told(ReturnAmended))[-1]
    assert (withdrawn.quarter, withdrawn.status, withdrawn.lines) == (Q2, ReturnStatus.WITHDRAWN, ())
    await world.hear(varied(version=3), when=date(2026, 10, 6))
    line = await world.line(quarter=Q2)
    assert line.content == content(12)
    assert (await world.filed(Q2)).due_on == DEADLINES.due_on(date(2026, 10, 6))


async def test_a_contract_that_owes_nothing_has_no_returns(world: World) -> None:
    await world.hear(a_contract().model_copy(update={"obligations": ()}), when=date(2026, 11, 1))
    await open_at(world, date(2027, 1, 1))
    assert await world.told() == []


async def test_an_obligation_added_to_a_quarter_that_owed_nothing_opens_its_return_from_then(world: World) -> None:
    await world.hear(a_contract(an_obligation(quarters=(Q2, Q3))), when=date(2026, 7, 6))
    assert await world.told() == []
    await world.hear(varied(an_obligation(quarters=(Q1, Q2, Q3))), when=date(2026, 7, 20))
    assert [(event.quarter, event.opened_on) for event in await world.told(ReturnOpened)] == [(Q1, date(2026, 7, 20))]


@pytest.mark.parametrize("batch", [1, 2, 5])
async def test_a_batch_says_what_its_events_say_one_by_one(world: World, batch: int) -> None:
    facts = [
        (an_organisation(), date(2026, 4, 1)),
        (FrameworkLoaded(version=1, framework_id=new_id(), framework="f", framework_version=1, measures=()), date(2026, 4, 1)),
        (a_contract(), date(2026, 7, 6)),
        (varied(an_obligation(in_force=terms(target=30))), date(2026, 10, 7)),
        (closed(date(2026, 12, 31), version=3), date(2026, 10, 9)),
    ]
    received = []
    for position, (event, day) in enumerate(facts, 1):
        envelope = Envelope.around(event, id=new_id(), source="/icb/test/commitments", time=at(day))
        received.append(Received("commitments", 0, position, envelope.encode()))
    for first in range(0, len(received), batch):
        async with world.pool.acquire() as conn, conn.transaction():
            await handlers(DEADLINES)(conn, received[first : first + batch])
    told = [(event.event_type, event.quarter, event.version, event.due_on) for event in await world.told()]
    assert told == [
        ("return.opened.v1", Q1, 1, date(2026, 8, 3)),
        ("return.amended.v1", Q1, 2, date(2026, 8, 3)),
        ("return.opened.v1", Q2, 1, date(2026, 11, 4)),
        ("return.amended.v1", Q1, 3, date(2026, 8, 3)),
        ("return.amended.v1", Q2, 2, date(2026, 11, 4)),
    ]
    assert (await world.filed()).contract_id == contract_id()
