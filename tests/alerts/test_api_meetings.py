"""Tasks of a review meeting by HTTP: agreed by the buyer, done by either party, seen by nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.access import Role
from shared.events.commitments import IcbSees
from tests.alerts.builders import BUYER, OTHER_BUYER, OTHER_SUPPLIER, Contract, an_organisation, at
from tests.alerts.conftest import World
from tests.alerts.test_api import get, post
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, Q2

CONTRACT = Contract("MV-1")
HERE = f"/contracts/{CONTRACT.contract_id}"
TASKS = f"{HERE}/meetings/2026-27-Q2/tasks"
TASK = {"what": "Send the rota", "owner": "Tom, Brightwater", "due_on": "2026-12-04"}


@pytest.fixture(autouse=True)
async def reported(world: World) -> None:
    await world.hear(
        (an_organisation(BUYER, icb_sees=IcbSees.CONTRACTS), NOON),
        (CONTRACT.recorded(), at(date(2026, 4, 1))),
        (CONTRACT.opened(Q1), at(date(2026, 7, 1))),
        (CONTRACT.approved(Q1, "50"), at(date(2026, 8, 1))),
        (CONTRACT.opened(Q2), at(date(2026, 10, 1))),
        (CONTRACT.approved(Q2, "10"), at(date(2026, 11, 1))),
    )


async def agree(world: World, **said: Any) -> Any:
    return await post(world, TASKS, await world.manager(), TASK | said, 201)


async def test_a_task_is_agreed_done_and_open_again(world: World) -> None:
    task = await agree(world)
    assert (task["what"], task["quarter"], task["done_at"]) == ("Send the rota", "2026-27-Q2", None)
    supplier = await world.supplier()
    assert await get(world, TASKS, supplier) == [task]
    path = f"{HERE}/tasks/{task['task_id']}"
    done = await post(world, f"{path}/finish", supplier)
    assert done["done_at"] is not None
    assert await get(world, TASKS, supplier) == [done]
    assert (await post(world, f"{path}/finish", supplier, status=409))["code"] == "task-is-done"
    assert await post(world, f"{path}/reopen", await world.manager()) == task
    assert (await post(world, f"{path}/reopen", supplier, status=409))["code"] == "task-is-open"


async def test_an_open_task_is_carried_to_the_next_meeting(world: World) -> None:
    before = TASKS.replace("Q2", "Q1")
    task = await post(world, before, await world.manager(), TASK, 201)
    manager = await world.manager()
    assert await get(world, TASKS, manager) == [task]
    await post(world, f"{HERE}/tasks/{task['task_id']}/finish", manager)
    assert await get(world, TASKS, manager) == []
    assert len(await get(world, before, manager)) == 1


async def test_a_task_is_removed_with_a_reason(world: World) -> None:
    path = f"{HERE}/tasks/{(await agree(world))['task_id']}"
    manager = await world.manager()
    assert [error["pointer"] for error in (await post(world, f"{path}/remove", manager, {}, 422))["errors"]] == ["/reason"]
    await post(world, f"{path}/remove", await world.supplier(), {"reason": "No"}, 403)
    answer = await world.client.post(f"/api/v1{path}/remove", headers=manager, json={"reason": "Written down twice"})
    assert answer.status_code == 204
    assert (await post(world, f"{path}/remove", manager, {"reason": "Twice"}, 409))["code"] == "task-is-removed"
    assert await get(world, TASKS, manager) == []
    assert await world.runtime.pool.fetchval("SELECT removed_because FROM meeting_tasks") == "Written down twice"


async def test_what_cannot_be_agreed_is_named(world: World) -> None:
    manager = await world.manager()
    for wrong in ({"what": " "}, {"what": "x" * 501}, {"owner": "x" * 201}, {"due_on": "2026-01-04"}, {"due_on": "soon"}):
        refused = await post(world, TASKS, manager, TASK | wrong, 422)
        assert [error["pointer"] for error in refused["errors"]] == [f"/{next(iter(wrong))}"]
    await post(world, TASKS.replace("Q2", "Q4"), manager, TASK, 404)
    await post(world, TASKS, await world.supplier(), TASK, 403)


async def test_tasks_are_for_the_two_parties(world: World) -> None:
    path = f"{HERE}/tasks/{(await agree(world))['task_id']}"
    both = await world.person(OTHER_BUYER, Role.CONTRACT_MANAGER, Role.ICB_ANALYST)
    for stranger in (await world.manager(OTHER_BUYER), await world.supplier(OTHER_SUPPLIER), both):
        assert (await world.client.get(f"/api/v1{TASKS}", headers=stranger)).status_code == 404
        for step in ("finish", "reopen"):
            await post(world, f"{path}/{step}", stranger, status=404)
    await post(world, TASKS, await world.manager(OTHER_BUYER), TASK, 404)
    await post(world, f"{path}/remove", both, {"reason": "Not mine"}, 404)
