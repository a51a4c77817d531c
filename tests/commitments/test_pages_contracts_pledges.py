"""Baselines and yearly targets of a pledge on one page, and where a contract delivers: with a reason, and the past stays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.commitments.actions.contracts import record_contract
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.contracts import Contract
from services.commitments.models.organisations import Organisation
from services.commitments.pages.pledges import first_of_the_months
from shared.access import NOBODY, Role
from shared.events.commitments import ContractRecorded, ContractVaried
from shared.obligations import ContractForm, Place
from shared.quarters import Quarter, local_date, quarters_of
from tests.commitments.builders import a_caller, a_contract, an_obligation, targets
from tests.commitments.taking_part import Office
from tests.conftest import NOON
from tests.visiting import Page, Visit

RUNS = {"starts_on": date(2026, 4, 1), "ends_on": date(2029, 3, 31)}
FIRST = {"baseline-0": "£120,000", "source-0": "Our ledger <2025>", "target-0-2026-27": "130000", "target-0-2027-28": "150000"}


class Icb:
    """The ICB's contract manager, and a trust that pledges. NOON is in 2026-27 Q3."""

    def __init__(self, office: Office, icb: Organisation, trust: Organisation, manager: Visit) -> None:
        self.office, self.icb, self.trust, self.manager = office, icb, trust, manager

    async def pledge(self, *obligations: Any, form: ContractForm = ContractForm.PLEDGE, **rest: Any) -> Contract:
        new = a_contract(self.icb.organisation_id, self.trust.organisation_id, form=form, **{**RUNS, **rest})
        async with self.office.runtime.pool.acquire() as conn, conn.transaction():
            by = a_caller(self.icb.organisation_id, Role.CONTRACT_MANAGER)
            return await record_contract(conn, new.model_copy(update={"obligations": obligations}), by=by, at=NOON)

    async def page(self, contract: Contract, words: str = "Set baselines and yearly targets") -> Page:
        return await self.manager.get((await self.manager.get(at(contract))).links[words])


def at(contract: Contract) -> str:
    return f"/commitments/contracts/{contract.contract_id}"


@pytest.fixture
async def icb(office: Office) -> Icb:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    icb = await office.record(name="The ICB", sector="public", buyer=True)
    trust = await office.record(name="Vale Trust", sector="public", buyer=True, supplier=True)
    manager = await Visit.of(office.runtime, office.runtime, Role.CONTRACT_MANAGER, organisation_id=icb.organisation_id)
    assert Quarter.of(local_date(office.runtime.clock.now())).code == "2026-27-Q3"
    return Icb(office, icb, trust, manager)


async def test_a_new_pledge_gets_its_baselines_and_targets_on_one_page(icb: Icb) -> None:
    pledge = await icb.pledge()
    page = await icb.page(pledge)
    for code in ("NT14", "NT15", "NT16", "NT17"):
        assert f"{code}: baseline" in page.text
    wrong = await icb.manager.submit(page, "Save", {**FIRST, "target-0-2027-28": "much", "to-0-day": "32"}, expect=422)
    assert wrong.links["Enter why they are set"] == "#reason"
    told = list(wrong.links)
    assert told.index("Last day must be a real date") < told.index("Enter why they are set"), "in the order of the page"
    assert wrong.links["Last day must be a real date"] == "#to-0-day"
    assert wrong.links["Enter a number, zero or more"] == "#target-0-2027-28"
    assert wrong.form("Save").fields["target-0-2027-28"] == ["much"]
    said = {**FIRST, "to-0-day": "31", "target-1-2026-27": "80", "reason": "As the board pledged."}
    done = await icb.manager.submit(wrong, "Save", said)
    assert "NT14: £120,000.00, 1 April 2025 to 31 March 2026. Our ledger <2025>" in done.text.replace("£120,000,", "£120,000.00,")
    recorded, varied = (await icb.office.told(ContractRecorded))[-1], (await icb.office.told(ContractVaried))[-1]
    [baseline] = recorded.baselines
    assert (baseline.measure_code, baseline.amount, baseline.from_date) == ("NT14", 120000, date(2025, 4, 1))
    assert "ledger" not in recorded.model_dump_json()
    assert [one.reference for one in varied.obligations] == ["NT14", "NT15"]
    quarters = quarters_of(date(2026, 4, 1), date(2028, 3, 31))
    owed = [(one.quarter, one.target) for one in varied.obligations[0].versions[0].targets]
    assert owed == [(quarter, Decimal(32500 if n < 4 else 37500)) for n, quarter in enumerate(quarters)]
    again = (await icb.page(pledge)).form("Save").fields
    assert (again["target-0-2027-28"], again["baseline-0"], again["source-0"]) == (["150000"], ["120000"], ["Our ledger <2025>"])


async def test_another_target_varies_what_is_left_of_the_year_and_no_past(icb: Icb) -> None:
    quarters = quarters_of(RUNS["starts_on"], RUNS["ends_on"])
    owed = an_obligation("spend", measure="NT14", targets=targets(100, *quarters), evidence_required=True, frequency="monthly")
    pledge = await icb.pledge(owed)
    page = await icb.page(pledge)
    assert page.form("Save").fields["target-0-2026-27"] == ["400"]
    low = await icb.manager.submit(page, "Save", {"target-0-2026-27": "150", "reason": "Less."}, expect=422)
    assert low.links["200 are owed in quarters of this year that are over. Enter that or more"] == "#target-0-2026-27"
    empty = await icb.manager.submit(page, "Save", {"target-0-2027-28": "", "reason": "Less."}, expect=422)
    assert empty.links["Enter the target: to end what is owed, vary the obligation"] == "#target-0-2027-28"
    same = await icb.manager.submit(page, "Save", {"reason": "Nothing."}, expect=422)
    assert "Nothing is changed yet" in same.text
    done = await icb.manager.submit(page, "Save", {"target-0-2026-27": "500", "reason": "More <spend>."})
    assert "More <spend>." in done.text
    [told] = await icb.office.told(ContractVaried)
    before, after = told.obligations[0].versions
    assert (before.targets, after.from_quarter.code) == (pledge.obligations[0].newest.targets, "2026-27-Q3")
    assert [entry.target for entry in after.targets] == [150, 150, *[100] * 8]
    assert (after.terms.frequency, after.terms.evidence_required) == ("monthly", True)
    stale = await icb.manager.submit(page, "Save", {"target-0-2027-28": "9", "reason": "Late.", "key": ""}, expect=422)
    assert "Somebody changed this contract meanwhile" in stale.text
    assert stale.form("Save").fields["target-0-2027-28"] == ["9"]
    await icb.manager.submit(stale, "Save", {"target-0-2026-27": "500"})


async def test_a_year_that_is_over_and_a_baseline_that_stands_stay(icb: Icb) -> None:
    starts = date(2025, 4, 1)
    quarters = quarters_of(starts, RUNS["ends_on"])
    known = {"measure_code": "NT14", "amount": "5", "from_date": "2024-04-01", "to_date": "2025-03-31"}
    owed = an_obligation("spend", measure="NT14", targets=targets(100, *quarters))
    page = await icb.page(await icb.pledge(owed, starts_on=starts, baselines=(known,)))
    assert "Target of 2025-26: £400. It can no longer be changed." in page.text
    taken = await icb.manager.submit(page, "Save", {"baseline-0": "", "reason": "Lost."}, expect=422)
    assert taken.links["Enter the baseline: what is recorded cannot be taken away"] == "#baseline-0"
    undated = {"baseline-1": "7", "to-1-day": "", "to-1-month": "", "to-1-year": "", "reason": "More."}
    assert "Enter the last day of the twelve months" in (await icb.manager.submit(page, "Save", undated, expect=422)).text
    leap = {"to-0-day": "28", "to-0-month": "2", "to-0-year": "2025", "reason": "Corrected."}
    await icb.manager.submit(page, "Save", leap)
    [baseline] = (await icb.office.told(ContractRecorded))[-1].baselines
    assert (baseline.from_date, baseline.to_date) == (date(2024, 3, 1), date(2025, 2, 28))


@pytest.mark.parametrize(
    ("last", "first"), [("2024-02-28", "2023-03-01"), ("2024-02-29", "2023-03-01"), ("2025-03-31", "2024-04-01")]
)
def test_a_baseline_is_of_twelve_months(last: str, first: str) -> None:
    assert first_of_the_months(date.fromisoformat(last)) == date.fromisoformat(first)


async def test_nothing_that_is_typed_breaks_a_page(icb: Icb) -> None:
    quarters = quarters_of(RUNS["starts_on"], RUNS["ends_on"])
    pledge = await icb.pledge(an_obligation("spend", measure="NT14", targets=targets(100, *quarters)))
    begun = await icb.manager.submit(await icb.manager.get("/commitments/registering"), "Start now")
    pages = [
        await icb.page(pledge),
        await icb.page(pledge, "Change where it delivers"),
        await icb.page(pledge, "Add an obligation"),
        await icb.manager.get(str(begun.response.url).replace("/award", "/supplier")),
    ]
    for page in pages:
        form = page.forms[-1]
        for said in ("", "\0", "é" * 5000, "-1", "1e400", "NaN", "<script>", "9" * 40, "9999", "1"):
            fields = dict.fromkeys((*form.fields, "side", "sector", "from_quarter"), said)
            sent = {**fields, "csrf": form.fields["csrf"], "key": ""}
            for partly in (sent, sent | {"reason": "Why.", "version": "1", "name": "Meals", "sector": "vcfse"}):
                answer = await icb.manager.http.post(str(page.response.url), data=partly)
                assert answer.status_code in (303, 422), (page.title, said, answer.status_code)


async def test_only_a_pledge_has_a_baseline_and_only_its_buyer_sets_it(icb: Icb) -> None:
    contract = await icb.pledge(form=ContractForm.CONTRACT, reference="C-2")
    assert "Set baselines and yearly targets" not in (await icb.manager.get(at(contract))).links
    await icb.manager.get(f"{at(contract)}/pledge", expect=404)
    pledge, runtime = await icb.pledge(), icb.office.runtime
    trust = await Visit.of(runtime, runtime, Role.CONTRACT_MANAGER, organisation_id=icb.trust.organisation_id)
    for path in ("pledge", "places"):
        await trust.get(f"{at(pledge)}/{path}", expect=404)
    key, _ = await icb.office.key(icb.icb.organisation_id, Role.CONTRACT_MANAGER)
    path = f"/contracts/{contract.contract_id}"
    baseline = {"measure_code": "NT14", "amount": "5", "from_date": "2025-04-01", "to_date": "2026-03-31"}
    sent = {"measures": [{"measure_code": "NT14", "baseline": baseline}], "reason": "x"}
    assert (await icb.office("PUT", f"{path}/pledge", key, json=sent, if_match=1, expect=409))["code"] == "no-pledge"
    sent = {"baselines": [baseline], "reason": "x"}
    assert (await icb.office("PATCH", path, key, json=sent, if_match=1, expect=409))["code"] == "only-of-pledge"
    path = f"/contracts/{pledge.contract_id}/pledge"
    sent = {"measures": [{"measure_code": "NT14", "baseline": baseline, "targets": {"2027-28": "40"}}], "reason": "As pledged."}
    unknown = {"measures": [{"measure_code": "NOPE", "targets": {"2027-28": "40"}}], "reason": "x"}
    refused = await icb.office("PUT", path, key, json=unknown, if_match=1, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/measures/0/measure_code"]
    beyond = {"measures": [{"measure_code": "NT14", "targets": {"2030-31": "40"}}], "reason": "x"}
    refused = await icb.office("PUT", path, key, json=beyond, if_match=1, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/measures/0/targets/2030-31"]
    changed = await icb.office("PUT", path, key, json=sent, if_match=1)
    assert [entry["target"] for entry in changed["obligations"][0]["versions"][0]["targets"]] == ["10"] * 4


async def test_where_a_contract_delivers_is_changed_with_a_reason(icb: Icb) -> None:
    contract = await icb.pledge(form=ContractForm.CONTRACT, places={Place.WIRRAL: "1"})
    page = await icb.page(contract, "Change where it delivers")
    assert page.form("Save the change").fields["place-wirral"] == ["100"]
    same = await icb.manager.submit(page, "Save the change", {"reason": "Nothing."}, expect=422)
    assert "Nothing is changed yet" in same.text
    wrong = await icb.manager.submit(page, "Save the change", {"place-halton": "40"}, expect=422)
    assert wrong.links["Enter why it changes"] == "#reason"
    assert "The shares come to 140 %" in wrong.text
    said = {"place-wirral": "60", "place-halton": "40", "reason": "A second <site>."}
    done = await icb.manager.submit(wrong, "Save the change", said)
    assert ("Wirral, 60 %" in done.text, "Halton, 40 %" in done.text) == (True, True)
    told = (await icb.office.told(ContractRecorded))[-1]
    assert told.places == {Place.WIRRAL: Decimal("0.6"), Place.HALTON: Decimal("0.4")}
    history = await icb.manager.get(done.links["History of this contract"])
    assert "A second <site>." in history.text
    stale = await icb.manager.submit(page, "Save the change", {**said, "key": ""}, expect=422)
    assert "Nothing is changed yet" in stale.text
    late = await icb.manager.submit(page, "Save the change", {"place-wirral": "", "reason": "Everywhere.", "key": ""}, expect=422)
    assert "Somebody changed this contract meanwhile" in late.text
    await icb.manager.submit(late, "Save the change")
    assert (await icb.office.told(ContractRecorded))[-1].places == {}
