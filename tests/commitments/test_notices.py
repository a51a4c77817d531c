"""Notices on a real database, over HTTP: proposed, confirmed by a person, and never applied behind anybody's back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.organisations import Organisation
from shared import history
from shared.access import NOBODY, Role
from shared.events.commitments import ContractClosed, ContractRecorded, OrganisationRecorded
from shared.quarters import Quarter
from tests.commitments.notices.builders import BUYER, REAL, SUPPLIER, award, contract, file_of, release
from tests.commitments.taking_part import Office
from tests.conftest import NOON

FIND_A_TENDER = sorted(REAL.glob("uk*.json"))
OTHER = {"id": "GB-COH-07654321", "name": "Sefton Meals Ltd", "roles": ["supplier"]}
FROM_2026 = {"startDate": "2026-10-01", "endDate": "2028-09-30"}
KPI = {
    "id": "K1",
    "title": "Calls answered",
    "description": "95 % of calls are answered.",
    "observations": [{"id": "t", "measure": "95%"}],
}


class Notices:
    """A trust that the notices' buyer is, its contract manager's key, and shorthand for the routes."""

    def __init__(self, office: Office, trust: Organisation, manager: str) -> None:
        self.office, self.trust, self.manager = office, trust, manager

    async def send(self, *releases: Any, key: str | None = None, path: str = "/notices", name: str = "n.json") -> Any:
        files = [("files", (name, file_of(*releases).data, "application/json"))]
        return await self.office("POST", path, key or self.manager, files=files)

    async def read(self, proposal_id: str, **options: Any) -> Any:
        return await self.office("GET", f"/proposals/{proposal_id}", self.manager, **options)

    async def confirm(self, proposal: Any, expect: int = 201, key: str | None = None, **said: Any) -> Any:
        path = f"/proposals/{proposal['proposal_id']}/confirm"
        body = {"reference": "C-1", **said}
        return await self.office("POST", path, key or self.manager, json=body, expect=expect, if_match=proposal["version"])

    async def settle(self, proposal: Any, *apply: str, expect: int = 200) -> Any:
        path = f"/proposals/{proposal['proposal_id']}/settle"
        body = {"apply": list(apply), "reason": "As published."}
        return await self.office("POST", path, self.manager, json=body, expect=expect, if_match=proposal["version"])

    async def contract(self, contract_id: str) -> Any:
        return await self.office("GET", f"/contracts/{contract_id}", self.manager)

    async def rows(self, table: str) -> list[Any]:
        queries = {"proposals": "SELECT * FROM proposals ORDER BY proposal_id", "releases": "SELECT * FROM notice_releases"}
        return [dict(row) for row in await self.office.runtime.pool.fetch(queries[table])]


@pytest.fixture
async def notices(office: Office) -> Notices:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(
        name="Mersey General", sector="public", buyer=True, identifiers=[{"scheme": "GB-NHS", "id": "rxx"}]
    )
    manager, _ = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    return Notices(office, trust, manager)


def awarded(id: str = "r1", date: str = "2026-09-01T09:00:00Z", **parts: Any) -> dict[str, Any]:
    return release(id, date, awards=[award(contractPeriod=FROM_2026, **parts)])


async def test_a_person_confirms_what_a_notice_proposes(notices: Notices) -> None:
    imported = await notices.send(awarded(agreedMetrics=[KPI]))
    (proposal,) = imported["proposals"]
    assert (imported["releases"], imported["new"], imported["changed"], proposal["status"]) == (1, 1, 0, "waiting")
    assert (await notices.office("GET", "/contracts", notices.manager))["items"] == [], "nothing without a person"
    obligation = {
        "kpi_id": "K1",
        "reference": "K1",
        "side": "core_service",
        "own_measure": {"code": "MG-CALLS", "label": "Calls answered", "unit": "%", "kind": "ratio"},
        "wording": "95 % of calls are answered.",
        "targets": [{"quarter": Quarter.parse("2026-27-Q3").plus(later).code, "target": "95"} for later in range(8)],
    }
    (recorded,) = await notices.confirm(proposal, obligations=[obligation], legal_regime="psr")
    assert (recorded["ocid"], recorded["award_id"], recorded["title"]) == ("ocds-b5fd17-a", "1", "Patient catering")
    assert (recorded["starts_on"], recorded["ends_on"], recorded["value"]) == ("2026-10-01", "2028-09-30", "120000")
    assert recorded["buyers"][0]["organisation_id"] == str(notices.trust.organisation_id), "known by its identifier"
    assert (recorded["suppliers"][0]["name"], recorded["suppliers"][0]["sector"]) == ("Wirral Meals CIC", "vcfse")
    after = await notices.read(proposal["proposal_id"])
    assert (after["status"], after["contract_ids"]) == ("confirmed", [recorded["contract_id"]])
    assert [fact.title for fact in await notices.office.told(ContractRecorded)] == ["Patient catering"]
    assert [fact.name for fact in await notices.office.told(OrganisationRecorded)] == ["Mersey General", "Wirral Meals CIC"]
    entries = await _history(notices, proposal["proposal_id"])
    assert [entry.action for entry in entries] == ["proposed", "confirmed"]
    await notices.confirm(after, expect=409)


async def test_importing_again_changes_nothing(notices: Notices) -> None:
    one = awarded()
    (proposal,) = (await notices.send(one))["proposals"]
    await notices.confirm(proposal)
    before = await notices.rows("proposals"), await notices.rows("releases")
    again = await notices.send(one, name="other.json")
    assert (again["new"], again["changed"]) == (0, 0)
    assert [left["release"] for left in again["left_out"]] == ["r1"]
    assert again["proposals"][0]["status"] == "confirmed"
    assert (await notices.rows("proposals"), await notices.rows("releases")) == before


async def test_a_later_release_shows_old_and_new_and_waits_for_a_person(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    (recorded,) = await notices.confirm(proposal)
    longer = {"startDate": "2026-10-01", "endDate": "2029-09-30"}
    later = release(
        "r2",
        "2026-10-01T09:00:00Z",
        contracts=[contract(title="Meals", value={"amount": 150000}, period=longer, agreedMetrics=[KPI])],
    )
    imported = await notices.send(later)
    assert (imported["new"], imported["changed"]) == (0, 1)
    waiting = await notices.read(proposal["proposal_id"])
    assert waiting["status"] == "changed"
    changes = {one["field"]: (one["before"], one["after"]) for one in waiting["changes"]}
    assert changes["title"] == ("Patient catering", "Meals")
    assert changes["value.amount"] == ("120000", "150000")
    assert changes["period.ends_on"] == ("2028-09-30", "2029-09-30")
    assert changes["obligations.K1.target"] == (None, "95")
    assert (await notices.contract(recorded["contract_id"]))["title"] == "Patient catering", "nothing is applied unasked"
    refused = await notices.settle(waiting, "obligations.K1.target", "value.currency", expect=422)
    assert len(refused["errors"]) == 2
    settled = await notices.settle(waiting, "title", "value.amount", "period.ends_on")
    assert (settled["status"], settled["changes"]) == ("confirmed", [])
    after = await notices.contract(recorded["contract_id"])
    assert (after["title"], after["value"], after["ends_on"]) == ("Meals", "150000", "2029-09-30")
    assert (await notices.send(later))["changed"] == 0
    await notices.settle(settled, expect=409)


async def test_an_older_release_that_comes_late_is_laid_below(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded("new", "2026-09-02T00:00:00Z")))["proposals"]
    await notices.confirm(proposal)
    imported = await notices.send(awarded("old", "2026-09-02T00:30:00+01:00", value={"amount": 1, "currency": "GBP"}))
    assert imported["proposals"][0]["status"] == "confirmed"
    assert (await notices.read(proposal["proposal_id"]))["standing"]["releases"] == ["old", "new"]


async def test_a_contract_that_came_to_a_close_is_closed_when_a_person_says_so(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    (recorded,) = await notices.confirm(proposal)
    ended = {"id": "1", "awardID": "1", "status": "terminated", "endDate": "2027-03-31"}
    await notices.send(release("r2", "2026-11-01T00:00:00Z", contracts=[ended]))
    waiting = await notices.read(proposal["proposal_id"])
    assert [(one["field"], one["after"]) for one in waiting["changes"]] == [("status", "terminated"), ("ended_on", "2027-03-31")]
    await notices.settle(waiting, "ended_on")
    assert (await notices.contract(recorded["contract_id"]))["ends_on"] == "2027-03-31"
    assert len(await notices.office.told(ContractClosed)) == 1


async def test_an_award_that_falls(notices: Notices) -> None:
    first = release(
        "r1", "2026-09-01T09:00:00Z", awards=[award("1", contractPeriod=FROM_2026), award("2", contractPeriod=FROM_2026)]
    )
    one, two = (await notices.send(first))["proposals"]
    await notices.confirm(one)
    fallen = release(
        "r2", "2026-09-02T09:00:00Z", awards=[{"id": "1", "status": "cancelled"}, {"id": "2", "status": "cancelled"}]
    )
    imported = await notices.send(fallen)
    assert {left["release"] for left in imported["left_out"]} == {"r2"}
    recorded, waiting = await notices.read(one["proposal_id"]), await notices.read(two["proposal_id"])
    assert (recorded["status"], recorded["changes"][-1]["after"]) == ("changed", "fallen")
    assert waiting["status"] == "fallen"
    await notices.confirm(waiting, expect=409, reference="C-2")
    assert (await notices.settle(recorded))["status"] == "confirmed"
    assert (await notices.send(fallen))["changed"] == 0


async def test_separate_suppliers_have_a_contract_each(notices: Notices) -> None:
    suppliers = [{"id": SUPPLIER["id"]}, {"id": OTHER["id"]}]
    shared = release(awards=[award(suppliers=suppliers, contractPeriod=FROM_2026)], parties=[BUYER, SUPPLIER, OTHER])
    (proposal,) = (await notices.send(shared))["proposals"]
    refused = await notices.confirm(proposal, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/suppliers_are"]
    one, two = await notices.confirm(proposal, suppliers_are="separate")
    assert [(each["reference"], each["suppliers"][0]["name"], each["value"]) for each in (one, two)] == [
        ("C-1-1", "Wirral Meals CIC", None),
        ("C-1-2", "Sefton Meals Ltd", None),
    ]


async def test_joint_suppliers_one_leads(notices: Notices) -> None:
    suppliers = [{"id": SUPPLIER["id"]}, {"id": OTHER["id"]}]
    shared = release(awards=[award(suppliers=suppliers, contractPeriod=FROM_2026)], parties=[BUYER, SUPPLIER, OTHER])
    (proposal,) = (await notices.send(shared))["proposals"]
    refused = await notices.confirm(proposal, expect=422, suppliers_are="joint")
    assert [error["pointer"] for error in refused["errors"]] == ["/lead_supplier"]
    (one,) = await notices.confirm(proposal, suppliers_are="joint", lead_supplier=OTHER["id"])
    assert [(each["name"], each["lead"]) for each in one["suppliers"]] == [
        ("Wirral Meals CIC", False),
        ("Sefton Meals Ltd", True),
    ]
    assert one["value"] == "120000"


async def test_no_kpi_is_lost_by_silence(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded(agreedMetrics=[KPI])))["proposals"]
    refused = await notices.confirm(proposal, expect=422)
    assert "K1" in refused["errors"][0]["detail"]
    await notices.confirm(proposal, leave_out=["K1"])


async def test_what_the_notices_do_not_say_is_asked_for(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded(title=...) | {"awards": [{"id": "1", "suppliers": [SUPPLIER]}]}))["proposals"]
    refused = await notices.confirm(proposal, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/title", "/starts_on", "/ends_on"]
    refused = await notices.confirm(proposal, expect=422, title="Meals", starts_on="2026-10-01", ends_on="2026-09-01")
    assert "end on or after" in refused["errors"][0]["detail"]
    (recorded,) = await notices.confirm(proposal, title="Meals", starts_on="2026-10-01", ends_on="2027-09-30")
    assert recorded["value"] is None


async def test_a_confirmation_is_whole_or_not_at_all(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    bad = {"reference": "S1", "side": "social_value", "measure": "NT81", "wording": "x", "spread": {"total": "8"}}
    refused = await notices.confirm(proposal, expect=422, obligations=[bad])
    assert refused["errors"][0]["code"] == "inactive-measure"
    assert [fact.name for fact in await notices.office.told(OrganisationRecorded)] == ["Mersey General"]
    assert (await notices.read(proposal["proposal_id"]))["status"] == "waiting"


async def test_a_person_may_decline(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    path = f"/proposals/{proposal['proposal_id']}/decline"
    declined = await notices.office("POST", path, notices.manager, json={"reason": "A test."}, if_match=1)
    assert declined["status"] == "declined"
    assert (await notices.send(awarded("r2", "2026-09-09T00:00:00Z", title="Again")))["proposals"][0]["status"] == "declined"
    assert (await notices.office("GET", "/proposals?status=waiting", notices.manager))["items"] == []


async def test_another_buyers_notices_are_not_there(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    council = await notices.office.record(name="Council", sector="public", buyer=True)
    other, _ = await notices.office.key(council.organisation_id, Role.CONTRACT_MANAGER)
    fallen = release("r3", "2026-09-03T00:00:00Z", awards=[{"id": "1", "status": "cancelled"}])
    differs = awarded() | {"tag": ["awardUpdate"]}
    for releases in ([awarded(), awarded("r2", "2026-09-02T00:00:00Z"), fallen], [differs, differs, fallen]):
        imported = await notices.send(*releases, key=other)
        assert imported["proposals"] == imported["errors"] == []
        assert [left["release"] for left in imported["left_out"]] == list(dict.fromkeys(one["id"] for one in releases))
        assert {left["reason"].split(":")[0] for left in imported["left_out"]} == {"The buyer is another organisation"}
    assert len(await notices.rows("releases")) == 1
    await notices.office("GET", f"/proposals/{proposal['proposal_id']}", other, expect=404)
    assert (await notices.office("GET", "/proposals", other))["items"] == []
    await notices.confirm(proposal, expect=404, key=other)


async def test_a_buyer_that_nobody_knows_is_named_by_a_person(notices: Notices) -> None:
    unknown = awarded() | {"parties": [BUYER | {"identifier": None, "id": "GB-CFS-1"}, SUPPLIER]}
    (proposal,) = (await notices.send(unknown))["proposals"]
    refused = await notices.confirm(proposal, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/parties/GB-CFS-1"]
    council = await notices.office.record(name="Council", sector="public", buyer=True)
    await notices.confirm(proposal, expect=409, parties={"GB-CFS-1": {"organisation_id": str(council.organisation_id)}})
    named = {"GB-CFS-1": {"organisation_id": str(notices.trust.organisation_id)}, SUPPLIER["id"]: {"sector": "private"}}
    (recorded,) = await notices.confirm(proposal, parties=named)
    assert recorded["suppliers"][0]["sector"] == "private"


async def test_an_administrator_records_the_real_notices(notices: Notices) -> None:
    icb = await notices.office.record(name="ICB", sector="public", buyer=True)
    admin, _ = await notices.office.key(icb.organisation_id, Role.ADMINISTRATOR, Role.CONTRACT_MANAGER)
    for path in FIND_A_TENDER:  # one by one, as they are published
        files = [("files", (path.name, path.read_bytes(), "application/json"))]
        imported = await notices.office("POST", "/notices", admin, files=files)
    (proposal,) = imported["proposals"]
    assert proposal["title"] == "UK4 - Tender Notice"
    (recorded,) = await notices.confirm(proposal, key=admin, title="Arctic clothing", leave_out=["1", "2"])
    assert (recorded["buyers"][0]["name"], recorded["ocds_contract_id"]) == ("Ministry of Defence", "1")
    package = REAL / "contracts-finder-nhs-2025q1.json"
    files = [("files", (package.name, package.read_bytes(), "application/json"))]
    imported = await notices.office("POST", "/notices", admin, files=files)
    assert (imported["new"], imported["errors"]) == (8, [])
    page = await notices.office("GET", "/proposals?limit=5", admin)
    rest = await notices.office("GET", f"/proposals?limit=5&cursor={page['next']}", admin)
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (5, 4, None)


async def test_a_preview_keeps_nothing_and_a_bad_file_spoils_no_other(notices: Notices) -> None:
    files = [("files", ("good.json", file_of(awarded()).data)), ("files", ("bad.json", b"{")), ("files", ("no\x00name", b"[]"))]
    proposal = await notices.office("POST", "/notices/preview", notices.manager, files=files)
    assert (len(proposal["contracts"]), len(proposal["errors"])) == (1, 2)
    assert await notices.rows("releases") == []
    imported = await notices.office("POST", "/notices", notices.manager, files=files)
    assert (imported["new"], next(error["file"] for error in imported["errors"])) == (1, "bad.json")


async def test_releases_that_cannot_be_read_are_named_and_the_rest_goes_on(notices: Notices) -> None:
    infinite = file_of(awarded("infinite", value={"amount": 424242})).data.replace(b"424242", b"Infinity")
    files = [
        ("files", ("infinite.json", infinite)),
        ("files", ("nobody.json", file_of(awarded("nobody") | {"ocid": None}).data)),
        ("files", ("table.json", b"ocid,date\n1,2")),
        ("files", ("list.json", b'{"results": []}')),
        ("files", ("good.json", file_of(awarded()).data)),
    ]
    imported = await notices.office("POST", "/notices", notices.manager, files=files)
    assert [(error["file"], error["release"], error["pointer"]) for error in imported["errors"]] == [
        ("infinite.json", "infinite", "/releases/0/awards/0/value/amount"),
        ("nobody.json", "nobody", "/releases/0/ocid"),
        ("table.json", None, ""),
        ("list.json", None, ""),
    ]
    assert (imported["releases"], imported["new"]) == (3, 1)
    assert [row["release_id"] for row in await notices.rows("releases")] == ["r1"]


@pytest.mark.parametrize("announced", [True, False])
async def test_200_megabytes_are_refused_before_they_are_read(notices: Notices, announced: bool) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="large.json"\r\n\r\n'
        for _ in range(200):
            sent += 1
            yield b" " * 1024 * 1024

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    if announced:
        headers["Content-Length"] = str(200 * 1024 * 1024)
    refused = await notices.office("POST", "/notices", notices.manager, expect=413, headers=headers, content=body())
    assert refused["code"] == "too-large"
    assert sent < 30
    assert await notices.rows("releases") == []


async def test_a_contradiction_of_what_was_imported_is_an_error_and_the_import_stands(notices: Notices) -> None:
    await notices.send(awarded())
    imported = await notices.send(awarded(title="Otherwise"))
    assert [(error["file"], error["release"]) for error in imported["errors"]] == [("n.json", "r1")]
    assert (imported["new"], imported["changed"]) == (0, 0)


async def test_an_award_that_comes_apart_into_contracts(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    parts = [contract("a", period=FROM_2026), contract("b", period=FROM_2026)]
    imported = await notices.send(release("r2", "2026-09-02T00:00:00Z", contracts=parts))
    assert sorted(one["status"] for one in imported["proposals"]) == ["fallen", "waiting", "waiting"]
    assert (await notices.read(proposal["proposal_id"]))["status"] == "fallen"


async def test_two_people_import_at_once(notices: Notices) -> None:
    results = await asyncio.gather(*(notices.send(awarded(), awarded("r2", "2026-09-02T00:00:00Z")) for _ in range(4)))
    assert sorted(result["new"] for result in results) == [0, 0, 0, 1]
    assert (len(await notices.rows("proposals")), len(await notices.rows("releases"))) == (1, 2)


async def test_the_version_that_was_read_must_still_stand(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded()))["proposals"]
    await notices.send(awarded("r2", "2026-09-02T00:00:00Z", title="Meals"))
    stale = await notices.confirm(proposal, expect=412)
    assert stale["current"]["standing"]["title"] == "Meals"


async def test_no_words_of_a_notice_reach_an_event_but_names_and_titles(notices: Notices) -> None:
    (proposal,) = (await notices.send(awarded(agreedMetrics=[KPI | {"description": "CANARY wording"}])))["proposals"]
    await notices.confirm(proposal, leave_out=["K1"])
    told = await notices.office.runtime.pool.fetch("SELECT data::text FROM outbox")
    assert told
    assert not any("CANARY" in row[0] for row in told)


async def _history(notices: Notices, *subjects: str) -> list[history.Entry]:
    async with notices.office.runtime.pool.acquire() as conn:
        return await history.of(conn, *(UUID(subject) for subject in subjects))


def test_the_real_notices_are_where_the_demonstration_looks() -> None:
    assert [json.loads(path.read_text())["ocid"] for path in FIND_A_TENDER] == ["ocds-h6vhtk-05d4a5"] * 4
