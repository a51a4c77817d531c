"""Plays a scenario through the services' actions, day by day: chores in the early morning, people at ten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from deploy.demo import answering, filing, recording
from deploy.demo.beginning import begin
from deploy.demo.days import Days
from deploy.demo.scenario import Contract, Scenario, at_work, evening
from deploy.demo.stage import Stage
from shared.clock import DemonstrationClock
from shared.db import Connection
from shared.identity.present import present
from shared.quarters import local_date
from shared.service import Runtime

Act = Callable[[Stage, Contract, Any, Connection], Awaitable[None]]

_TOLD: tuple[tuple[str, str, str, Act], ...] = (
    ("variation", "on", "commitments", recording.vary),
    ("dispute", "on", "returns", filing.ask_for_changes),
    ("dispute", "answer_on", "returns", filing.answer),
    ("restatement", "on", "returns", filing.restate),
    ("request", "on", "returns", filing.ask_to_restate),
    ("acknowledgement", "on", "alerts", answering.acknowledge),
    ("recovery", "on", "alerts", answering.agree_recovery),
    ("proposal", "on", "alerts", answering.propose_recovery),
    ("objection", "on", "alerts", answering.object_to),
)
"""Where a contract tells of it, on which of its days, in which service, and how it is done."""


_LISTENERS = ("alerts", "aggregator")
"""People act there on what was heard, so everything is heard first."""


@dataclass(frozen=True)
class Step:
    """What somebody does on a day, in one transaction of one service."""

    on: date
    service: str
    act: Callable[[Connection], Awaitable[None]]


async def play(
    scenario: Scenario, runtimes: Sequence[Runtime], clock: DemonstrationClock, *, day_done: Callable[[date], None]
) -> Stage:
    """Live through the scenario up to ten o'clock of its present. What was interrupted goes on at the day on which it stood."""
    by_name = {runtime.service.name: runtime for runtime in runtimes}
    stood = await present(by_name["commitments"].identity)
    day = scenario.begins if stood is None else local_date(stood)
    organisations, people = await begin(scenario, by_name["commitments"], at=at_work(scenario.begins - timedelta(days=1)))
    stage = Stage(by_name["returns"].settings, organisations, people)
    await _find_recorded(scenario, stage, by_name["commitments"])
    steps = sorted(_steps(scenario, stage), key=lambda step: step.on)
    days = Days(runtimes, clock)
    while day <= scenario.present:
        await days.live_through(day, until=at_work(day))
        for step in steps:
            if step.on == day:
                if step.service in _LISTENERS:
                    await days.settle()
                async with by_name[step.service].pool.acquire() as conn, conn.transaction():
                    await step.act(conn)
        await days.settle()
        if day < scenario.present:
            await days.live_through(day, until=evening(day))
        await days.deliver()
        day_done(day)
        day += timedelta(days=1)
    return stage


async def _find_recorded(scenario: Scenario, stage: Stage, commitments: Runtime) -> None:
    async with commitments.pool.acquire() as conn:
        for contract in scenario.contract:
            if known := await recording.find(stage, contract, conn):
                stage.recorded[contract.key] = known


def _steps(scenario: Scenario, stage: Stage) -> Iterator[Step]:
    """On one day: notices and contracts first, then returns, then what is said about them, at last closings."""
    for notice in scenario.notice:
        yield Step(notice.on, "commitments", partial(recording.import_notice, stage, notice))
    for contract in scenario.contract:
        yield Step(contract.recorded_on, "commitments", partial(recording.record, stage, contract))
    for contract in scenario.contract:
        for number, day in enumerate(contract.file_on):
            if day is not None:
                yield Step(day, "returns", partial(filing.file, stage, contract, number))
        if contract.draft is not None:
            yield Step(contract.draft.on, "returns", partial(filing.draft, stage, contract, contract.draft.number))
        for number, day in enumerate(contract.approve_on):
            if day is not None:
                yield Step(day, "returns", partial(filing.approve, stage, contract, number))
        for field, on, service, act in _TOLD:
            for told in getattr(contract, field):
                yield Step(getattr(told, on), service, partial(act, stage, contract, told))
    for closing in scenario.closing:
        yield Step(closing.on, "aggregator", partial(answering.close, stage, closing))
