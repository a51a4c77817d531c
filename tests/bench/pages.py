"""Every page of the four services at 10,000 contracts and 2,000,000 lines: how long the server takes, from request to answer.

In process and over ASGI, one visit after the other, each page as everybody who may open it. A page that nobody could see by the
ids that the data holds is named.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import httpx2 as httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from deploy.database.provision import connected
from deploy.demo.scenario import at_work
from deploy.local.postgres import PostgresServer
from deploy.local.runtimes import runtimes
from services.alerts.actions.parity import keep_parity
from shared.access import SUPPLIER, Caller, Role
from shared.clock import DemonstrationClock
from shared.identity import passwords, people, sessions
from shared.ids import new_id
from shared.origin import PATHS, link
from shared.pages.visitors import COOKIE
from shared.service import Runtime, spare_the_collector
from tests.bench import desks, region, servers
from tests.bench.figures import Figure, milliseconds, say
from tests.bench.multiplied import multiply
from tests.bench.walking import Place, places

SIZE = 2_000_000
VISITS = 100
_EARLIER = date(2027, 5, 10)
"""The day of a provisional cut while returns came in."""
_PATIENCE = 10.0
"""Seconds for the visits of one page."""

_ASKING = {
    link("commitments", "/contracts"): ("", "?q=000", "?when=ended"),
    link("returns", "/"): ("", "?show=all", "?show=all&words=simulated"),
    link("returns", "/workbook/saved"): ("", "?supplier={supplier}"),
    link("alerts", "/"): ("", "?status=all", "?contract=simulated"),
    link("commitments", "/history"): ("", "?who=Person of", "?what=person", "?contract=000"),
    link("returns", "/history"): ("", "?who=Person of", "?what=return", "?contract=000"),
    link("alerts", "/history"): ("", "?who=Person of", "?what=task", "?contract=000"),
    link("commitments", "/measures/one"): ("?framework={framework}&code=NT10",),
    link("aggregator", "/measure"): ("?measure=NT10", "?measure=NT10&quarter={quarter}&cut={day}"),
    link("aggregator", "/contracts"): ("?measure=NT10",),
    link("aggregator", "/compare"): ("?quarter={published}&against=1",),
    link("aggregator", "/"): (
        "",
        "?quarter={published}&publication=1",
        "?quarter={quarter}&cut={day}",
        "?quarter={quarter}&cut={earlier}",
    ),
    link("aggregator", "/missing"): ("", "?quarter={published}&publication=1"),
}


async def measure(size: int) -> AsyncIterator[Figure]:
    with servers.folder() as folder:
        with PostgresServer(folder / "postgres", servers.FILLING) as server:
            await region.live_through(server)
            await multiply(server, max(1, size // region.LINES))
        with PostgresServer(folder / "postgres") as server:
            await count(server)
            async for figure in walk(server):
                yield figure


async def count(server: PostgresServer) -> None:
    """What is counted once a day, over the copies too."""
    async with connected(server.url("alerts")) as conn, conn.transaction():
        await keep_parity(conn, region.PRESENT, at_work(region.PRESENT))


async def walk(server: PostgresServer) -> AsyncIterator[Figure]:
    at = at_work(region.PRESENT)
    async with runtimes(server, DemonstrationClock(at)) as opened:
        by_name = {runtime.service.name: runtime for runtime in opened}
        known = await _known(by_name)
        walkers = await _walkers(by_name["commitments"], known, at)
        at_desks = {walker: walkers[walker][0] for walker in ("manager", "supplier", "administrator")}
        begun = await desks.begin(opened, contract_id=known["contract_id"][0], at=at, **at_desks)
        known |= {name: [*begun.get(name, ()), *known.get(name, ())] for name in begun}
        ended = region.PRESENT - timedelta(days=1)
        said = {
            "quarter": "2026-27-Q4",
            "published": "2026-27-Q3",
            "day": ended,
            "earlier": _EARLIER,
            "framework": known["framework"][0],
            "supplier": known["_parties"][1],
        }
        asking = {path: [each.format(**said) for each in asked] for path, asked in _ASKING.items()}
        app = Starlette(routes=[Mount(PATHS[runtime.service.name], runtime.app()) for runtime in opened])
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        spare_the_collector()  # as a service does that runs
        unseen: set[str] = set()
        seen: set[str] = set()
        async with httpx.AsyncClient(
            transport=transport, base_url="https://parity.example", headers={"Accept": "text/html"}
        ) as client:
            for runtime in opened:
                for place in places(runtime.service, known, asking):
                    client.headers["Cookie"] = f"{COOKIE}={walkers[place.walker][1]}" if place.walker in walkers else ""
                    path = await _open(client, place)
                    (unseen if path is None else seen).add(place.route)
                    if path is not None:
                        for figure in milliseconds(
                            f"{place.route}, {place.walker}", None, await _visit(client, path), "p99 < 100 ms"
                        ):
                            yield figure
        for route in sorted(unseen - seen):
            say(f"nobody could open {route}")


async def _open(client: httpx.AsyncClient, place: Place) -> str | None:
    """An address at which the walker sees the page."""
    for path in place.paths:
        answer = await client.get(path)
        if answer.status_code >= 500:
            raise AssertionError(f"{path} as {place.walker}: {answer.status_code}")
        if answer.status_code == 200:
            return path
    return None


async def _visit(client: httpx.AsyncClient, path: str) -> list[float]:
    seconds: list[float] = []
    while len(seconds) < VISITS and (len(seconds) < 3 or sum(seconds) < _PATIENCE):
        began = time.perf_counter()
        answer = await client.get(path)
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200
    return seconds


async def _walkers(commitments: Runtime, known: Mapping[str, Sequence[Any]], at: datetime) -> Mapping[str, tuple[Caller, str]]:
    """Somebody of each kind, signed in: buyer and supplier of the contract that is looked at, and the ICB's people."""
    buyer, supplier, icb = known["_parties"]
    walkers = {}
    async with commitments.identity.acquire() as conn, conn.transaction():
        for walker, organisation_id, roles in (
            ("manager", buyer, (Role.CONTRACT_MANAGER,)),
            ("supplier", supplier, tuple(SUPPLIER)),
            ("analyst", icb, (Role.ICB_ANALYST,)),
            ("administrator", icb, (Role.ADMINISTRATOR,)),
            ("operator", icb, (Role.OPERATOR,)),
        ):
            person = people.Person(
                new_id(),
                f"Person who is {walker}",
                f"{new_id()}@parity.example",
                organisation_id,
                tuple(role.value for role in roles),
            )
            await people.add(conn, person, at=at)
            await passwords.keep(conn, person.id, secrets.token_urlsafe())
            caller = Caller(person.id, organisation_id, frozenset(roles), frozenset())
            walkers[walker] = caller, await sessions.begin(conn, person.id)
    return walkers


async def _known(by_name: Mapping[str, Runtime]) -> dict[str, Sequence[Any]]:
    """Ids by the name of a page's parameter: of a contract of the buyer with most contracts, one with a return that is open."""
    commitments, returns, alerts = (by_name[name].pool for name in ("commitments", "returns", "alerts"))
    buyer = await commitments.fetchval(
        """
        SELECT o.organisation_id FROM organisations AS o JOIN contract_parties AS p USING (organisation_id)
        WHERE p.part = 'buyer' AND o.icb_sees = 'contracts' GROUP BY o.organisation_id ORDER BY count(*) DESC, 1 LIMIT 1
        """
    )
    contract = await returns.fetchval(
        """
        SELECT contract_id FROM quarterly_returns JOIN contracts AS c USING (contract_id)
        WHERE c.buyer_ids @> ARRAY[$1::uuid] AND contract_id IN (SELECT contract_id FROM activities)
        GROUP BY contract_id ORDER BY count(*) FILTER (WHERE status = 'open') DESC, 1 LIMIT 1
        """,
        buyer,
    )
    supplier = await commitments.fetchval(
        "SELECT organisation_id FROM contract_parties WHERE contract_id = $1 AND part = 'supplier'", contract
    )
    icb = await commitments.fetchval("SELECT organisation_id FROM organisations WHERE name = 'Simulated ICB'")
    known: dict[str, Sequence[Any]] = {
        "_parties": (buyer, supplier, icb),
        "contract_id": [contract],
        "organisation_id": [buyer],
        "name": ["quarters", "places", "buyers", "sectors"],
        "quarter": ["2026-27-Q4", "2026-27-Q3"],
        "number": [1],
        "page": ["targets", "promise", "bands"],
    }
    for name, pool, query in (
        ("framework", commitments, "SELECT name FROM frameworks"),
        ("obligation_id", commitments, "SELECT obligation_id FROM obligations WHERE contract_id = $1 ORDER BY number LIMIT 1"),
        (
            "return_id",
            returns,
            """
            SELECT return_id FROM quarterly_returns AS r JOIN contracts AS c USING (contract_id)
            WHERE c.buyer_ids @> ARRAY[$2::uuid]
            ORDER BY row_number() OVER (PARTITION BY r.status, r.contract_id = $1 ORDER BY quarter DESC, return_id) LIMIT 16
            """,
        ),
        (
            "alert_id",
            alerts,
            """
            SELECT alert_id FROM alerts JOIN contracts AS c USING (contract_id) WHERE c.buyer_ids @> ARRAY[$2::uuid]
            ORDER BY EXISTS (SELECT FROM disputes d WHERE d.alert_id = alerts.alert_id) DESC, contract_id <> $1,
                row_number() OVER (PARTITION BY status ORDER BY raised_at DESC) LIMIT 8
            """,
        ),
        ("activity_id", returns, "SELECT activity_id FROM activities WHERE contract_id = $1 LIMIT 1"),
        ("evidence_id", returns, "SELECT evidence_id FROM evidence_files WHERE contract_id = $1 LIMIT 1"),
        ("case_study_id", returns, "SELECT case_study_id FROM case_studies WHERE contract_id = $1"),
        ("request_id", returns, "SELECT request_id FROM restatement_requests WHERE contract_id = $1"),
        ("dispute_id", alerts, "SELECT dispute_id FROM disputes JOIN alerts USING (alert_id) WHERE contract_id = $1"),
        ("plan_id", alerts, "SELECT plan_id FROM recovery_plans JOIN alerts USING (alert_id) WHERE contract_id = $1"),
        ("person_id", by_name["commitments"].identity, "SELECT id FROM people ORDER BY id LIMIT 1"),
    ):
        arguments = (contract, buyer)[: 2 if "$2" in query else 1 if "$1" in query else 0]
        known[name] = [row[0] for row in await pool.fetch(query, *arguments)]
    known["line_id"] = [
        row[0]
        for row in await returns.fetch(
            """
            SELECT DISTINCT ON (return_id) line_id FROM lines
            WHERE return_id = ANY ($1) AND owed ORDER BY return_id, content ->> 'story' NULLS LAST, line_id
            """,
            known["return_id"],
        )
    ]
    return known
