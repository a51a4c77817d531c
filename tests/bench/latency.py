"""From a contract manager's click on *approve* until the region's feed shows it, at 20 approvals a second.

The four services run as processes of their own. Returns that real suppliers could have filed wait for review; they are approved
by HTTP at a steady pace, whether or not the ones before are done, while an analyst asks the feed again and again.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx

from deploy.database.provision import provision
from deploy.demo.scenario import Scenario, at_work
from deploy.local.postgres import PostgresServer
from deploy.local.services import all_services
from deploy.local.settings import local_settings, owner_settings
from deploy.simulation.region import region
from deploy.simulation.simulating import act_out
from shared.access import Scope
from shared.db import connect
from shared.identity import keys
from shared.quarters import Quarter
from shared.settings import SERVICES
from tests.bench import servers
from tests.bench.figures import Figure, milliseconds, say
from tests.system.processes import Running

A_SECOND = 20
SECONDS = 20
WARM_UP = 20
QUARTER = Quarter.parse("2026-27-Q2")
MEASURE = "CALLS"
"""Each buyer's own core KPI: a return of a buyer is approved when the buyer's total says one more."""
FEED = f"/api/v1/totals?quarter={QUARTER.code}&measure={MEASURE}&dimension=buyer&limit=200"


@dataclass(frozen=True)
class Waiting:
    """A return that waits for review."""

    return_id: UUID
    version: int
    buyer: str


async def measure(size: int) -> AsyncIterator[Figure]:
    with servers.postgres() as server, tempfile.TemporaryDirectory(prefix="parity-bench-") as folder:
        approvals = WARM_UP + A_SECOND * SECONDS
        people = await _prepare(server, 2 * approvals)
        async for log, address in servers.addresses(server):
            waiting = await _waiting(server)
            with _served(server, log, address, Path(folder)) as urls:
                seconds = await _approve(urls, people, waiting[:approvals])
            for figure in milliseconds(f"approved to visible, {A_SECOND} a second", log, seconds, "p99 < 1000 ms"):
                yield figure


async def _prepare(server: PostgresServer, returns: int) -> Mapping[str, str]:
    """Contracts with returns that are submitted, by the services' own actions. The people's keys by their address."""
    await provision(owner_settings(server), {service.name: service.migrations for service in all_services()})
    scenario = _scenario(returns)
    say(f"{returns:,} contracts are recorded, and their returns filed")
    await act_out(scenario, lambda name: local_settings(server, name, demonstration=True), lambda done, total, words: say(words))
    conn = await connect(server.url("identity", "commitments"))
    secrets = {}
    for row in await conn.fetch("SELECT id, organisation_id, email FROM people WHERE NOT 'supplier_certifier' = ANY (roles)"):
        _, secret = await keys.create(conn, person_id=row["id"], label="bench", scopes=list(Scope), at=at_work(scenario.present))
        secrets["analyst" if row["email"].startswith("person-of-icb@") else str(row["organisation_id"])] = secret
    await conn.close()
    return secrets


def _scenario(returns: int) -> Scenario:
    """A simulated region in which every contract owes the measure, and has filed and is not approved."""
    opened = QUARTER.next().first_day
    simulated = region(contracts=returns * 3, quarters=1, seed=1, present=opened)
    owing = [one for one in simulated.contract if any(owed.own and owed.own.code == MEASURE for owed in one.obligation)]
    filed = {"recorded_on": QUARTER.last_day, "file_on": (opened,), "approve_on": (None,), "restatement": ()}
    chosen = tuple(one.model_copy(update=filed) for one in owing[:returns])
    parties = {"icb"} | {one.buyer for one in chosen} | {one.supplier for one in chosen}
    return simulated.model_copy(
        update={
            "begins": QUARTER.last_day,
            "present": opened,
            "contract": chosen,
            "organisation": tuple(one for one in simulated.organisation if one.key in parties),
            "person": tuple(one for one in simulated.person if one.organisation in parties),
            "closing": (),
        }
    )


async def _waiting(server: PostgresServer) -> Sequence[Waiting]:
    """In no order, so that neighbours are mostly of different buyers."""
    conn = await connect(server.url("returns"))
    found = await conn.fetch(
        """
        SELECT return_id, version, contract #>> '{buyers,0,organisation_id}' AS buyer FROM quarterly_returns
        WHERE status = 'submitted' ORDER BY md5(return_id::text)
        """
    )
    await conn.close()
    return [Waiting(*row) for row in found]


@contextmanager
def _served(server: PostgresServer, log: str, address: str, folder: Path) -> Iterator[Mapping[str, str]]:
    """The four services on this log, and where they answer. Another log is another epoch: the outboxes fill it first."""
    running, urls = [], {}
    try:
        for name in SERVICES:
            settings = local_settings(server, name, demonstration=True)
            environment = {
                "PARITY_DEPLOYMENT": "demonstration",
                "PARITY_DATABASE_IDENTITY": settings.database("identity"),
                f"PARITY_DATABASE_{name.upper()}": settings.database(name),
                "PARITY_LOG": settings.log if log == "postgres" else address,
                "PARITY_EPOCH": "1" if log == "postgres" else "2",
                "PARITY_EVIDENCE": settings.evidence,
            }
            port = servers.free_port()
            arguments = ("serve", name, "--port", str(port))
            running.append(Running(folder / f"{name}-{log}.log", *arguments, environment=environment))
            urls[name] = f"http://127.0.0.1:{port}"
        for process, url in zip(running, urls.values(), strict=True):
            process.wait_until_ready(f"{url}/ready")
        yield urls
    finally:
        for process in running:
            process.kill()


async def _approve(urls: Mapping[str, str], people: Mapping[str, str], returns: Sequence[Waiting]) -> list[float]:
    """The seconds from each click until the feed shows it, in the order of the clicks."""
    analyst = {"Authorization": f"Bearer {people['analyst']}"}
    async with (
        httpx.AsyncClient(base_url=urls["returns"], timeout=60) as service,
        httpx.AsyncClient(base_url=urls["aggregator"], headers=analyst, timeout=60) as feed,
    ):
        await _click_and_watch(service, feed, people, returns[:WARM_UP])  # on another log, also all that it is filled with
        return await _click_and_watch(service, feed, people, returns[WARM_UP:])


async def _click_and_watch(
    service: httpx.AsyncClient, feed: httpx.AsyncClient, people: Mapping[str, str], returns: Sequence[Waiting]
) -> list[float]:
    seen = asyncio.create_task(_watch(feed, await _approved(feed, {}), Counter(one.buyer for one in returns)))
    began, clicks, clicked = time.perf_counter(), [], defaultdict[str, list[float]](list)
    for number, one in enumerate(returns):
        await asyncio.sleep(began + number / A_SECOND - time.perf_counter())
        clicked[one.buyer].append(time.perf_counter())
        clicks.append(asyncio.create_task(_click(service, people[one.buyer], one)))
    await asyncio.gather(*clicks)
    shown = await seen
    return [at - click for buyer, at_click in clicked.items() for click, at in zip(at_click, shown[buyer], strict=True)]


async def _click(service: httpx.AsyncClient, key: str, one: Waiting) -> None:
    headers = {"Authorization": f"Bearer {key}", "If-Match": f'"{one.version}"'}
    answer = await service.post(f"/api/v1/returns/{one.return_id}/approve", headers=headers, json={"judgement": "met"})
    assert answer.status_code == 200, answer.text


async def _watch(feed: httpx.AsyncClient, known: Counter[str], awaited: Counter[str]) -> Mapping[str, list[float]]:
    """When each buyer's total said one more, for each of the returns that are awaited."""
    seen = defaultdict[str, list[float]](list)
    headers: dict[str, Any] = {}
    async with asyncio.timeout(SECONDS * 10):
        while any(len(seen[buyer]) < number for buyer, number in awaited.items()):
            now = await _approved(feed, headers)
            at = time.perf_counter()
            for buyer, number in now.items():
                seen[buyer] += [at] * (number - known[buyer])
            known |= now
            await asyncio.sleep(0.05)  # a reader who asks more often than that would be most of what is measured
    return seen


async def _approved(feed: httpx.AsyncClient, headers: dict[str, Any]) -> Counter[str]:
    """How many of each buyer's contracts are approved; empty where nothing has changed since the last look."""
    answer = await feed.get(FEED, headers=headers)
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return Counter()
    assert answer.status_code == 200, answer.text
    headers["If-None-Match"] = answer.headers["ETag"]
    return Counter({one["member"]: one["coverage"]["approved"] for one in answer.json()["items"]})
