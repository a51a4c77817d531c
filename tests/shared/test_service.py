"""A service at work: what one of its tasks dies of ends all of it, so that no process lives on half dead."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

import pytest

from shared.db import Connection
from shared.schedule import Chore
from shared.service import Runtime, create_service
from shared.spine import Handlers
from tests.conftest import OpenRuntime

PARTS = ("relay", "consumer", "scheduler", "notifier")


class Fault(Exception):
    """Ours: no outage that could be waited out."""


async def _never(conn: Connection, slot: date, at: datetime) -> NoReturn:
    raise Fault


@pytest.fixture
async def at_work(runtime: OpenRuntime) -> Runtime:
    service = create_service("returns", title="", routers=[], migrations=Path("nowhere"), handlers=_listening())
    return await runtime(service)


def _listening() -> Handlers:
    handlers = Handlers("returns", topics=("commitments",))
    handlers.apply(_ignore)
    return handlers


async def _ignore(conn: Connection, batch: Any) -> None: ...


@pytest.mark.parametrize("part", PARTS)
async def test_a_task_that_dies_ends_the_others(at_work: Runtime, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = []

    def endless(name: str) -> Any:
        async def run(*of: object) -> None:
            try:
                await asyncio.sleep(0.1 if name == part else 3600)
            except asyncio.CancelledError:
                stopped.append(name)
                raise
            raise Fault

        return run

    for name in PARTS:
        monkeypatch.setattr(getattr(at_work, name), "run", endless(name))
    with pytest.raises(ExceptionGroup) as died:
        await asyncio.wait_for(at_work.run(), 60)
    assert [type(error) for error in died.value.exceptions] == [Fault]
    assert sorted(stopped) == sorted(set(PARTS) - {part})


async def test_a_chore_that_fails_for_good_ends_its_service(runtime: OpenRuntime) -> None:
    chores = [Chore("fail", at=time(0), run=_never)]
    at_work = await runtime(create_service("returns", title="", routers=[], migrations=Path("nowhere"), chores=chores))
    with pytest.raises(ExceptionGroup) as died:
        await asyncio.wait_for(at_work.run(), 60)
    assert died.group_contains(Fault)
    assert at_work.background["chores"] == "Fault: Fault"
