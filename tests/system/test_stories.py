"""One promise to a user each, through all four services as processes of their own, on PostgreSQL and both event logs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.db import connect
from shared.quarters import Quarter, local_date
from shared.settings import SERVICES
from tests.event_logs import exercised
from tests.system.deployment import Deployment
from tests.system.processes import eventually, parity
from tests.system.region import Region, community_nursing

LAST = Quarter.of(local_date(datetime.now(UTC))).previous()


@pytest.fixture(scope="module", params=["postgres", "kafka"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    log = ""
    if request.param == "kafka":
        log = f"kafka://{request.getfixturevalue('kafka').bootstrap}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-system-")))
        yield Deployment(stack, folder, log)


@pytest.fixture(scope="module")
def region(deployment: Deployment) -> Region:
    """A trust, its supplier and the ICB, and a contract that is recorded late: its missed returns open at once."""
    region = deployment.region()
    trust = region.organisation("A trust", buyer=True, place="Liverpool", icb_sees="contracts")
    supplier = region.organisation("A supplier", supplier=True, sector="vcfse", place="Wirral")
    icb = region.ask("administrator", "GET", "commitments", "/organisations?name=The ICB")["items"][0]["organisation_id"]
    region.person("manager", trust, "contract_manager")
    region.person("certifier", supplier, "supplier_certifier")
    region.person("analyst", icb, "icb_analyst")
    contract = community_nursing(trust, supplier, [LAST.previous(), LAST, LAST.next()])
    contract["places"] = {"Liverpool": "0.5", "Wirral": "0.5"}
    region.ask("manager", "POST", "commitments", "/contracts", contract, status=201)
    return region


@pytest.fixture(autouse=True)
def _noted(request: pytest.FixtureRequest, deployment: Deployment) -> None:
    exercised(request, "KafkaLog, four processes" if deployment.log else "PostgresLog, four processes")


def test_a_contract_recorded_late_opens_its_missed_returns(region: Region) -> None:
    opened = eventually(lambda: len(found := region.returns_of("certifier")) == 2 and found)
    assert [one["quarter"] for one in opened] == [LAST.previous().code, LAST.code]
    assert {one["status"] for one in opened} == {"open"}


def test_a_shortfall_of_either_side_raises_an_alert_of_the_same_severity(region: Region) -> None:
    first, _ = region.returns_of("certifier")
    figures = {"C1": {"numerator": "850", "denominator": "1000"}, "S1": {"value": "40"}}
    region.file("certifier", first["return_id"], figures)
    region.approve("manager", first["return_id"])

    def severities() -> Any:
        raised = region.ask("manager", "GET", "alerts", "/alerts?unresolved=true&kind=shortfall")["items"]
        return len(raised) == 2 and {one["obligation_reference"]: one["severity"] for one in raised}

    assert eventually(severities) == {"C1": "medium", "S1": "medium"}


def test_the_region_sees_the_total_beside_its_coverage(region: Region) -> None:
    total = eventually(lambda: region.total("analyst", LAST.previous().code, "NT29", value="40"))
    assert total["coverage"]["approved"] == total["coverage"]["due"] == 1


def test_a_restatement_after_closing_makes_the_next_publication(region: Region) -> None:
    quarter = LAST.previous().code
    first = region.ask("analyst", "POST", "aggregator", "/publications", {"quarter": quarter}, status=201)
    assert first["number"] == 1
    filed, _ = region.returns_of("certifier")
    lines = region.ask("manager", "GET", "returns", f"/returns/{filed['return_id']}")["lines"]
    line = next(one for one in lines if one["reference"] == "S1")
    restated = {"content": {"figure": {"value": "55"}, "story": "As reported."}, "reason": "A day was forgotten."}
    region.ask("manager", "POST", "returns", f"/lines/{line['line_id']}/restate", restated, etag=f'"{line["version"]}"')
    eventually(lambda: region.total("analyst", quarter, "NT29", value="55"))
    second = region.ask("analyst", "POST", "aggregator", "/publications", {"quarter": quarter}, status=201)
    assert (second["number"], second["reasons"]) == (2, {"restated": 1})


def test_a_mended_shortfall_resolves_its_alert_by_itself(region: Region) -> None:
    def resolved() -> Any:
        found = region.ask("manager", "GET", "alerts", "/alerts?kind=shortfall")["items"]
        return {one["obligation_reference"]: one["status"] for one in found}

    assert eventually(lambda: (found := resolved()).get("S1") == "resolved" and found)["C1"] == "open"


def test_what_was_answered_is_not_lost_when_its_service_is_killed_at_once(deployment: Deployment, region: Region) -> None:
    _, second = region.returns_of("certifier")
    region.file("certifier", second["return_id"], {"C1": {"numerator": "96", "denominator": "100"}, "S1": {"value": "60"}})
    region.approve("manager", second["return_id"])
    deployment.running["returns"].kill()
    deployment.running["aggregator"].kill()
    for service in ("returns", "aggregator"):
        deployment.start(service)
        deployment.running[service].wait_until_ready(f"{deployment.url(service)}/ready")
    eventually(lambda: region.total("analyst", LAST.code, "NT29", value="60"))


def test_a_trace_reaches_from_the_request_to_the_rating_and_the_total(deployment: Deployment, region: Region) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    _, second = region.returns_of("certifier")
    lines = region.ask("manager", "GET", "returns", f"/returns/{second['return_id']}")["lines"]
    line = next(one for one in lines if one["reference"] == "S1")
    restated = {"content": {"figure": {"value": "61"}, "story": "As reported."}, "reason": "A day was forgotten."}
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    path = f"/lines/{line['line_id']}/restate"
    region.ask("manager", "POST", "returns", path, restated, etag=f'"{line["version"]}"', headers=headers)
    eventually(lambda: region.total("analyst", LAST.code, "NT29", value="61"))
    heard = {"parity-alerts: alerts apply", "parity-aggregator: aggregator apply"}
    eventually(lambda: {"parity-returns: returns POST"} | heard <= set(deployment.traces.names.get(trace, ())))
    assert list(deployment.traces.names) == [trace], "others did not ask to be followed"


def test_the_doctor_is_content_with_the_whole_deployment(deployment: Deployment) -> None:
    looked = parity("doctor", "--json", environment=deployment.environment(*SERVICES))
    wrong = [one for one in json.loads(looked.stdout) if not one["ok"]]
    assert wrong == []


async def test_what_cannot_be_applied_waits_until_its_cause_is_mended(deployment: Deployment, region: Region) -> None:
    """A real cause: the aggregator's table refuses the name."""
    environment = deployment.environment(*SERVICES)
    conn = await connect(deployment.server.url("aggregator"))
    try:
        await conn.execute("ALTER TABLE organisations ADD CONSTRAINT refused CHECK (name <> 'Refused')")
        organisation_id = region.organisation("Refused", supplier=True)

        def waiting() -> Any:
            return json.loads(parity("dead-letters", "list", "--json", environment=environment).stdout)

        (letter,) = eventually(waiting)
        assert (letter["service"], letter["topic"], letter["key"]) == ("aggregator", "commitments", organisation_id)
        tried = parity("dead-letters", "retry", environment=environment)
        assert tried.returncode == 1
        assert len(tried.stdout.strip().splitlines()) == 1
        await conn.execute("ALTER TABLE organisations DROP CONSTRAINT refused")
    finally:
        await conn.close()
    mended = parity("dead-letters", "retry", "--key", organisation_id, "--json", environment=environment)
    assert [(one["applied"], one["error"]) for one in json.loads(mended.stdout)] == [(1, None)]
    assert waiting() == []


def test_totals_are_built_again_from_the_log(deployment: Deployment, region: Region) -> None:
    rebuilt = parity("rebuild", "totals", "--json", environment=deployment.environment(*SERVICES))
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    found = json.loads(rebuilt.stdout)
    assert found["differing"] == {}
    assert found["compared"]["figures"] >= 2


def test_production_refuses_to_move_time(deployment: Deployment) -> None:
    moved = parity("demo", "advance", "--to", "2099-01-05", environment=deployment.environment(*SERVICES))
    assert (moved.returncode, moved.stdout) == (1, "")
    assert moved.stderr.strip().endswith("This is no demonstration: its time is the world's, and nobody moves it.")


def test_each_service_stops_cleanly_when_it_is_told_to(deployment: Deployment) -> None:
    for service in SERVICES:
        assert deployment.running[service].interrupt() == 0, deployment.running[service].log.read_text()
