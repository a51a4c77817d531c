"""The list of contracts and what one promises: whose they are, and what of it is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.commitments.actions.contracts import record_contract
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.contracts import Contract
from services.commitments.models.obligations import NewObligation
from services.commitments.models.organisations import Organisation
from shared.access import NOBODY, Role
from shared.events.commitments import IcbSees
from tests.commitments.builders import a_caller, a_contract, an_obligation
from tests.commitments.taking_part import Office
from tests.conftest import NOON
from tests.visiting import Visit


class Region:
    """Two trusts, of which one shares its contracts with the ICB, and a supplier of both."""

    def __init__(self, office: Office, sharing: Organisation, silent: Organisation, supplier: Organisation) -> None:
        self.office, self.sharing, self.silent, self.supplier = office, sharing, silent, supplier

    async def contract(self, buyer: Organisation, reference: str, *owed: NewObligation, **rest: Any) -> Contract:
        by = a_caller(buyer.organisation_id, Role.CONTRACT_MANAGER)
        new = a_contract(buyer.organisation_id, self.supplier.organisation_id, *owed, reference=reference, **rest)
        async with self.office.runtime.pool.acquire() as conn, conn.transaction():
            return await record_contract(conn, new, by=by, at=NOON)

    async def visit(self, role: Role, organisation_id: UUID, *more: Role) -> Visit:
        return await Visit.of(self.office.runtime, self.office.runtime, role, *more, organisation_id=organisation_id)


@pytest.fixture
async def region(office: Office) -> Region:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    sharing = await office.record(name="Mersey General", sector="public", buyer=True, icb_sees=IcbSees.CONTRACTS)
    silent = await office.record(name="Wirral Trust", sector="public", buyer=True)
    supplier = await office.record(name="Sefton Meals Ltd", sector="private", supplier=True)
    return Region(office, sharing, silent, supplier)


async def test_everybody_sees_their_own(region: Region) -> None:
    one = await region.contract(region.sharing, "C-1", title="Meals for wards")
    two = await region.contract(region.silent, "C-2", title="Cleaning")
    supplier = await region.visit(Role.SUPPLIER_EDITOR, region.supplier.organisation_id)
    page = await supplier.get("/commitments/contracts")
    assert page.title == "Your contracts – Parity"
    assert {"Meals for wards", "Cleaning"} <= set(page.links)
    assert "Register a contract" not in page.text
    manager = await region.visit(Role.CONTRACT_MANAGER, region.silent.organisation_id)
    page = await manager.get("/commitments/contracts")
    assert "Cleaning" in page.links
    assert "Meals for wards" not in page.links
    await manager.get(f"/commitments/contracts/{one.contract_id}", expect=404)
    analyst = await region.visit(Role.ICB_ANALYST, UUID(int=1))
    page = await analyst.get("/commitments/contracts")
    assert "Meals for wards" in page.links
    assert "Cleaning" not in page.links
    await analyst.get(f"/commitments/contracts/{two.contract_id}", expect=404)
    promises = await analyst.get(page.links["Meals for wards"])
    assert "We will volunteer for community projects." in promises.text
    assert "Vary" not in promises.text


async def test_who_buys_and_supplies_finds_the_contracts_of_each_side_apart(region: Region) -> None:
    council = await region.office.record(name="Sefton Council", sector="public", buyer=True, supplier=True)
    await region.contract(council, "C-2", title="Bought")
    region.supplier = council
    await region.contract(region.sharing, "C-1", title="Supplied")
    both = await region.visit(Role.CONTRACT_MANAGER, council.organisation_id, Role.SUPPLIER_EDITOR)
    bought = await both.get("/commitments/contracts")
    assert "Bought" in bought.links
    assert "Supplied" not in bought.links
    yours = await both.get(bought.links["Your contracts"])
    assert yours.title == "Your contracts – Parity"
    assert "Bought" not in yours.links
    assert "Register a contract" not in yours.text
    found = await both.get(f"{yours.form('Show these contracts').action}?q=supplied")
    assert "Supplied" in found.links
    assert (await both.get(found.links["Show all"])).title == yours.title
    promises = await both.get(found.links["Supplied"])
    assert promises.links["Back to contracts"] == "/commitments/contracts/yours"
    await (await region.visit(Role.CONTRACT_MANAGER, region.silent.organisation_id)).get(
        "/commitments/contracts/yours", expect=403
    )


async def test_the_list_is_searched_narrowed_and_paged(region: Region) -> None:
    for number in range(27):
        await region.contract(region.sharing, f"N-{number:02}", title=f"Contract {number:02}")
    owed = an_obligation(spread={"total": "10", "way": "evenly"})
    await region.contract(region.sharing, "OLD", owed, title="Long ago", starts_on=date(2020, 4, 1), ends_on=date(2020, 6, 30))
    manager = await region.visit(Role.CONTRACT_MANAGER, region.sharing.organisation_id)
    page = await manager.get("/commitments/contracts?q=contract")
    assert "Contract 26" in page.links
    assert "Contract 01" not in page.links
    rest = await manager.get(page.links["Next page"])
    assert "Contract 01" in rest.links
    assert rest.form("Show these contracts").fields["q"] == ["contract"]
    over = await manager.get("/commitments/contracts?when=over")
    assert "Long ago" in over.links
    assert "Contract 05" not in over.links
    found = await manager.get("/commitments/contracts?q=contract")
    rows = await manager.table(found.links["XLSX of the contracts"])
    assert len(rows) == 28, "the headings, and the whole list, not its first page"
    assert rows[1][:5] == ("N-26", "Contract 26", "Contract", "Mersey General", "Sefton Meals Ltd")
    table = await manager.table(over.links["CSV of the contracts"])
    assert [row[:2] for row in table[1:]] == [("OLD", "Long ago")]
    elsewhere = await region.visit(Role.CONTRACT_MANAGER, region.silent.organisation_id)
    assert len(await elsewhere.table("/commitments/contracts/download?file=csv")) == 1, "only one's own"
    none = await manager.get("/commitments/contracts?q=nothing+like+this")
    assert "No contract is like this" in none.text


async def test_what_is_owed_and_what_was_done_are_taken_away_as_tables(region: Region) -> None:
    contract = await region.contract(region.sharing, "C-1", an_obligation(reference="S1"))
    manager = await region.visit(Role.CONTRACT_MANAGER, region.sharing.organisation_id)
    page = await manager.get(f"/commitments/contracts/{contract.contract_id}")
    headings, *owed = await manager.table(page.links["XLSX of what is owed"])
    assert headings[:7] == ("Obligation", "Side", "Measure code", "Measure", "What is promised", "Rated", "Unit")
    assert headings[7] == "Target 2026-27 Q1"
    assert [row[:2] for row in owed] == [("S1", "Social value")]
    [one] = contract.obligations
    assert [Decimal(str(target)) for target in owed[0][7:]] == [each.target for each in one.versions[0].targets]
    history = await manager.get(page.links["History of this contract"])
    for form in ("CSV", "XLSX"):
        headings, *done = await manager.table(history.links[f"{form} of this history"])
        assert headings == ("When (UK time)", "Who", "What", "Details", "Why")
        assert [row[2] for row in done] == ["Registered"]
    stranger = await region.visit(Role.CONTRACT_MANAGER, region.silent.organisation_id)
    for link in (page.links["CSV of what is owed"], history.links["CSV of this history"]):
        await stranger.get(link, expect=404)


async def test_a_contract_says_all_that_was_promised(region: Region) -> None:
    contract = await region.contract(region.sharing, "C-1")
    manager = await region.visit(Role.CONTRACT_MANAGER, region.sharing.organisation_id)
    page = await manager.get(f"/commitments/contracts/{contract.contract_id}")
    runs = "1 April 2026 to 31 March 2028"
    for said in ("£250,000", runs, "By our volunteering days.", "50 hours", "Good: 100 % of the target or more"):
        assert said in page.text, said
    assert page.links["How it is going"] == f"/alerts/contracts/{contract.contract_id}"
    assert f'href="/returns/contracts/{contract.contract_id}"' in page.html
