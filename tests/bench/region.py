"""A region of any size: a small one is lived through by the services' actions, then multiplied inside the databases."""

from __future__ import annotations

from datetime import date, timedelta

from deploy.database.provision import provision
from deploy.demo.scenario import Contract, Draft, Scenario, at_work
from deploy.local.postgres import PostgresServer
from deploy.local.runtimes import runtimes
from deploy.local.services import all_services
from deploy.local.settings import local_settings, owner_settings
from deploy.simulation.region import region
from deploy.simulation.simulating import act_out
from shared.clock import DemonstrationClock
from tests.bench import desks
from tests.bench.figures import say

PRESENT = date(2027, 6, 14)
CONTRACTS, OBLIGATIONS, QUARTERS = 20, 25, 8
LINES = CONTRACTS * OBLIGATIONS * QUARTERS
"""Of the region that is lived through."""
_STORY = "Our people gave their time on Saturdays, and the neighbours came back with theirs."


async def live_through(server: PostgresServer) -> None:
    """CONTRACTS contracts that all ran through QUARTERS quarters with OBLIGATIONS obligations each, up to PRESENT."""
    await provision(owner_settings(server), {service.name: service.migrations for service in all_services()})

    def tell(done: int, total: int | None, words: str) -> None:
        if done % 90 == 0:
            say(f"{words}: day {done} of {total}")

    await act_out(scenario(), lambda name: local_settings(server, name, demonstration=True), tell)
    at = at_work(PRESENT)
    async with runtimes(server, DemonstrationClock(at)) as opened:
        await desks.fill(opened, at)


def scenario() -> Scenario:
    simulated = region(contracts=CONTRACTS * 6, quarters=QUARTERS, seed=1, present=PRESENT)
    whole = [one for one in simulated.contract if len(one.file_on) == QUARTERS][:CONTRACTS]
    assert len(whole) == CONTRACTS
    parties = {"icb"} | {one.buyer for one in whole} | {one.supplier for one in whole}
    return simulated.model_copy(
        update={
            "contract": tuple(map(_grown, whole)),
            "organisation": tuple(one for one in simulated.organisation if one.key in parties),
            "person": tuple(one for one in simulated.person if one.organisation in parties),
        }
    )


def _grown(contract: Contract) -> Contract:
    """Its obligations again and again, until there are OBLIGATIONS; some tell stories, and what is not filed yet is begun."""
    few = contract.obligation
    many = tuple(
        few[nth % len(few)].model_copy(
            update={
                "reference": f"{few[nth % len(few)].reference}.{nth // len(few) + 1}",
                "stories": (_STORY,) * QUARTERS if nth < 3 else (),
            }
        )
        for nth in range(OBLIGATIONS)
    )
    restated = tuple(one.model_copy(update={"obligation": f"{one.obligation}.1"}) for one in contract.restatement)
    begun = Draft(number=QUARTERS - 1, on=PRESENT - timedelta(days=1)) if contract.file_on[-1] is None else None
    return contract.model_copy(update={"obligation": many, "restatement": restated, "draft": begun})
