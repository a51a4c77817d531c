"""Obligations from a spreadsheet while a contract is registered: all rows or none, then checked and recorded with it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from shared.events.commitments import ContractRecorded
from tests.commitments.test_obligation_tables import calls, hours
from tests.commitments.test_pages_contracts_registering import AWARD, SOCIAL, Desk, desk  # noqa: F401
from tests.visiting import Page

RUNS = {"ends_on-day": "31", "ends_on-month": "12", "ends_on-year": "2026"}
QUARTERS = ["2026-27 Q1", "2026-27 Q2", "2026-27 Q3"]


def fifty(**rest: Any) -> dict[str, Any]:
    """50 hours in every quarter."""
    said = {name: value for name, value in hours().items() if "Q" not in name}
    return said | dict.fromkeys(QUARTERS, 50) | {"Method statement": SOCIAL["method_statement"]} | rest


def answered(**rest: Any) -> dict[str, Any]:
    """95 % in every quarter."""
    return {name: value for name, value in calls().items() if "Q" not in name} | dict.fromkeys(QUARTERS, 95) | rest


async def filled(desk: Desk, page: Page, *rows: dict[str, Any]) -> bytes:  # noqa: F811
    answer = await desk.manager.http.get(page.links["Template for Excel (XLSX)"])
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.content))
    sheet = book["Obligations"]
    headings = [str(cell.value) for cell in sheet[1]]
    assert headings[-3:] == QUARTERS
    for row in rows:
        assert set(row) <= set(headings)
        sheet.append([row.get(heading) for heading in headings])
    held = BytesIO()
    book.save(held)
    return held.getvalue()


async def send(desk: Desk, page: Page, content: bytes, expect: int = 303) -> Page:  # noqa: F811
    return await desk.manager.submit(page, "Upload", files=[("file", ("o.xlsx", content, ""))], expect=expect)


async def asked(desk: Desk) -> Page:  # noqa: F811
    """Where the spreadsheet is uploaded, from the list of core obligations of a draft."""
    core = await desk.with_supplier(await desk.manager.submit(await desk.begun(), "Save and continue", AWARD | RUNS))
    return await desk.manager.get(core.links["Add many from a spreadsheet"])


async def test_what_was_read_becomes_the_drafts_and_is_checked_before_registering(desk: Desk) -> None:  # noqa: F811
    email = await desk.office.runtime.identity.fetchval("SELECT email FROM people WHERE id = $1", desk.manager.person_id)
    page = await asked(desk)
    days: dict[str, Any] = {
        "Measure": "T-WAITS",
        "Own measure": "Days waited",
        "Unit": "days",
        "Kind": "flow",
        "Direction": "lower",
    }
    spread = dict.fromkeys(QUARTERS) | {"Total": 30, "Spread": "evenly"}
    waits = answered(Reference="K2", Basis="quarter") | days | spread
    rows = [fifty(**{"Accountable owner": email, "Evidence required": "yes"}), answered(), waits]
    core = await send(desk, page, await filled(desk, page, *rows))
    assert core.title == "Core service obligations – Parity"
    assert "K1 Calls answered Status Completed" in core.text
    assert not await desk.office.told(ContractRecorded)
    assert await desk.office.runtime.pool.fetchval("SELECT count(*) FROM measures WHERE code = 'T-CALLS'") == 0
    social = await desk.manager.get(core.links["Continue"])
    promise = await desk.manager.get(next(href for words, href in social.links.items() if words.startswith("S1")))
    fields = promise.form("Save and continue").fields
    assert (fields["evidence_required"], fields["owner_id"]) == (["yes"], [str(desk.manager.person_id)])
    check = await desk.manager.get(social.links["Continue"])
    done = await desk.manager.submit(check, "Register this contract")
    assert "We volunteer." in done.text
    [recorded] = await desk.office.told(ContractRecorded)
    found = {one.reference: one for one in recorded.obligations}
    assert [one.target for one in found["S1"].versions[0].targets] == [50, 50, 50]
    assert [one.target for one in found["K1"].versions[0].targets] == [95, 95, 95]
    assert [one.target for one in found["K2"].versions[0].targets] == [10, 10, 10]
    assert found["K2"].versions[0].terms.direction.value == "lower"
    assert found["S1"].owner_id == desk.manager.person_id


async def test_every_cell_at_fault_is_named_and_nothing_is_kept(desk: Desk) -> None:  # noqa: F811
    page = await asked(desk)
    await send(desk, page, await filled(desk, page, fifty()))
    bad = [
        fifty(),
        fifty(Reference="S2", Measure="X-1"),
        answered(**dict.fromkeys(QUARTERS)),
        fifty(Reference="S3", **{QUARTERS[0]: -1}),
    ]
    refused = await send(desk, page, await filled(desk, page, *bad), expect=422)
    assert "Obligations, row 5" in refused.text
    assert "A target is zero or more" in refused.text
    refused = await send(desk, page, await filled(desk, page, *bad[:2]), expect=422)
    assert "Obligations, row 2 A Another obligation of this contract has this reference" in refused.text
    assert "X-1 is in no catalogue" in refused.text
    nothing = await send(desk, page, await filled(desk, page), expect=422)
    assert "This table holds no obligations" in nothing.text
    no_file = await desk.manager.submit(page, "Upload", expect=422)
    assert no_file.links["Select the filled spreadsheet"] == "#file"
    assert "Obligations!" not in (await send(desk, page, b"<html>", expect=422)).text
    core = await desk.manager.get(page.links["Back to the obligations"])
    social = await desk.manager.get(core.links["Continue"])
    assert [words[:2] for words in social.links if words[:2] in ("S1", "S2", "S3")] == ["S1"]
    assert "There are none yet" in core.text


async def test_without_days_there_are_no_quarters_to_fill(desk: Desk) -> None:  # noqa: F811
    at = str((await desk.begun()).response.url.path).removesuffix("/award")
    page = await desk.manager.get(f"{at}/obligations/upload")
    assert page.links["the first and last day of the contract"] == f"{at}/award"
    assert not [form for form in page.forms if "file" in form.fields]
    await desk.manager.get(f"{at}/obligations/template", expect=404)
