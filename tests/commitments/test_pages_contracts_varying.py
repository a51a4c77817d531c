"""What is owed is added by spreadsheet, varied from a quarter on, and ended early: always with a reason."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest

from services.commitments.actions.contracts import add_obligations, record_contract
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.contracts import Contract
from services.commitments.models.organisations import Organisation
from shared import history
from shared.access import NOBODY, Role
from shared.events.commitments import ContractClosed, ContractVaried
from shared.quarters import Quarter, local_date
from tests.commitments.builders import a_caller, a_contract, an_obligation, targets
from tests.commitments.taking_part import Office
from tests.conftest import NOON
from tests.visiting import Page, Visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Desk:
    """A contract that runs four quarters before and after today, 50 hours each; its manager."""

    def __init__(self, office: Office, trust: Organisation, contract: Contract, manager: Visit) -> None:
        self.office, self.trust, self.contract, self.manager = office, trust, contract, manager
        self.at = f"/commitments/contracts/{contract.contract_id}"

    async def upload(self, content: bytes, *, name: str = "obligations.xlsx", expect: int = 303) -> Page:
        page = await self.manager.get(f"{self.at}/obligations/upload")
        files = [("file", (name, content, XLSX))]
        return await self.manager.submit(page, "Upload", {"reason": "As awarded."}, files=files, expect=expect)

    async def varying(self) -> Page:
        return await self.manager.get((await self.manager.get(self.at)).links["Vary hours"])


@pytest.fixture
async def desk(office: Office) -> Desk:
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    trust = await office.record(name="Mersey General", sector="public", buyer=True)
    supplier = await office.record(name="Sefton Meals Ltd", sector="private", supplier=True)
    this = Quarter.of(local_date(office.runtime.clock.now()))
    quarters = [this.plus(n) for n in range(-4, 5)]
    owed = an_obligation(targets=targets(50, *quarters))
    runs = {"starts_on": quarters[0].first_day, "ends_on": quarters[-1].last_day}
    new = a_contract(trust.organisation_id, supplier.organisation_id, owed, **runs)
    async with office.runtime.pool.acquire() as conn, conn.transaction():
        by = a_caller(trust.organisation_id, Role.CONTRACT_MANAGER)
        contract = await record_contract(conn, new, by=by, at=NOON)
    manager = await Visit.of(office.runtime, office.runtime, Role.CONTRACT_MANAGER, organisation_id=trust.organisation_id)
    return Desk(office, trust, contract, manager)


def this_quarter(desk: Desk) -> Quarter:
    return Quarter.of(local_date(desk.office.runtime.clock.now()))


async def test_an_obligation_is_varied_after_looking_at_both(desk: Desk) -> None:
    page = await desk.varying()
    first = this_quarter(desk).next()
    again = await desk.manager.submit(page, "Check what changes", {"reason": ""}, expect=422)
    assert again.links["Select the first quarter"] == "#from_quarter"
    assert again.links["Enter why it is varied"] == "#reason"
    said = {"from_quarter": first.code, "how": "each", "each": "80", "reason": "The service grew <much>."}
    check = await desk.manager.submit(again, "Check what changes", said, expect=200)
    assert f"{first} target 50 hours 80 hours" in check.text
    assert f"{this_quarter(desk)} target" not in check.text
    assert await desk.office.told(ContractVaried) == [], "nothing is varied by looking"
    back = await desk.manager.submit(check, "Change what I entered", expect=200)
    assert back.form("Check what changes").fields["each"] == ["80"]
    assert back.form("Check what changes").fields["reason"] == ["The service grew <much>."]
    done = await desk.manager.submit(check, "Vary this obligation")
    assert "The service grew <much>." in done.text
    [told] = await desk.office.told(ContractVaried)
    assert [entry.target for entry in told.obligations[0].versions[-1].targets] == [80, 80, 80, 80]
    stale = await desk.manager.submit(check, "Vary this obligation", {"key": ""}, expect=422)
    assert "Somebody changed this contract meanwhile" in stale.text
    assert stale.form("Check what changes").fields["each"] == ["80"]


async def test_what_the_form_does_not_ask_for_stays_as_it_is(desk: Desk) -> None:
    async with desk.office.runtime.pool.acquire() as conn, conn.transaction():
        calls = {"code": "CALLS", "label": "Complaints", "unit": "complaints", "kind": "flow", "direction": "lower"}
        monthly = {"frequency": "monthly", "evidence_required": True, "own_measure": calls, "side": "core_service"}
        owed = an_obligation("calls", targets=targets(50, this_quarter(desk), this_quarter(desk).next()), **monthly)
        by = a_caller(desk.trust.organisation_id, Role.CONTRACT_MANAGER)
        at = desk.office.runtime.clock.now()
        await add_obligations(conn, desk.contract.contract_id, [owed], "More.", by=by, at=at)
    contract = await desk.manager.get(desk.at)
    assert "Complaints at most 50 complaints at most 50 complaints" in contract.text
    page = await desk.manager.get(contract.links["Vary calls"])
    said = {"from_quarter": this_quarter(desk).next().code, "how": "each", "each": "40", "reason": "Fewer."}
    await desk.manager.submit(await desk.manager.submit(page, "Check what changes", said, expect=200), "Vary this obligation")
    before, after = (await desk.office.told(ContractVaried))[-1].obligations[-1].versions
    for name in ("frequency", "evidence_required", "direction"):
        assert getattr(after.terms, name) == getattr(before.terms, name), name
    assert (after.terms.frequency, after.terms.evidence_required, after.terms.direction) == ("monthly", True, "lower")


async def test_the_past_is_left_alone_by_a_table_of_all_quarters(desk: Desk) -> None:
    page = await desk.varying()
    [table] = page.form("Check what changes").fields["table"]
    this, said = this_quarter(desk), {"from_quarter": this_quarter(desk).next().code, "reason": "More."}
    later = table.replace(f"{this.next()}: 50", f"{this.next()}: 70")
    check = await desk.manager.submit(page, "Check what changes", {**said, "table": later}, expect=200)
    assert f"{this.next()} target 50 hours 70 hours" in check.text
    rewritten = {**said, "table": table.replace(f"{this}: 50", f"{this}: 1")}
    again = await desk.manager.submit(page, "Check what changes", rewritten, expect=422)
    [message] = [text for text, href in again.links.items() if href == "#table"]
    assert f"{this} is not among the quarters" in message
    before = {**said, "table": f"{this.previous()}: 50"}
    empty = await desk.manager.submit(page, "Check what changes", before, expect=422)
    assert empty.links["Enter a target for each quarter from the first one that changes"] == "#table"


async def test_an_obligation_can_come_to_an_end(desk: Desk) -> None:
    said = {"from_quarter": this_quarter(desk).code, "what": "ends", "reason": "Moved to another contract."}
    check = await desk.manager.submit(await desk.varying(), "Check what changes", said, expect=200)
    assert "5 quarterly targets come to an end" in check.text
    done = await desk.manager.submit(check, "Vary this obligation")
    assert "nothing is owed any more" in done.text


async def test_a_contract_is_closed_early(desk: Desk) -> None:
    page = await desk.manager.get((await desk.manager.get(desk.at)).links["Close this contract early"])
    last = this_quarter(desk).last_day
    early = last - timedelta(days=200)
    for day, message in ((early, "That quarter is over"), (last + timedelta(days=9000), "not within the contract")):
        fields = {"ends_on-day": str(day.day), "ends_on-month": str(day.month), "ends_on-year": str(day.year)}
        again = await desk.manager.submit(page, "Close this contract", {**fields, "reason": "Ended."}, expect=422)
        assert message in again.text
        assert again.form("Close this contract").fields["reason"] == ["Ended."]
    fields = {"ends_on-day": str(last.day), "ends_on-month": str(last.month), "ends_on-year": str(last.year)}
    done = await desk.manager.submit(again, "Close this contract", fields)
    assert "Closed early" in done.text
    [told] = await desk.office.told(ContractClosed)
    assert told.ends_on == last


async def test_a_contract_is_described_anew_and_extended(desk: Desk) -> None:
    page = await desk.manager.get((await desk.manager.get(desk.at)).links["Change or extend this contract"])
    again = await desk.manager.submit(page, "Save the change", {"ends_on-year": "2025", "reason": "Extended."}, expect=422)
    assert "A change can move the end out, not in" in again.text
    same = await desk.manager.submit(page, "Save the change", {"reason": "Extended."}, expect=422)
    assert "Nothing is changed yet" in same.text
    emptied = await desk.manager.submit(page, "Save the change", {"value": "", "reason": "Lost."}, expect=422)
    assert emptied.links["Enter the value: what is recorded cannot be taken away"] == "#value"
    later = str(desk.contract.ends_on.year + 1)
    done = await desk.manager.submit(again, "Save the change", {"ends_on-year": later, "title": "Meals <more>"})
    assert done.title == "What was promised: Meals <more> – Parity"
    assert later in done.text
    [entry] = [one for one in await _history(desk) if one.action == "changed"]
    assert set(entry.detail["after"]) == {"title", "ends_on", "reason"}
    told = await desk.manager.get(done.links["History of this contract"])
    assert "Title: Community meals → Meals <more>" in told.text
    assert "Extended." in told.text
    assert "Registered" in told.text
    stale = await desk.manager.submit(page, "Save the change", {"reason": "Twice.", "key": ""}, expect=422)
    assert "Somebody changed this contract meanwhile" in stale.text


async def _history(desk: Desk) -> list[history.Entry]:
    async with desk.office.runtime.pool.acquire() as conn:
        return await history.of(conn, desk.contract.contract_id)


async def test_obligations_come_by_spreadsheet_all_or_none(desk: Desk) -> None:
    page = await desk.manager.get(f"{desk.at}/obligations/upload")
    answer = await desk.manager.http.get(page.links["Template for Excel (XLSX)"])
    assert answer.headers["content-type"] == XLSX
    book = openpyxl.load_workbook(BytesIO(answer.content))
    sheet = book["Obligations"]
    columns = {str(cell.value): number for number, cell in enumerate(sheet[1], 1)}
    first = str(this_quarter(desk))
    rows: list[dict[str, str | int]] = [
        {"Reference": "a", "Side": "social value", "Wording": "We will.", "Measure": "NT29", first: 10},
        {"Reference": "b", "Side": "social value", "Wording": "We will.", "Measure": "NOPE", first: "ten"},
    ]
    for number, row in enumerate(rows, 2):
        for heading, value in row.items():
            sheet.cell(number, columns[heading], value)
    refused = await desk.upload(_saved(book), expect=422)
    assert "Nothing was saved" in refused.text
    assert "Obligations, row 3" in refused.text
    assert "Enter a number" in refused.text
    assert refused.form("Upload").fields["reason"] == ["As awarded."]
    sheet.cell(3, columns[first], 10)
    sheet.cell(3, columns["Measure"], "NT28")
    done = await desk.upload(_saved(book))
    assert {"a", "b"} <= set(done.links)
    nonsense = await desk.upload(b"no spreadsheet", expect=422)
    assert nonsense.status == 422
    missing = await desk.manager.submit(nonsense, "Upload", {"reason": "x"}, expect=422)
    assert missing.links["Select the filled spreadsheet"] == "#file"


def _saved(book: openpyxl.Workbook) -> bytes:
    held = BytesIO()
    book.save(held)
    return held.getvalue()


async def test_only_the_buyers_own_manager_changes_a_contract(desk: Desk) -> None:
    other = await desk.office.record(name="Wirral Trust", sector="public", buyer=True)
    obligation = desk.contract.obligations[0].obligation_id
    paths = (f"{desk.at}/change", f"{desk.at}/close", f"{desk.at}/obligations/upload", f"{desk.at}/obligations/{obligation}/vary")
    stranger = await Visit.of(
        desk.office.runtime, desk.office.runtime, Role.CONTRACT_MANAGER, organisation_id=other.organisation_id
    )
    for path in (*paths, f"{desk.at}/obligations/template"):
        await stranger.get(path, expect=404)
    supplier = await Visit.of(desk.office.runtime, desk.office.runtime, Role.SUPPLIER_EDITOR)
    for path in paths:
        await supplier.get(path, expect=403)
