"""Obligations by spreadsheet, over HTTP: the tool's own template, all or nothing, errors by cell."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from services.commitments.actions.measures import ensure_catalogue
from shared.access import NOBODY, Role
from shared.events.commitments import ContractVaried
from tests.commitments.taking_part import Office
from tests.conftest import NOON

QUARTERS = ["2026-27 Q3", "2026-27 Q4", "2027-28 Q1"]


class Table:
    """A contract of three quarters without obligations, and its manager's key."""

    def __init__(self, office: Office, manager: str, contract_id: str, buyer_id: str) -> None:
        self.office, self.manager, self.contract_id, self.buyer_id = office, manager, contract_id, buyer_id

    async def template(self, form: str = "xlsx", key: str | None = None, status: int = 200) -> bytes:
        path = f"/contracts/{self.contract_id}/obligations/template?format={form}"
        response = await self.office.http.get(path, headers={"Authorization": f"Bearer {key or self.manager}"})
        assert response.status_code == status
        return response.content

    async def send(self, content: bytes, expect: int = 201, key: str | None = None) -> Any:
        path = f"/contracts/{self.contract_id}/obligations/import"
        sent = {"files": {"file": ("table", content)}, "data": {"reason": "As awarded."}}
        return await self.office("POST", path, key or self.manager, expect=expect, **sent)

    async def filled(self, *rows: dict[str, Any]) -> bytes:
        """The tool's own template with these rows."""
        book = load_workbook(BytesIO(await self.template()))
        sheet = book["Obligations"]
        headings = [cell.value for cell in sheet[1]]
        for row in rows:
            assert set(row) <= set(headings)
            sheet.append([row.get(str(heading)) for heading in headings])
        held = BytesIO()
        book.save(held)
        return held.getvalue()

    async def errors(self, *rows: dict[str, Any]) -> list[tuple[str, str]]:
        refused = await self.send(await self.filled(*rows), expect=422)
        return [(error["pointer"], error["detail"]) for error in refused["errors"]]


@pytest.fixture
async def table(office: Office) -> Table:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(name="Trust", sector="public", buyer=True)
    supplier = await office.record(name="Supplier", sector="vcfse", supplier=True)
    manager, _ = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    body = {
        "reference": "C-1",
        "title": "Meals",
        "starts_on": "2026-10-01",
        "ends_on": "2027-06-30",
        "buyers": [{"organisation_id": str(trust.organisation_id)}],
        "suppliers": [{"organisation_id": str(supplier.organisation_id)}],
    }
    recorded = await office("POST", "/contracts", manager, json=body, expect=201)
    return Table(office, manager, recorded["contract_id"], str(trust.organisation_id))


def hours(**rest: Any) -> dict[str, Any]:
    """50 hours in every quarter."""
    entered = {"Reference": "S1", "Side": "social value", "Wording": "We volunteer.", "Measure": "NT29"}
    return entered | dict.fromkeys(QUARTERS, 50) | rest


def calls(**rest: Any) -> dict[str, Any]:
    own = {"Measure": "T-CALLS", "Own measure": "Calls answered", "Unit": "%", "Kind": "ratio"}
    return {"Reference": "K1", "Side": "Core service", "Wording": "95 %."} | own | dict.fromkeys(QUARTERS, 95) | rest


async def test_the_template_is_filled_and_sent_back(table: Table) -> None:
    email = await table.office.runtime.identity.fetchval("SELECT email FROM people WHERE organisation_id = $1", table.buyer_id)
    bands = {"Bands by": "thresholds", "Good": 95, "Approaching target": 90, "Requires improvement": 80}
    said = {"Method statement": "m", "Relevant": "r", "Proportionate": "p", "Additional": "a"}
    rows = [hours(**said, **{"Evidence required": "Yes", "Accountable owner": email.upper()}), calls(**bands, Basis="year")]
    contract = await table.send(await table.filled(*rows))
    one, two = contract["obligations"]
    terms = one["versions"][0]["terms"]
    assert (one["reference"], one["side"], one["method_statement"]) == ("S1", "social_value", "m")
    assert one["owner_id"] is not None
    assert (terms["evidence_required"], terms["basis"], terms["bands"]["by"]) == (True, "year", "share_of_target")
    assert [target["target"] for target in one["versions"][0]["targets"]] == ["50", "50", "50"]
    assert (two["versions"][0]["terms"]["measure"]["code"], two["versions"][0]["terms"]["bands"]["good"]) == ("T-CALLS", "95")
    assert [target["target"] for target in two["versions"][0]["targets"]] == ["95", "95", "95"]
    (told,) = await table.office.told(ContractVaried)
    assert len(told.obligations) == 2


async def test_csv_comes_to_the_same(table: Table) -> None:
    template = (await table.template("csv")).decode("utf-8-sig").strip()
    headings = template.split(",")
    assert headings[-3:] == QUARTERS
    row = hours()
    csv = "\n".join([template, ",".join(str(row.get(heading, "")) for heading in headings)])
    contract = await table.send(csv.encode())
    assert [one["reference"] for one in contract["obligations"]] == ["S1"]


async def test_every_cell_at_fault_is_named_and_nothing_is_saved(table: Table) -> None:
    found = dict(
        await table.errors(
            hours(Reference=None, Side="both"),
            hours(Reference="S2", Measure="NT81"),
            hours(Reference="S3", **{"2026-27 Q4": "many"}),
            hours(Reference="S4", **{"Accountable owner": "nobody@example.org"}),
        )
    )
    assert found["Obligations!B2"].startswith("Enter one of: core service, social value")
    assert found["Obligations!Z4"] == "Enter a number"
    assert "Nobody" in found["Obligations!R5"]
    assert await table.errors(hours(Reference=None)) == [("Obligations!A2", "Enter reference")]
    found = dict(await table.errors(hours(Measure="NT81"), hours(Reference="S2", Measure="X-1"), hours(Reference="S2")))
    assert "inactive" in found["Obligations!D2"]
    assert "no catalogue" in found["Obligations!D3"]
    assert "reference" in found["Obligations!A4"]
    contract = await table.office("GET", f"/contracts/{table.contract_id}", table.manager)
    assert (contract["obligations"], contract["version"]) == ([], 1)


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (hours(Total=5, Spread="evenly"), "Obligations!A2"),
        (hours(**dict.fromkeys(QUARTERS)), "Obligations!A2"),
        (hours(**{"2026-27 Q4": -1}), "Obligations!Z2"),
        (hours(Measure="NT20", **{"2027-28 Q1": 1.5}), "Obligations!AA2"),
        (hours(**{"Bands by": "thresholds", "Good": 1}), "Obligations!P2"),
        (calls(Kind=None), "Obligations!G2"),
        (calls(Total=95, Spread="evenly", **dict.fromkeys(QUARTERS)), "Obligations!W2"),
        (hours(Total=-5, **dict.fromkeys(QUARTERS)), "Obligations!W2"),
        (hours(Measure=None), "Obligations!D2"),
    ],
)
async def test_a_row_that_does_not_hold_together(table: Table, row: dict[str, Any], cell: str) -> None:
    assert cell in dict(await table.errors(row))


async def test_importing_the_same_table_again_is_refused_by_cell(table: Table) -> None:
    content = await table.filled(hours())
    await table.send(content)
    refused = await table.send(content, expect=422)
    assert {error["pointer"]: error["code"] for error in refused["errors"]} == {"Obligations!A2": "reference-taken"}


async def test_files_that_are_no_table(table: Table) -> None:
    assert (await table.send(b"", expect=415))["code"] == "not-a-spreadsheet"
    assert (await table.send(b"PK\x03\x04", expect=415))["code"] == "not-a-spreadsheet"
    assert (await table.send(await table.template(), expect=422))["code"] == "nothing-to-record"
    book = Workbook()
    held = BytesIO()
    book.save(held)
    assert (await table.send(held.getvalue(), expect=422))["errors"][0]["pointer"] == "Obligations!A1"


async def test_another_organisations_contract_is_not_there(table: Table) -> None:
    council = await table.office.record(name="Council", sector="public", buyer=True)
    other, _ = await table.office.key(council.organisation_id, Role.CONTRACT_MANAGER)
    await table.send(await table.filled(hours()), expect=404, key=other)
    await table.template(key=other, status=404)


async def test_the_template_offers_measures_that_may_be_promised(table: Table) -> None:
    book = load_workbook(BytesIO(await table.template()))
    codes = [row[0] for row in book["Measures"].iter_rows(min_row=2, values_only=True)]
    assert "NT29" in codes
    assert "NT81" not in codes, "inactive"
