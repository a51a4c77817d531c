"""Notices in the browser: what they propose and what is wrong with them, registered, dismissed, and settled when they change."""

from __future__ import annotations

from typing import Any

import pytest

from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.organisations import Organisation
from shared.access import NOBODY, Role
from shared.events.commitments import ContractRecorded
from tests.commitments.notices.builders import BUYER, SUPPLIER, award, contract, file_of, release
from tests.commitments.taking_part import Office
from tests.conftest import NOON
from tests.visiting import Page, Visit

FROM_2026 = {"startDate": "2026-10-01", "endDate": "2028-09-30"}
KPI = {
    "id": "K1",
    "title": "Calls answered",
    "description": "95 % of calls are answered.",
    "observations": [{"id": "t", "measure": "95%"}],
}
OTHER = {"id": "GB-COH-07654321", "name": "Sefton Meals Ltd", "roles": ["supplier"]}


class Desk:
    def __init__(self, office: Office, trust: Organisation, manager: Visit) -> None:
        self.office, self.trust, self.manager = office, trust, manager

    async def upload(self, *releases: Any, name: str = "n.json", content: bytes | None = None) -> Page:
        page = await self.manager.get("/commitments/notices")
        data = file_of(*releases).data if content is None else content
        return await self.manager.submit(page, "Upload", files=[("files", (name, data, "application/json"))], expect=200)

    async def proposal(self, *releases: Any) -> Page:
        """The page of the one contract that these releases propose."""
        read = await self.upload(*releases)
        [href] = {href for href in read.links.values() if href.startswith("/commitments/notices/")}
        return await self.manager.get(href)


@pytest.fixture
async def desk(office: Office) -> Desk:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(
        name="Mersey General", sector="public", buyer=True, identifiers=[{"scheme": "GB-NHS", "id": "RXX"}]
    )
    manager = await Visit.of(office.runtime, office.runtime, Role.CONTRACT_MANAGER, organisation_id=trust.organisation_id)
    return Desk(office, trust, manager)


def awarded(id: str = "r1", **parts: Any) -> dict[str, Any]:
    return release(id, "2026-09-01T09:00:00Z", awards=[award(contractPeriod=FROM_2026, **parts)])


async def test_a_notice_becomes_a_contract_by_the_same_steps(desk: Desk) -> None:
    manager = desk.manager
    proposal = await desk.proposal(awarded(agreedMetrics=[KPI]))
    assert "95 % of calls are answered." in proposal.text
    tasks = await manager.submit(proposal, "Register it")
    page = await manager.get(tasks.links["What was awarded"])
    fields = page.form("Save and continue").fields
    assert (fields["title"], fields["value"], fields["starts_on-year"]) == (["Patient catering"], ["120000"], ["2026"])
    page = await manager.submit(page, "Save and continue", {"reference": "C-7"})
    assert "Recorded as Mersey General" in page.text
    [who] = [name for name in page.html.split('name="')[1:] if name.startswith("party-")][:1]
    page = await manager.submit(page, "Save and continue", {who.split('"')[0]: "new"})
    page = await manager.submit(page, "Save and continue")
    page = await manager.get(page.links["K1 Calls answered"])
    page = await manager.submit(page, "Save and continue", {"kind": "ratio", "own_direction": "higher"})
    page = await manager.submit(page, "Save and continue")
    page = await manager.submit(page, "Confirm and continue")
    check = await manager.get(str(page.response.url).split("/obligations")[0] + "/check")
    assert "Wirral Meals CIC" in check.text
    assert await desk.office.told(ContractRecorded) == []
    done = await manager.submit(check, "Register this contract")
    assert "C-7 is registered" in done.text
    [told] = await desk.office.told(ContractRecorded)
    assert (told.ocid, [one.reference for one in told.obligations]) == ("ocds-b5fd17-a", ["K1"])
    after = await manager.get(str(proposal.response.url))
    assert after.links["See the registered contract"] == f"/commitments/contracts/{told.contract_id}"


async def test_a_supplier_that_is_recorded_under_no_identifier_is_chosen_and_not_recorded_again(desk: Desk) -> None:
    manager = desk.manager
    known = await desk.office.record(name="Wirral Meals (known)", sector="vcfse", supplier=True)
    tasks = await manager.submit(await desk.proposal(awarded()), "Register it")
    page = await manager.get(tasks.links["What was awarded"])
    page = await manager.submit(page, "Save and continue", {"reference": "C-9"})
    [who] = {name.split('"')[0] for name in page.html.split('name="')[1:] if name.startswith("party-")}
    page = await manager.submit(page, "Save and continue", {who: str(known.organisation_id)})
    check = await manager.get(str(page.response.url).replace("/places", "/check"))
    await manager.submit(check, "Register this contract")
    [told] = await desk.office.told(ContractRecorded)
    assert [one.organisation_id for one in told.suppliers] == [known.organisation_id]


async def test_no_kpi_is_lost_by_silence(desk: Desk) -> None:
    manager = desk.manager
    tasks = await manager.submit(await desk.proposal(awarded(agreedMetrics=[KPI])), "Register it")
    listed = await manager.get(tasks.links["Core service obligations"])
    left = await manager.submit(listed, "Leave out K1 Calls answered")
    assert "Left out of what the notice says: K1" in left.text
    back = await manager.submit(left, "Put back K1")
    assert "K1 Calls answered" in back.links


async def test_separate_suppliers_get_a_contract_each(desk: Desk) -> None:
    manager = desk.manager
    suppliers = [{"id": SUPPLIER["id"]}, {"id": OTHER["id"]}]
    both = release(awards=[award(suppliers=suppliers, contractPeriod=FROM_2026)], parties=[BUYER, SUPPLIER, OTHER])
    tasks = await manager.submit(await desk.proposal(both), "Register it")
    page = await manager.get(tasks.links["What was awarded"])
    page = await manager.submit(page, "Save and continue", {"reference": "C-8"})
    fields = {name.split('"')[0]: "new" for name in page.html.split('name="')[1:] if name.startswith("party-")}
    assert len(fields) == 2
    fields |= {"suppliers_are": ""}
    again = await manager.submit(page, "Save and continue", {**fields, "suppliers_are": "joint"}, expect=422)
    assert "Select which supplier leads" in again.text
    page = await manager.submit(again, "Save and continue", {**fields, "suppliers_are": "separate"})
    check = await manager.get(str(page.response.url).replace("/places", "/check"))
    assert "C-8-1" in check.text
    assert "C-8-2" in check.text
    await manager.submit(check, "Register these contracts")
    assert [one.value for one in await desk.office.told(ContractRecorded)] == [None, None]


async def test_what_is_wrong_is_said_by_file_release_and_pointer(desk: Desk) -> None:
    page = await desk.upload(awarded(), {**release("bad"), "date": None}, {"id": "x", "ocid": "ocds-b5fd17-b", "date": "soon"})
    assert "n.json, release bad" in page.text
    assert "/releases/1/date : This release has no date" in page.text
    assert "/releases/2/date" in page.text
    assert "Patient catering" in page.links
    nonsense = await desk.upload(content=b"<html>", name="page.html")
    assert "page.html" in nonsense.text
    empty = await desk.manager.submit(await desk.manager.get("/commitments/notices"), "Upload", expect=422)
    assert empty.links["Select the notice's file"] == "#files"


async def test_a_proposal_is_dismissed_with_a_reason(desk: Desk) -> None:
    proposal = await desk.proposal(awarded())
    asked = await desk.manager.get(proposal.links["Dismiss it"])
    again = await desk.manager.submit(asked, "Dismiss", expect=422)
    assert again.links["Enter why you dismiss it"] == "#reason"
    done = await desk.manager.submit(again, "Dismiss", {"reason": "Registered by form already."})
    assert "Dismissed" in done.text
    assert "Nothing waits to be registered" in (await desk.manager.get("/commitments/notices")).text


async def test_a_later_notice_shows_old_and_new_and_waits_for_a_decision(desk: Desk) -> None:
    manager = desk.manager
    await desk.office.record(
        name="Wirral Meals CIC", sector="vcfse", supplier=True, identifiers=[{"scheme": "GB-COH", "id": "01234567"}]
    )
    proposal = await desk.proposal(awarded())
    tasks = await manager.submit(proposal, "Register it")
    page = await manager.get(tasks.links["What was awarded"])
    page = await manager.submit(page, "Save and continue", {"reference": "C-9"})
    page = await manager.submit(page, "Save and continue")
    done = await manager.submit(await manager.get(str(page.response.url).replace("/places", "/check")), "Register this contract")
    longer = {"startDate": "2026-10-01", "endDate": "2029-09-30"}
    changed = [contract(title="Meals", value={"amount": 150000}, period=longer, agreedMetrics=[KPI])]
    later = await desk.proposal(release("r2", "2026-10-01T09:00:00Z", contracts=changed))
    assert "Title Patient catering Meals" in later.text
    assert "Last day 30 September 2028 30 September 2029" in later.text
    assert "KPI K1: target Nothing 95" in later.text
    wanted = {"apply": ["title", "period.ends_on"]}
    again = await manager.submit(later, "Save this decision", wanted, expect=422)
    assert again.form("Save this decision").fields["apply"] == wanted["apply"]
    await manager.submit(again, "Save this decision", {"reason": "As published."})
    after = await manager.get(str(done.response.url))
    assert "Meals" in after.title
    assert "30 September 2029" in after.text
    assert "£120,000" in after.text
    stale = await manager.submit(later, "Save this decision", {**wanted, "reason": "Twice.", "key": ""}, expect=422)
    assert "changed this meanwhile" in stale.text


async def test_a_later_notice_is_not_overlooked_while_registering(desk: Desk) -> None:
    manager = desk.manager
    await desk.office.record(
        name="Wirral Meals CIC", sector="vcfse", supplier=True, identifiers=[{"scheme": "GB-COH", "id": "01234567"}]
    )
    proposal = await desk.proposal(awarded())
    tasks = await manager.submit(proposal, "Register it")
    page = await manager.get(tasks.links["What was awarded"])
    await manager.submit(page, "Save and come back later", {"reference": "C-9"})
    await desk.proposal(release("r2", "2026-10-01T09:00:00Z", contracts=[contract(agreedMetrics=[KPI], period=FROM_2026)]))
    check = await manager.get(f"{tasks.response.url}/check", expect=422)
    looked = await manager.get(check.links["A later notice has changed what is proposed. Look at the proposal again, then go on"])
    tasks = await manager.submit(looked, "Go on registering it")
    assert "0 of 1 obligation" not in tasks.text
    assert "K1 Calls answered" in (await manager.get(tasks.links["Core service obligations"])).links


async def test_an_administrator_imports_for_any_buyer_and_leaves_registering_to_it(desk: Desk) -> None:
    joan = await Visit.of(desk.office.runtime, desk.office.runtime, Role.ADMINISTRATOR)
    page = await joan.get((await joan.get("/commitments/organisations")).links["Notices"])
    assert "Back to contracts" not in page.links
    read = await joan.submit(
        page, "Upload", files=[("files", ("n.json", file_of(awarded()).data, "application/json"))], expect=200
    )
    proposal = await joan.get(read.links["Patient catering"])
    assert "Patient catering Mersey General" in (await joan.get("/commitments/notices")).text
    assert "Mersey General" not in (await desk.manager.get("/commitments/notices")).text
    assert "A contract manager of the buyer registers it" in proposal.text
    assert not any(words == "Register it" for form in proposal.forms for words, *_ in form.buttons)
    register = await joan.http.post(f"{proposal.response.url}/register", data={"csrf": page.form("Upload").fields["csrf"]})
    assert register.status_code == 403
    assert "Register it" in [
        words for form in (await desk.manager.get(str(proposal.response.url))).forms for words, *_ in form.buttons
    ]
    asked = await joan.get(proposal.links["Dismiss it"])
    assert "Dismissed" in (await joan.submit(asked, "Dismiss", {"reason": "Registered by form already."})).text


async def test_another_buyers_notice_is_nobody_elses_business(desk: Desk) -> None:
    proposal = await desk.proposal(awarded())
    other = await desk.office.record(name="Wirral Trust", sector="public", buyer=True)
    stranger = await Visit.of(
        desk.office.runtime, desk.office.runtime, Role.CONTRACT_MANAGER, organisation_id=other.organisation_id
    )
    await stranger.get(str(proposal.response.url), expect=404)
    assert "Patient catering" not in (await stranger.get("/commitments/notices?show=all")).text
    page = await desk.manager.get("/commitments/notices")
    own = page.links["CSV of these contracts"]
    headings, row = await desk.manager.table(own)
    assert headings == ("Contract", "Buyer", "Supplier", "Starts on", "Ends on", "Status", "Notice")
    assert (row[0], row[1], row[5]) == ("Patient catering", "Mersey General Hospital", "Waiting to be registered")
    assert len(await stranger.table(own)) == 1, "the headings only"
    changed = "/commitments/notices/download?show=changed&file=xlsx"
    assert len(await desk.manager.table(changed)) == 1, "narrowed as the page is"
