"""One obligation more under a registered contract, by the pages of registering: from a quarter on, and the past stays."""

from __future__ import annotations

import pytest

from services.commitments.actions.contracts import record_contract
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.contracts import Contract
from services.commitments.models.organisations import Organisation
from shared.access import NOBODY, Role
from shared.events.commitments import ContractVaried
from shared.quarters import Quarter, local_date
from shared.words import quarter_name
from tests.commitments.builders import a_caller, a_contract, an_obligation, targets
from tests.commitments.taking_part import Office
from tests.commitments.test_pages_contracts_registering import KPI, SOCIAL
from tests.conftest import NOON
from tests.visiting import Page, Visit


class Desk:
    """A contract that runs four quarters before and after today, 50 hours each (reference SV1); its manager."""

    def __init__(self, office: Office, trust: Organisation, contract: Contract, manager: Visit) -> None:
        self.office, self.trust, self.contract, self.manager = office, trust, contract, manager
        self.at = f"/commitments/contracts/{contract.contract_id}"
        self.this = Quarter.of(local_date(office.runtime.clock.now()))

    async def asked(self) -> Page:
        return await self.manager.get((await self.manager.get(self.at)).links["Add an obligation"])

    async def begun(self, side: str, from_quarter: Quarter) -> Page:
        """The search for a measure."""
        said = {"side": side, "from_quarter": from_quarter.code, "reason": "The service grew <much>."}
        return await self.manager.submit(await self.asked(), "Continue", said)

    async def with_targets(self, page: Page, **said: str) -> Page:
        """From the search to the bands of volunteered hours."""
        page = await self.manager.get(str(page.response.url.copy_merge_params({"q": "NT29"})))
        page = await self.manager.submit(page, "Use this measure", {"measure": "NT29"})
        page = await self.manager.submit(page, "Save and continue", SOCIAL)
        return await self.manager.submit(page, "Save and continue", said)


@pytest.fixture
async def desk(office: Office) -> Desk:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(name="Mersey General", sector="public", buyer=True)
    supplier = await office.record(name="Sefton Meals Ltd", sector="private", supplier=True)
    this = Quarter.of(local_date(office.runtime.clock.now()))
    quarters = [this.plus(n) for n in range(-4, 5)]
    runs = {"starts_on": quarters[0].first_day, "ends_on": quarters[-1].last_day}
    owed = an_obligation("SV1", targets=targets(50, *quarters))
    new = a_contract(trust.organisation_id, supplier.organisation_id, owed, **runs)
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        contract = await record_contract(conn, new, by=a_caller(trust.organisation_id, Role.CONTRACT_MANAGER), at=NOON)
    manager = await Visit.of(
        office.runtime, office.runtime, Role.CONTRACT_MANAGER, organisation_id=trust.organisation_id, name="Amina Rahman"
    )
    return Desk(office, trust, contract, manager)


async def test_social_value_is_added_from_a_quarter_on_and_no_past_changes(desk: Desk) -> None:
    manager, first = desk.manager, desk.this.next()
    bands = await desk.with_targets(await desk.begun("social_value", first), how="spread", total="80", way="evenly")
    assert bands.text.count("20 hours") == 4, "over the quarters from then on"
    check = await manager.submit(bands, "Confirm and continue")
    check = await manager.get(check.links["Check and add"])
    added = f"Added from {quarter_name(first)}"
    for said in (added, "The service grew <much>.", "Recorded by Amina Rahman", "SV2 Hours volunteered"):
        assert said in check.text, said
    assert await desk.office.told(ContractVaried) == [], "nothing is added by looking"
    done = await manager.submit(check, "Add this obligation")
    assert "SV2" in done.links
    [told] = await desk.office.told(ContractVaried)
    before, added = told.obligations
    assert before.versions[0].targets == desk.contract.obligations[0].newest.targets
    assert [(entry.quarter, entry.target) for entry in added.versions[0].targets] == [(first.plus(n), 20) for n in range(4)]
    assert added.terms_in(desk.this) is None
    history = await manager.get(done.links["History of this contract"])
    assert ("Obligations added" in history.text, "The service grew <much>." in history.text) == (True, True)
    assert await desk.office.runtime.pool.fetchval("SELECT count(*) FROM drafts") == 0
    again = await manager.http.post(str(check.response.url), data=check.form("Add this obligation").fields)
    assert (again.status_code, len(await desk.office.told(ContractVaried))) == (303, 1), "a double click"


async def test_the_core_service_is_added_to_by_the_same_form(desk: Desk) -> None:
    manager = desk.manager
    page = await manager.submit(await desk.begun("core_service", desk.this), "Describe a measure of our own")
    assert page.form("Save and continue").fields["reference"] == ["C1"]
    page = await manager.submit(page, "Save and continue", {**KPI, "owner_id": str(manager.person_id)})
    page = await manager.submit(page, "Save and continue", {"how": "each", "each": "95"})
    page = await manager.submit(page, "Confirm and continue")
    check = await manager.get(page.links["Check and add"])
    await manager.submit(check, "Add this obligation")
    [told] = await desk.office.told(ContractVaried)
    added = told.obligations[-1]
    assert (added.side, added.reference, added.owner_id) == ("core_service", "C1", manager.person_id)
    assert [entry.quarter for entry in added.versions[0].targets] == [desk.this.plus(n) for n in range(5)]


async def test_what_is_missing_is_said_and_what_was_typed_is_kept(desk: Desk) -> None:
    manager, this = desk.manager, desk.this
    page = await desk.asked()
    assert this.previous().code not in page.html
    past = {"side": "social_value", "from_quarter": this.previous().code, "reason": "Forgotten."}
    wrong = await manager.submit(page, "Continue", past, expect=422)
    assert wrong.links[f"The past is never rewritten. Choose {this} or a later quarter"] == "#from_quarter"
    assert wrong.form("Continue").fields["reason"] == ["Forgotten."]
    empty = await manager.submit(page, "Continue", expect=422)
    assert empty.links["Select what it belongs to"] == "#side"
    assert empty.links["Select the first quarter"] == "#from_quarter"
    assert empty.links["Enter why it is added"] == "#reason"
    await desk.begun("social_value", this)
    listed = await manager.get("/commitments/registering")
    assert "An obligation to add" in listed.text
    tasks = await manager.get(listed.links["Community meals"])
    check = await manager.get(tasks.links["Check and add"], expect=422)
    measures = await manager.get(check.links["Choose how it is measured"])
    table = "\n".join(f"{this.plus(n)} 5" for n in range(5))
    bands = await desk.with_targets(measures, how="table", table=table)
    tasks = await manager.submit(bands, "Confirm and continue")
    when = await manager.get(tasks.links["From when on, and why"])
    tasks = await manager.submit(when, "Continue", {"from_quarter": this.next().code, "side": "core_service"})
    check = await manager.get(tasks.links["Check and add"], expect=422)
    [(said, href)] = [(said, href) for said, href in check.links.items() if href.endswith("/targets")]
    assert f"{this} is not among the quarters" in said
    mended = await manager.submit(await manager.get(href), "Save and come back later", {"how": "each", "each": "5"})
    check = await manager.get(mended.links["Check and add"])
    assert "Side Core service" in check.text


async def test_a_reference_that_is_taken_is_said_before(desk: Desk) -> None:
    manager = desk.manager
    bands = await desk.with_targets(await desk.begun("social_value", desk.this), how="each", each="5")
    tasks = await manager.submit(bands, "Confirm and continue")
    promise = await manager.get(tasks.links["What was promised"])
    await manager.submit(promise, "Save and come back later", {"reference": "SV1"})
    check = await manager.get(tasks.links["Check and add"], expect=422)
    assert check.links["SV1: Another obligation of this contract has this reference"].endswith("/promise")
    start = await desk.office.runtime.pool.fetchval("SELECT count(*) FROM obligations")
    assert start == 1


async def test_only_the_buyers_own_manager_adds(desk: Desk) -> None:
    other = await desk.office.record(name="Wirral Trust", sector="public", buyer=True)
    runtime = desk.office.runtime
    stranger = await Visit.of(runtime, runtime, Role.CONTRACT_MANAGER, organisation_id=other.organisation_id)
    await stranger.get(f"{desk.at}/obligations/add", expect=404)
    draft = (await desk.begun("core_service", desk.this)).response.url.path.removesuffix("/measures")
    for page in ("", "/addition", "/check", "/measures"):
        await stranger.get(draft + page, expect=404)
    supplier = await Visit.of(runtime, runtime, Role.SUPPLIER_EDITOR)
    await supplier.get(f"{desk.at}/obligations/add", expect=403)


async def test_a_program_adds_a_total_from_a_quarter_on(desk: Desk) -> None:
    key, _ = await desk.office.key(desk.trust.organisation_id, Role.CONTRACT_MANAGER)
    path, first = f"/contracts/{desk.contract.contract_id}/obligations", desk.this.next()
    more = an_obligation("more", spread={"total": "80"}).model_dump(mode="json", exclude_none=True, exclude={"targets"})
    sent = {"obligations": [more], "reason": "More.", "from_quarter": desk.this.previous().code}
    refused = await desk.office("POST", path, key, json=sent, if_match=1, expect=422)
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("/from_quarter", "quarter-over")]
    sent["from_quarter"] = Quarter.of(desk.contract.ends_on).next().code
    assert (await desk.office("POST", path, key, json=sent, if_match=1, expect=422))["errors"][0]["code"] == "outside-contract"
    contract = await desk.office("POST", path, key, json=sent | {"from_quarter": first.code}, if_match=1, expect=201)
    [version] = contract["obligations"][-1]["versions"]
    assert (version["from_quarter"], version["reason"], len(version["targets"])) == (first.code, "More.", 4)
