"""A supplier that nobody has recorded yet: recorded by the contract manager on the way, once, and as a supplier only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.commitments.models.registers import as_registered
from services.commitments.store import organisations as store
from shared.access import Role
from shared.events.commitments import OrganisationRecorded
from tests.commitments.taking_part import Office
from tests.commitments.test_pages_contracts_registering import AWARD
from tests.visiting import Page, Visit

SAID = {"name": "Wirral <Meals> CIC", "sector": "vcfse", "place": "Wirral", "company": "sc 123456"}


class Desk:
    def __init__(self, office: Office, manager: Visit) -> None:
        self.office, self.manager = office, manager

    async def asked(self, words: str = "wirral <meals> cic") -> Page:
        """From the search that found nobody."""
        page = await self.manager.submit(await self.manager.get("/commitments/registering"), "Start now")
        page = await self.manager.submit(page, "Save and continue", AWARD)
        page = await self.manager.submit(page, "Search for a supplier", {"find-supplier": words})
        return await self.manager.submit(page, "Record a new supplier")

    async def recorded(self) -> int:
        found: int = await self.office.runtime.pool.fetchval("SELECT count(*) FROM organisations")
        return found


@pytest.fixture
async def desk(office: Office) -> Desk:
    trust = await office.record(name="Mersey General", sector="public", buyer=True)
    manager = await Visit.of(office.runtime, office.runtime, Role.CONTRACT_MANAGER, organisation_id=trust.organisation_id)
    return Desk(office, manager)


async def test_a_new_supplier_is_recorded_on_the_way_and_stands_in_the_contract(desk: Desk) -> None:
    page = await desk.asked()
    assert page.form("Record this supplier").fields["name"] == ["wirral <meals> cic"]
    wrong = await desk.manager.submit(page, "Record this supplier", {**SAID, "sector": "", "company": "12x"}, expect=422)
    assert wrong.links["Select the sector"] == "#sector"
    [said] = [said for said, href in wrong.links.items() if href == "#company"]
    assert said.startswith("Companies House number must be 8 digits")
    assert wrong.form("Record this supplier").fields["company"] == ["12x"]
    parties = await desk.manager.submit(wrong, "Record this supplier", SAID)
    assert (parties.title, "Wirral <Meals> CIC" in parties.text) == ("Who takes part – Parity", True)
    places = await desk.manager.submit(parties, "Save and continue")
    assert places.title == "Where it delivers – Parity"
    told = (await desk.office.told(OrganisationRecorded))[-1]
    assert (told.name, told.buyer, told.supplier, told.sector, told.place) == (SAID["name"], False, True, "vcfse", "Wirral")
    assert [(one.scheme, one.id) for one in told.identifiers] == [("GB-COH", "SC123456")]
    history = await desk.office.runtime.pool.fetchrow("SELECT person_id FROM history WHERE subject_id = $1", told.organisation_id)
    assert history["person_id"] == desk.manager.person_id


async def test_who_is_known_by_a_number_is_offered_and_not_recorded_twice(desk: Desk) -> None:
    numbers = [{"scheme": "gb-coh", "id": "01234567"}]
    known = await desk.office.record(name="Sefton Meals Ltd", sector="private", supplier=True, identifiers=numbers)
    page = await desk.asked()
    offered = await desk.manager.submit(page, "Record this supplier", {**SAID, "company": "1234567"}, expect=422)
    assert offered.links["Sefton Meals Ltd has this number"] == "#company"
    parties = await desk.manager.submit(offered, "Use this organisation")
    assert parties.form("Save and continue").fields["suppliers"] == [str(known.organisation_id)]
    assert await desk.recorded() == 2


async def test_who_has_the_same_name_is_offered_unless_a_number_tells_them_apart(desk: Desk) -> None:
    await desk.office.record(name="WIRRAL <Meals> CIC", sector="vcfse", supplier=True)
    page = await desk.asked("nobody")
    offered = await desk.manager.submit(page, "Record this supplier", SAID, expect=422)
    assert offered.links["An organisation of this name is recorded. If it is another one, enter a name that tells them apart"]
    assert "Use this organisation" in [words for form in offered.forms for words, *_ in form.buttons]
    parties = await desk.manager.submit(offered, "Record this supplier", {"name": "Wirral Meals (Sefton) CIC"})
    assert "Wirral Meals (Sefton) CIC" in parties.text


async def test_who_only_buys_is_not_made_a_supplier(desk: Desk) -> None:
    buyer = await desk.office.record(
        name="Wirral Trust", sector="public", buyer=True, identifiers=[{"scheme": "GB-NHS", "id": "RBL"}]
    )
    page = await desk.asked()
    refused = await desk.manager.submit(page, "Record this supplier", {**SAID, "nhs": "rbl"}, expect=422)
    assert "It is recorded as a buyer only" in refused.text
    token = {"csrf": page.form("Record this supplier").fields["csrf"], "do": "use"}
    for known in (str(buyer.organisation_id), "nonsense", ""):
        answer = await desk.manager.http.post(str(page.response.url), data={**token, "known": known})
        assert answer.status_code == 404
    sent = {**token, **SAID, "do": "record", "buyer": "true", "takes_part": "buyer"}
    await desk.manager.http.post(str(page.response.url), data=sent)
    async with desk.office.runtime.pool.acquire() as conn:
        [made] = await store.organisations_called(conn, SAID["name"])
    assert (made.buyer, made.supplier) == (False, True)


async def test_the_draft_is_nobody_elses(desk: Desk) -> None:
    page = await desk.asked()
    stranger = await Visit.of(desk.office.runtime, desk.office.runtime, Role.CONTRACT_MANAGER)
    await stranger.get(str(page.response.url), expect=404)


@pytest.mark.parametrize(
    ("scheme", "said", "written"),
    [
        ("GB-COH", "1234567", "01234567"),
        ("GB-COH", "ni 123456", "NI123456"),
        ("GB-COH", "IP12345R", "IP12345R"),
        ("GB-COH", "123456789", None),
        ("GB-COH", "١٢٣٤٥٦٧٨", None),
        ("GB-CHC", "1089464", "1089464"),
        ("GB-CHC", "10894", None),
        ("GB-NHS", "rxx", "RXX"),
        ("GB-NHS", "R X!", None),
        ("GB-PPON", "phvx-4316-zvgz", "PHVX-4316-ZVGZ"),
        ("GB-PPON", "4316", None),
        ("XX-ANY", " as it is", " as it is"),
    ],
)
def test_numbers_are_written_as_their_registers_do(scheme: str, said: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(ValueError, match="must be"):
            as_registered(scheme, said)
    else:
        assert as_registered(scheme, said) == written


async def test_a_program_records_suppliers_too_and_no_buyers(office: Office) -> None:
    trust = await office.record(name="Mersey General", sector="public", buyer=True)
    key, _ = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    sent: dict[str, Any] = {"name": "Meals", "sector": "vcfse", "identifiers": [{"scheme": "gb-coh", "id": "1234567"}]}
    made = await office("POST", "/suppliers", key, json=sent, expect=201)
    assert (made["identifiers"], made["buyer"], made["supplier"]) == ([{"scheme": "GB-COH", "id": "01234567"}], False, True)
    again = await office("POST", "/suppliers", key, json=sent, expect=409)
    assert (again["code"], again["errors"][0]["pointer"]) == ("recorded-already", "/identifiers/0")
    wrong = {**sent, "identifiers": [{"scheme": "GB-COH", "id": "x"}]}
    assert (await office("POST", "/suppliers", key, json=wrong, expect=422))["errors"][0]["pointer"] == "/identifiers/0"
    await office("POST", "/suppliers", key, json={**sent, "buyer": True}, expect=422)
    supplier, _ = await office.key(UUID(made["organisation_id"]), Role.SUPPLIER_EDITOR)
    await office("POST", "/suppliers", supplier, json=sent, expect=403)
