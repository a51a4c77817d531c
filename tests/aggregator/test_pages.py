"""The analyst's pages, as a browser without JavaScript sees them: coverage first, what is missing, cuts, closing a quarter."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from services.aggregator.main import service
from services.aggregator.pages import report
from services.commitments.main import service as commitments
from shared.access import Role
from shared.documents import pdf
from shared.events.commitments import IcbSees
from shared.obligations import Place
from tests.aggregator.analysts import PRESENT, Analyst
from tests.aggregator.builders import (
    AFTER_Q2,
    CARE_LEAVERS,
    HOURS,
    MONEY,
    RATIO,
    Contract,
    a_measure,
    an_organisation,
    contract_recorded,
    recorded,
)
from tests.conftest import OpenRuntime
from tests.visiting import Visit

pytestmark = pytest.mark.asyncio

QUARTER = "quarter=2026-27-Q2"


async def test_the_quarter_begins_with_its_coverage(analyst: Analyst):
    await analyst.hears(Contract().owes(HOURS).all("1200.5"), Contract().owes(HOURS).opened(), Contract().owes(HOURS).submitted())
    page = await analyst.get("/icb/")
    assert page.title == "The quarter: July to September 2026 (2026-27 Q2) – Parity"
    assert "1 of 3 returns of contracts are approved. 1 return has not been received. 1 return is received and not" in page.text
    assert page.text.index("How complete it is") < page.text.index("What was delivered")
    assert "Jobs: Improved skills NT8 Label of NT8 1,200.5 hours 3 2 1" in page.text
    assert await analyst.rows(page, "Returns due, received and approved") == [
        {
            "Period": "2026-27-Q2",
            "Figures": "As known now, not a publication",
            "Returns of": returns_of,
            "Due": str(due),
            "Received": str(received),
            "Approved": str(approved),
            "Not received": str(due - received),
            "Received, not wholly approved": str(received - approved),
        }
        for returns_of, due, received, approved in [("Contracts", 3, 2, 1), ("Partner VCFSE pledges", 0, 0, 0)]
    ]


async def test_what_is_missing_names_only_contracts_that_the_analyst_may_see(analyst: Analyst):
    open_book, closed_book = an_organisation("Open Trust"), an_organisation("Closed Council")
    supplier = an_organisation("Helpful Ltd")
    named, unnamed = Contract("C-NAMED", buyers=(open_book,), suppliers=(supplier,)), Contract("C-UNNAMED", buyers=(closed_book,))
    partly = Contract("C-PARTLY", buyers=(open_book,)).owes(HOURS, MONEY)
    await analyst.hears(
        recorded(supplier), recorded(open_book, icb_sees=IcbSees.CONTRACTS), recorded(closed_book, icb_sees=IcbSees.TOTALS)
    )
    await analyst.hears(contract_recorded(each) for each in (named, unnamed, partly.contract))
    await analyst.hears(named.owes(HOURS).opened(), unnamed.owes(HOURS).opened(), partly.submitted(), partly.approved(5, nth=0))
    page = await analyst.get("/icb/missing")
    assert "C-NAMED Title of C-NAMED Helpful Ltd contract Return not received" in page.text
    assert "C-PARTLY" in page.text
    assert "Open Trust 2 1 0 1 1 Yes" in page.text
    assert "Closed Council 1 0 0 1 0 No" in page.text
    downloaded = await analyst.table(page, "Contracts whose return is missing or not wholly approved")
    assert "C-UNNAMED" not in page.html
    assert b"C-UNNAMED" not in downloaded
    assert b"C-NAMED" in downloaded


async def test_a_quarter_is_closed_after_seeing_what_is_missing(analyst: Analyst):
    await analyst.hears(Contract().owes(HOURS).all(100), Contract().owes(HOURS).opened())
    page = await analyst.get((await analyst.get("/icb/")).links["Close this quarter"])
    assert "1 return has not been received" in page.text
    assert "publication 1" in page.text
    again = await analyst.submit(page, "Close the quarter", expect=422)
    assert again.links["Select that you have seen what is missing"] == "#seen"
    made = await analyst.submit(again, "Close the quarter", {"seen": "yes"})
    assert "Publication 1" in made.text
    closed = await analyst.get("/icb/close?quarter=2026-27-Q2")
    assert "Nothing was heard about this quarter since its last publication." in closed.text
    assert not any(words == "Close the quarter" for form in closed.forms for words, _, _ in form.buttons)
    refused = await analyst.submit(again, "Close the quarter", {"seen": "yes", "key": "another"}, expect=422)
    assert "Nothing was heard about this quarter" in refused.text


async def test_a_quarter_that_is_not_over_cannot_be_closed(analyst: Analyst):
    page = await analyst.get("/icb/close?quarter=2026-27-Q3")
    assert "2026-27 Q3 ends on 31 December 2026. It can be closed after that." in page.text


async def test_a_cut_shows_what_was_known_and_says_everywhere_that_it_is_provisional(analyst: Analyst):
    hours = Contract().owes(HOURS)
    await analyst.hears(hours.all(100))
    await analyst.hears(hours.restated(90), at=AFTER_Q2 + timedelta(days=5))
    page = await analyst.get("/icb/cut?quarter=2026-27-Q2")
    wrong = {"day-day": "2", "day-month": "11", "day-year": "2026"}
    again = await analyst.submit(page, "Make the cut", wrong, expect=422)
    assert again.links["Date of the cut must be in the past"] == "#day-day"
    early = {"day-day": "30", "day-month": "9", "day-year": "2026"}
    again = await analyst.submit(again, "Make the cut", early, expect=422)
    assert again.links["Date of the cut must be after 30 September 2026, when the quarter ends"] == "#day-day"
    cut = await analyst.submit(again, "Make the cut", {"day-day": "22", "day-month": "10"})
    assert "Provisional figures" in cut.text
    assert "100 hours" in cut.text
    assert "90 hours" in (await analyst.get("/icb/")).text
    [row] = await analyst.rows(cut, "What contracts delivered in the region")
    assert (row["Figures"], row["Value"]) == ("Provisional, as known at the end of 22 October 2026", "100")
    assert "Provisional" in (await analyst.get(cut.links["See what is missing"])).text


async def test_before_the_day_of_a_cut_nothing_was_known(analyst: Analyst):
    await analyst.hears(Contract().owes(HOURS).all(100))
    page = await analyst.get(f"/icb/?{QUARTER}&cut=2026-10-19")
    assert "No return of a contract is known for this quarter yet" in page.text
    assert "100 hours" not in page.text
    for not_over in ("2026-11-02", "2026-11-03"):
        await analyst.get(f"/icb/?{QUARTER}&cut={not_over}", expect=422)
    await analyst.get(f"/icb/?{QUARTER}&cut=2026-10-20&publication=1", expect=422)


async def test_a_table_is_downloaded_as_a_workbook_in_which_nothing_runs(analyst: Analyst):
    measure = a_measure("NT8", label="=HYPERLINK(1)")
    await analyst.hears(Contract().owes(measure, RATIO).all("1200.5", (90, 120)))
    page = await analyst.get("/icb/")
    book = load_workbook(BytesIO(await analyst.table(page, "What contracts delivered in the region", "XLSX")))
    headings, hours, ratio = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert headings[:6] == ["Period", "Figures", "Theme", "Outcome", "Code", "Measure"]
    assert hours[5:8] == ["=HYPERLINK(1)", "hours", 1200.5]
    assert {cell.data_type for cell in book.active["F"]} == {"s"}
    assert ratio[8:11] == [90, 120, 75]
    assert "75.0 % (90 of 120)" in page.text


async def test_pages_are_for_the_analyst_alone(analyst: Analyst, runtime: OpenRuntime):
    at_work = await runtime(service, at=PRESENT)
    identity = await runtime(commitments, at=PRESENT)
    for role in set(Role) - {Role.ICB_ANALYST}:
        other = await Visit.of(at_work, identity, role)
        for path in ("/icb/", "/icb/missing", "/icb/close", "/icb/cut", "/icb/tables/totals.csv"):
            await other.get(path, expect=403)
    await Visit.nobody(at_work).get("/icb/", expect=303)


async def test_the_quarterly_report_can_be_printed_and_says_what_kind_of_figures_it_holds(analyst: Analyst):
    contract = Contract(places={Place.HALTON: "1"})
    await analyst.hears(contract.owes(HOURS, RATIO).all(100, (3, 4)), Contract().owes(CARE_LEAVERS).opened())
    page = await analyst.get("/icb/")
    answer = await analyst.http.get(page.links["Download the quarterly report (PDF)"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == 'attachment; filename="quarterly-report-2026-27-Q2-now.pdf"'
    assert answer.content.startswith(b"%PDF-")
    await analyst.closes()
    await analyst.hears(contract.owes(MONEY).all(7), at=PRESENT)
    second = await analyst.closes()
    for path in (f"/icb/?{QUARTER}&cut=2026-10-22", second.response.url.path, "/icb/?quarter=2020-21-Q1"):
        link = (await analyst.get(path)).links["Download the quarterly report (PDF)"]
        assert (await analyst.http.get(link)).content.startswith(b"%PDF-"), path


async def test_the_report_prints_the_drawings_of_the_pages_and_the_buyers_side_by_side(
    analyst: Analyst, monkeypatch: pytest.MonkeyPatch
):
    printed: list[dict[str, Any]] = []

    async def seen(template: Path, data: dict[str, Any], images: dict[str, bytes]) -> bytes:
        printed.append(data)
        assert {one["file"] for section in data["sections"] for one in section["drawn"]} == images.keys()
        return await pdf(template, data, images)

    monkeypatch.setattr(report, "pdf", seen)
    buyers = [an_organisation(f"Trust {nth:02}") for nth in range(12)]
    contracts = [Contract(places={Place.HALTON: "1"}, buyers=(buyer,)) for buyer in buyers]
    await analyst.hears(*(recorded(buyer) for buyer in buyers))
    await analyst.hears(*(event for contract in contracts for event in contract.owes(HOURS).all(100)))
    answer = await analyst.http.get((await analyst.get("/icb/")).links["Download the quarterly report (PDF)"])
    assert answer.content.startswith(b"%PDF-")
    sections = {section["heading"]: section for section in printed[0]["sections"]}
    drawn = {heading: [one["headline"] for one in section["drawn"]] for heading, section in sections.items()}
    assert drawn["The nine places"] == ["Halton: 1,200 hours"]
    assert all(drawn[heading] for heading in ("This quarter against the last four", "Buyers", "Supplier sectors"))
    one, other = sections["Buyers"]["tables"]
    columns = [[column["heading"] for column in table["columns"]] for table in (one, other)]
    assert columns[0] == ["Code", "Measure", *(f"Trust {nth:02}" for nth in range(9))]
    assert columns[1] == ["Code", "Measure", "Trust 09", "Trust 10", "Trust 11"]
    assert [table["groups"][0]["rows"] for table in (one, other)] == [
        [["NT8", "Label of NT8", *["100 hours"] * 9]],
        [["NT8", "Label of NT8", *["100 hours"] * 3]],
    ]


@pytest.mark.parametrize("query", ["quarter=soon", "quarter=0001-02-Q1", "quarter=9996-97-Q4", "cut=yesterday", "publication=0"])
async def test_what_no_quarter_can_be_is_refused_in_words(analyst: Analyst, query: str):
    for path in ("/icb/", "/icb/by/quarters", "/icb/close", "/icb/tables/totals.csv", "/icb/report.pdf"):
        assert "Some of what you sent is not right" in (await analyst.get(f"{path}?{query}", expect=422)).text
