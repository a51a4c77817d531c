"""Registering a contract in steps: nothing typed is lost, what is wrong is said where it is, and in the end it is recorded."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.organisations import Organisation
from shared.access import NOBODY, Role
from shared.events.commitments import ContractRecorded
from tests.commitments.taking_part import Office
from tests.conftest import NOON
from tests.visiting import Page, Visit

AWARD = {
    "reference": "RXX-2026-014",
    "title": "Patient transport <Wirral>",
    "form": "contract",
    "value": "£250,000.50",
    "starts_on-day": "1",
    "starts_on-month": "4",
    "starts_on-year": "2026",
    "ends_on-day": "31",
    "ends_on-month": "3",
    "ends_on-year": "2028",
    "legal_regime": "psr",
    "tender_days": "30",
    "net_zero_and_social_value": "8",
    "qualitative_part": "60",
}
SOCIAL = {
    "wording": "We will volunteer for community projects.",
    "method_statement": "By our volunteering days.",
    "relevant": "It serves the place.",
    "proportionate": "It fits the value.",
    "additional": "Nobody did so before.",
}
KPI = {
    "wording": "95 % of journeys arrive on time.",
    "label": "Journeys on time",
    "code": "ON-TIME",
    "kind": "ratio",
    "own_direction": "higher",
}


class Desk:
    """A trust's contract manager at work, and a supplier to find."""

    def __init__(self, office: Office, trust: Organisation, supplier: Organisation, manager: Visit) -> None:
        self.office, self.trust, self.supplier, self.manager = office, trust, supplier, manager

    async def drafts(self) -> int:
        found: int = await self.office.runtime.pool.fetchval("SELECT count(*) FROM drafts")
        return found

    async def begun(self) -> Page:
        """The first step of a new contract."""
        start = await self.manager.get("/commitments/registering")
        return await self.manager.submit(start, "Start now")

    async def with_supplier(self, page: Page) -> Page:
        """From the step of the parties to the list of core obligations."""
        page = await self.manager.submit(page, "Search for a supplier", {"find-supplier": "meals"})
        page = await self.manager.submit(page, f"Add {self.supplier.name}")
        page = await self.manager.submit(page, "Save and continue")
        assert page.title == "Where it delivers – Parity"
        return await self.manager.submit(page, "Save and continue", {"place-wirral": "60", "place-halton": "40"})


@pytest.fixture
async def desk(office: Office) -> Desk:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(name="Mersey General", sector="public", buyer=True)
    supplier = await office.record(name="Wirral Meals CIC", sector="vcfse", supplier=True)
    manager = await Visit.of(
        office.runtime, office.runtime, Role.CONTRACT_MANAGER, organisation_id=trust.organisation_id, name="Amina Rahman"
    )
    return Desk(office, trust, supplier, manager)


async def test_a_contract_is_registered_by_form(desk: Desk) -> None:
    manager = desk.manager
    page = await manager.submit(await desk.begun(), "Save and continue", AWARD)
    core = await desk.with_supplier(page)
    assert core.title == "Core service obligations – Parity"

    page = await manager.get(core.links["Add an obligation"])
    page = await manager.submit(page, "Describe a measure of our own")
    page = await manager.submit(page, "Save and continue", KPI)
    assert "A total, spread over the quarters" not in page.text  # 95 % of a contract is no 11 % in each of eight quarters
    page = await manager.submit(page, "Save and continue", {"how": "each", "each": "95"})
    bands = page.form("Confirm and continue").fields
    assert [bands[name] for name in ("good", "approaching", "improvement")] == [["95"], ["90"], ["80"]]
    page = await manager.submit(page, "Confirm and continue", {"improvement": "75"})
    assert "C1 Journeys on time" in page.text

    page = await manager.get(page.links["Continue"])
    assert page.title == "Social value obligations – Parity"
    page = await manager.get(page.links["Add an obligation"])
    page = await manager.get(str(page.response.url.copy_merge_params({"q": "volunteer community"})))
    page = await manager.submit(page, "Use this measure", {"measure": "NT29"})
    page = await manager.submit(page, "Save and continue", {**SOCIAL, "owner_id": str(manager.person_id)})
    page = await manager.submit(page, "Save and continue", {"how": "spread", "total": "800", "way": "evenly"})
    assert page.text.count("100 hours") == 8
    page = await manager.submit(page, "Confirm and continue")

    page = await manager.get(page.links["Continue"])
    for said in ("£250,000.50", "60 %", "Journeys on time", "Amina Rahman", "SV1", "Good: 95.0 % or more", "75.0 %"):
        assert said in page.text, said
    assert "weigh less than 10 %" in page.text
    assert "fewer than 42 days" in page.text
    assert await desk.office.told(ContractRecorded) == [], "nothing is recorded by looking"
    done = await manager.submit(page, "Register this contract")
    assert done.title == "What was promised: Patient transport <Wirral> – Parity"
    assert "RXX-2026-014 is registered" in done.text
    [told] = await desk.office.told(ContractRecorded)
    assert [one.reference for one in told.obligations] == ["C1", "SV1"]
    assert told.suppliers[0].organisation_id == desk.supplier.organisation_id
    assert await desk.drafts() == 0
    again = await manager.http.post(str(page.response.url), data=page.form("Register this contract").fields)
    assert (again.status_code, len(await desk.office.told(ContractRecorded))) == (303, 1), "a double click"
    assert "registered already" in (await manager.get(str(page.response.url), expect=404)).text, "the browser's way back"


async def test_what_is_typed_is_kept_whatever_is_wrong_with_it(desk: Desk) -> None:
    manager = desk.manager
    first = await desk.begun()
    wrong = {**AWARD, "reference": "", "ends_on-year": "2025", "value": "much", "qualitative_part": ""}
    page = await manager.submit(first, "Save and continue", wrong, expect=422)
    assert page.links["Enter the contract reference"] == "#reference"
    assert page.links["Last day must be the first day or after it"] == "#ends_on-day"
    assert page.links["Value must be a number, such as 250,000"] == "#value"
    assert page.links["Enter both weights, or neither"] == "#qualitative_part"
    tasks = await manager.submit(page, "Save and come back later", {"legal_regime": "pa2023"})
    assert "What was awarded In progress" in tasks.text
    listed = await manager.get("/commitments/registering")
    back = await manager.get((await manager.get(listed.links["Patient transport <Wirral>"])).links["What was awarded"])
    fields = back.form("Save and continue").fields
    assert (fields["value"], fields["ends_on-year"], fields["legal_regime"]) == (["much"], ["2025"], ["pa2023"])


async def test_the_check_says_all_that_is_missing_and_where(desk: Desk) -> None:
    manager = desk.manager
    page = await manager.submit(await desk.begun(), "Save and come back later", {**AWARD, "title": ""})
    base = str(page.response.url)
    measures = await manager.get(f"{base}/measures?side=social_value&q=NT29")
    await manager.submit(measures, "Use this measure", {"measure": "NT29"})
    check = await manager.get(f"{base}/check", expect=422)
    assert check.links["Enter the title of the contract"].endswith("/award#title")
    assert check.links["Add the supplier"].endswith("/parties#suppliers")
    assert check.links["SV1: Enter what was promised"].endswith("#wording")
    assert check.links["SV1: Select how to enter the targets"].endswith("/targets#how")
    assert check.links["SV1: confirm the bands"].endswith("/bands")


async def test_targets_are_pasted_or_refused_at_their_line(desk: Desk) -> None:
    manager = desk.manager
    page = await manager.submit(await desk.begun(), "Save and come back later", AWARD)
    base = str(page.response.url)
    measures = await manager.get(f"{base}/measures?side=social_value&q=NT29")
    page = await manager.submit(measures, "Use this measure", {"measure": "NT29"})
    page = await manager.submit(page, "Save and continue", SOCIAL)
    for table, said in {
        "2026-27 Q1\t50\n2026-27 Q2\tmany": "Line 2: many is no target",
        "1\n2\n3": "The contract has 8 quarters, and there are 3 targets",
        "2031-32 Q1 5": "2031-32 Q1 is not among the quarters",
        "2026-27 Q1 5\n2026-27 Q1 6": "2026-27 Q1 has 2 targets",
        "2026-27-Q1 5 6": "Line 1: 5 6 is no target",
        "": "Enter or paste the targets",
    }.items():
        again = await manager.submit(page, "Save and continue", {"how": "table", "table": table}, expect=422)
        assert said in again.text
        assert again.form("Save and continue").fields["table"][0].strip() == table
    award = await manager.get(f"{base}/award")
    await manager.submit(award, "Save and come back later", {"starts_on-year": ""})
    for how in ({"how": "each", "each": "5"}, {"how": "table", "table": "2026-27 Q1 5"}):
        again = await manager.submit(page, "Save and continue", how, expect=422)
        assert again.links["Enter the first and last day of the contract first"] == "#how"
        checked = await manager.get(f"{base}/check", expect=422)
        assert checked.links["First day must include a year"].endswith("/award#starts_on-year")
    await manager.submit(page, "Save and continue", {"how": "spread", "total": "80", "way": "evenly"}, expect=422)
    await manager.submit(award, "Save and come back later")
    elsewhere = {"each": "about 5", "total": "much", "way": "never"}  # typed before another way was chosen
    table = {"how": "table", "table": "2026-27 Q1\t1,050\n2026-27 Q4\t20.5"}
    done = await manager.submit(page, "Save and continue", {**elsewhere, **table})
    assert "1,050 hours" in done.text
    assert "20.5 hours" in done.text


async def test_nobody_sees_the_draft_of_somebody_else(desk: Desk) -> None:
    page = await desk.manager.submit(await desk.begun(), "Save and come back later", AWARD)
    base = page.response.url.path
    trust = desk.trust.organisation_id
    colleague = await Visit.of(desk.office.runtime, desk.office.runtime, Role.CONTRACT_MANAGER, organisation_id=trust)
    for path in ("", "/award", "/parties", "/places", "/obligations", "/measures", "/check", "/delete"):
        await colleague.get(base + path, expect=404)
    asked = await desk.manager.get(f"{base}/delete")
    await desk.manager.submit(asked, "Delete")
    assert await desk.drafts() == 0


async def test_several_suppliers_need_a_lead_and_shares_that_fit(desk: Desk) -> None:
    other = await desk.office.record(name="Sefton Meals Ltd", sector="private", supplier=True)
    manager = desk.manager
    page = await manager.submit(await desk.begun(), "Save and continue", AWARD)
    page = await manager.submit(page, "Search for a supplier", {"find-supplier": "meals"})
    page = await manager.submit(page, f"Add {desk.supplier.name}")
    page = await manager.submit(page, "Search for a supplier", {"find-supplier": "SEFTON"})
    page = await manager.submit(page, f"Add {other.name}")
    shares = {f"share-{desk.supplier.organisation_id}": "70", f"share-{other.organisation_id}": "20"}
    again = await manager.submit(page, "Save and continue", shares, expect=422)
    assert "Select which supplier leads" in again.text
    again = await manager.submit(again, "Save and continue", {"lead": str(other.organisation_id)}, expect=422)
    assert "The shares come to 90 %" in again.text
    page = await manager.submit(again, "Save and continue", {f"share-{other.organisation_id}": "30"})
    assert page.title == "Where it delivers – Parity"
    check = await manager.get(str(page.response.url).replace("/places", "/check"))
    assert "Sefton Meals Ltd (leads), 30 %" in check.text
    removed = await manager.get(str(page.response.url).replace("/places", "/parties"))
    removed = await manager.submit(removed, f"Remove {other.name}")
    assert UUID(removed.form("Save and continue").fields["suppliers"][0]) == desk.supplier.organisation_id


async def test_a_reference_that_is_taken_is_said_before_and_loses_nothing(desk: Desk) -> None:
    checks = []
    for _ in range(2):
        page = await desk.manager.submit(await desk.begun(), "Save and continue", AWARD)
        core = await desk.with_supplier(page)
        checks.append(str(core.response.url).split("/obligations")[0] + "/check")
    first, second = [await desk.manager.get(check) for check in checks]
    await desk.manager.submit(first, "Register this contract")
    late = await desk.manager.submit(second, "Register this contract", expect=422)
    looked = await desk.manager.get(checks[1], expect=422)
    for page in (late, looked):
        assert page.links["A contract with this reference is recorded already"].endswith("/award")
    assert await desk.drafts() == 1


async def test_nothing_that_is_typed_breaks_a_step(desk: Desk) -> None:
    manager = desk.manager
    page = await manager.submit(await desk.begun(), "Save and come back later", AWARD)
    base = page.response.url.path
    choice = await manager.get(f"{base}/measures?side=core_service&q=NT29")
    promise = await manager.submit(choice, "Use this measure", {"measure": "NT29"})
    targets = await manager.submit(promise, "Save and continue", SOCIAL)
    bands = await manager.submit(targets, "Save and continue", {"how": "spread", "total": "80", "way": "evenly"})
    own = await manager.submit(choice, "Describe a measure of our own")
    steps = [await manager.get(f"{base}/{step}") for step in ("award", "parties", "places")]
    for step in (bands, targets, own, promise, *steps):
        form = step.forms[-1]
        for said in ("", "\0", "é" * 5000, "-1", "1e400", "NaN", "<script>", "9" * 40):
            garbage = {"suppliers": said, "how": said, "by": said, "kind": said, "share-x": said, "lead": said}
            for fields in (dict.fromkeys(form.fields, said) | garbage, {"do": said}):
                sent = {**form.fields, **fields, "csrf": form.fields["csrf"]}
                answer = await manager.http.post(str(step.response.url), data=sent)
                assert answer.status_code in (303, 422), (step.title, said, answer.status_code)
        assert (await manager.http.get(str(step.response.url))).status_code in (200, 303)
        await manager.get(base)
        await manager.get(f"{base}/check", expect=422)
