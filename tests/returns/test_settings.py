"""What is set for a deployment counts: in requests, by the clock, in what is heard; not what the process finds around it."""

from __future__ import annotations

from datetime import date

import pytest

from services.returns.actions.filing import save_line
from services.returns.main import service
from services.returns.rules.deadlines import Deadlines
from shared.events import Envelope, Event
from shared.ids import new_id
from shared.schedule import run_due
from shared.service import Runtime
from shared.spine import Received
from tests.conftest import OpenRuntime
from tests.returns.builders import CERTIFIER, EDITOR, MANAGER, Q1, Q2, a_contract, at, content
from tests.returns.conftest import Client, World, keys_for
from tests.returns.test_api import CERTIFIED

SHORT = Deadlines(due=10, review=3, remind=2, answer=4)
SETTINGS = {
    "return_due_working_days": 10,
    "review_due_working_days": 3,
    "reminder_working_days": 2,
    "answer_due_working_days": 4,
}


@pytest.fixture
async def at_work(runtime: OpenRuntime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setenv("PARITY_RETURN_DUE_WORKING_DAYS", "99")
    return await runtime(service, at=at(date(2026, 7, 6)), **SETTINGS)


async def heard(runtime: Runtime, event: Event, day: date) -> None:
    envelope = Envelope.around(event, id=new_id(), source="/icb/test/commitments", time=at(day))
    handlers = runtime.service.handlers
    assert handlers is not None
    async with runtime.pool.acquire() as conn, conn.transaction():
        await handlers(conn, [Received("commitments", 0, 1, envelope.encode())])


async def test_returns_that_open_as_they_are_heard_of(at_work: Runtime) -> None:
    recorded = date(2026, 7, 6)
    await heard(at_work, a_contract(), recorded)
    filed = await World(at_work.pool).filed()
    assert (filed.due_on, filed.remind_on) == (SHORT.due_on(recorded), SHORT.remind_on(filed.due_on))


async def test_returns_that_open_by_the_clock(at_work: Runtime) -> None:
    await heard(at_work, a_contract(), Q1.first_day)
    await run_due(at_work.pool, at_work.service.chores, at=at(Q2.first_day))
    filed = await World(at_work.pool).filed()
    assert (filed.due_on, filed.remind_on) == (SHORT.due_on(Q2.first_day), SHORT.remind_on(filed.due_on))


async def test_a_review_after_a_request_and_an_answer_after_the_review(at_work: Runtime) -> None:
    await heard(at_work, a_contract(), date(2026, 7, 6))
    api = Client(at_work, await keys_for(at_work))
    async with at_work.pool.acquire() as conn, conn.transaction():
        await save_line(conn, (await api.world.line()).line_id, content(40), by=EDITOR, at=at(date(2026, 7, 6)))
    submitted = await api.step("submit", CERTIFIER, CERTIFIED)
    assert submitted["review_due_on"] == SHORT.review_due_on(date(2026, 7, 6)).isoformat()
    changes = {"lines": [{"line_id": submitted["lines"][0]["line_id"], "reason": "Where?"}]}
    back = await api.step("request-changes", MANAGER, changes)
    assert (back["sent_back_on"], back["answer_due_on"]) == ("2026-07-06", SHORT.answer_due_on(date(2026, 7, 6)).isoformat())
    await api.http.aclose()
