"""Contracts over HTTP: recorded once, found, varied and closed by whoever read what stands, and by nobody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.commitments.actions.measures import ensure_catalogue
from shared.access import NOBODY, Role
from shared.events.commitments import ContractRecorded, ContractVaried
from tests.commitments.taking_part import Office
from tests.conftest import NOON

HOURS = {
    "reference": "S1",
    "side": "social_value",
    "measure": "NT29",
    "wording": "We volunteer.",
    "method_statement": "By volunteering days.",
    "relevant": "It serves the community.",
    "proportionate": "It fits the value.",
    "additional": "Nobody did so before.",
    "spread": {"total": "400", "way": "evenly"},
}
QUARTERS = ["2026-27-Q3", "2026-27-Q4", "2027-28-Q1", "2027-28-Q2"]


class Desk:
    """A trust's contract manager, who records contracts with one supplier."""

    def __init__(self, office: Office, manager: str, owner: str, trust: str, supplier: str) -> None:
        self.office, self.manager, self.owner, self.trust, self.supplier = office, manager, owner, trust, supplier

    def body(self, *obligations: dict[str, Any], **described: Any) -> dict[str, Any]:
        return {
            "reference": "C-1",
            "title": "Community meals",
            "starts_on": "2026-10-01",
            "ends_on": "2027-09-30",
            "buyers": [{"organisation_id": self.trust}],
            "suppliers": [{"organisation_id": self.supplier}],
            "obligations": obligations or [HOURS],
            **described,
        }

    async def record(self, *obligations: dict[str, Any], expect: int = 201, **described: Any) -> Any:
        return await self.office("POST", "/contracts", self.manager, json=self.body(*obligations, **described), expect=expect)


@pytest.fixture
async def desk(office: Office) -> Desk:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(name="Trust", sector="public", buyer=True)
    supplier = await office.record(name="Supplier", sector="vcfse", supplier=True)
    manager, owner = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    return Desk(office, manager, str(owner), str(trust.organisation_id), str(supplier.organisation_id))


async def test_what_is_sent_twice_with_one_key_is_one_contract(desk: Desk) -> None:
    sent = {"json": desk.body(), "headers": {"Idempotency-Key": "once"}}
    first = await desk.office("POST", "/contracts", desk.manager, expect=201, **sent)
    sent = {"json": desk.body(), "headers": {"Idempotency-Key": "once"}}
    assert await desk.office("POST", "/contracts", desk.manager, expect=201, **sent) == first
    assert len(await desk.office.told(ContractRecorded)) == 1
    assert (await desk.record(expect=409))["code"] == "already-recorded"
    assert (first["cautions"], first["version"], first["currency"]) == ([], 1, "GBP")
    assert [target["quarter"] for target in first["obligations"][0]["versions"][0]["targets"]] == QUARTERS
    assert await desk.office("GET", f"/contracts/{first['contract_id']}", desk.manager) == first


async def test_a_variation_needs_the_etag_of_what_was_read_and_keeps_the_past(desk: Desk) -> None:
    contract = await desk.record()
    path = f"/contracts/{contract['contract_id']}"
    vary = f"{path}/obligations/{contract['obligations'][0]['obligation_id']}/variations"
    targets = [{"quarter": quarter, "target": "30"} for quarter in QUARTERS[1:]]
    variation = {
        "from_quarter": QUARTERS[1],
        "reason": "Half the sites closed.",
        "counting": {"wording": "x", "targets": targets},
    }
    await desk.office("POST", vary, desk.manager, json=variation, expect=428)
    varied = await desk.office("POST", vary, desk.manager, json=variation, if_match=1, expect=201)
    first, second = varied["obligations"][0]["versions"]
    assert first == contract["obligations"][0]["versions"][0]
    assert (second["from_quarter"], second["reason"], second["targets"]) == (QUARTERS[1], "Half the sites closed.", targets)
    stale = await desk.office("POST", vary, desk.manager, json=variation, if_match=1, expect=412)
    assert stale["current"]["version"] == 2
    over = await desk.office("POST", vary, desk.manager, json={**variation, "from_quarter": "2026-27-Q1"}, if_match=2, expect=409)
    assert over["code"] == "quarter-over"
    [told] = await desk.office.told(ContractVaried)
    assert [
        terms and terms.target
        for terms in (told.obligations[0].terms_in(one.from_quarter) for one in told.obligations[0].versions)
    ] == [
        100,
        30,
    ]


async def test_a_contract_is_closed_early_and_its_history_says_by_whom_and_why(desk: Desk) -> None:
    contract = await desk.record()
    path = f"/contracts/{contract['contract_id']}"
    closing = {"ends_on": "2027-03-31", "reason": "By agreement."}
    closed = await desk.office("POST", f"{path}/close", desk.manager, json=closing, if_match=1)
    assert (closed["ends_on"], closed["awarded_ends_on"]) == ("2027-03-31", "2027-09-30")
    history = await desk.office("GET", f"{path}/history", desk.manager)
    assert [(entry["action"], entry["person_id"]) for entry in history] == [("recorded", desk.owner), ("closed", desk.owner)]
    assert history[-1]["detail"]["reason"] == "By agreement."


async def test_blanks_say_nothing_where_something_must_be_said(desk: Desk) -> None:
    for said, pointer in (({"title": "  "}, "/title"), ({"reference": "\t"}, "/reference")):
        refused = await desk.record(**said, expect=422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer]
    contract = await desk.record(title=" Community meals ")
    assert contract["title"] == "Community meals"
    closing = {"ends_on": "2027-03-31", "reason": " \n"}
    path = f"/contracts/{contract['contract_id']}/close"
    refused = await desk.office("POST", path, desk.manager, json=closing, if_match=1, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/reason"]


async def test_contracts_are_found_page_by_page_and_by_words(desk: Desk) -> None:
    for number in range(1, 6):
        await desk.record(reference=f"C-{number}", title=f"Meals {number}", ends_on=f"{2026 + number}-12-31")
    first = await desk.office("GET", "/contracts?limit=3", desk.manager)
    rest = await desk.office("GET", f"/contracts?limit=3&cursor={first['next']}", desk.manager)
    assert [one["reference"] for one in (*first["items"], *rest["items"])] == ["C-5", "C-4", "C-3", "C-2", "C-1"]
    assert rest["next"] is None
    for query in ("q=meals 3", "q=C-3"):
        assert [one["reference"] for one in (await desk.office("GET", f"/contracts?{query}", desk.manager))["items"]] == ["C-3"]
    assert len((await desk.office("GET", "/contracts?q=SUPPLIER", desk.manager))["items"]) == 5
    assert [
        one["reference"] for one in (await desk.office("GET", "/contracts?running_on=2031-06-01", desk.manager))["items"]
    ] == ["C-5"]


async def test_another_organisations_contract_is_not_there(desk: Desk) -> None:
    contract = await desk.record()
    council = await desk.office.record(name="Council", sector="public", buyer=True, supplier=True)
    stranger, _ = await desk.office.key(council.organisation_id, Role.CONTRACT_MANAGER, Role.SUPPLIER_EDITOR)
    path = f"/contracts/{contract['contract_id']}"
    await desk.office("GET", path, stranger, expect=404)
    await desk.office("GET", f"{path}/history", stranger, expect=404)
    await desk.office("PATCH", path, stranger, json={"title": "Mine", "reason": "x"}, if_match=1, expect=404)
    await desk.office("POST", f"{path}/close", stranger, json={"ends_on": "2027-03-31", "reason": "x"}, if_match=1, expect=404)
    added = {"obligations": [{**HOURS, "reference": "S2"}], "reason": "x"}
    await desk.office("POST", f"{path}/obligations", stranger, json=added, if_match=1, expect=404)
    assert (await desk.office("GET", "/contracts", stranger))["items"] == []


async def test_an_accountable_owner_is_a_contract_manager_of_the_buyer(desk: Desk) -> None:
    """Who is told of an alert that nobody works on must be able to open it."""
    council = await desk.office.record(name="Council", sector="public", buyer=True)
    _, stranger = await desk.office.key(council.organisation_id, Role.CONTRACT_MANAGER)
    _, analyst = await desk.office.key(UUID(desk.trust), Role.ICB_ANALYST)
    for unknown in (str(stranger), str(analyst), str(uuid4())):
        refused = await desk.record(HOURS, {**HOURS, "reference": "S2", "owner_id": unknown}, expect=422)
        assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [
            ("/obligations/1/owner_id", "unknown-person")
        ]
    assert (await desk.office("GET", "/contracts", desk.manager))["items"] == []
    contract = await desk.record({**HOURS, "owner_id": desk.owner})
    assert contract["obligations"][0]["owner_id"] == desk.owner
    path = f"/contracts/{contract['contract_id']}/obligations"
    more = {"obligations": [{**HOURS, "reference": "S2", "owner_id": str(stranger)}], "reason": "x"}
    await desk.office("POST", path, desk.manager, json=more, if_match=1, expect=422)
    more["obligations"] = [{**HOURS, "reference": "S2", "owner_id": desk.owner}]
    assert len((await desk.office("POST", path, desk.manager, json=more, if_match=1, expect=201))["obligations"]) == 2
