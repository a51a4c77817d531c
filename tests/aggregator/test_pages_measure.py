"""The analyst's pages of one measure, and of all at once: nothing small is shown, no contract that the analyst may not see."""

from __future__ import annotations

import csv
import io

import pytest

from shared.events.commitments import IcbSees
from shared.obligations import Place
from tests.aggregator.analysts import Analyst
from tests.aggregator.builders import CARE_LEAVERS, HOURS, Q1, RATIO, Contract, an_organisation, contract_recorded, recorded

pytestmark = pytest.mark.asyncio


async def test_one_measure_is_shown_over_quarters_places_buyers_and_sectors(analyst: Analyst):
    there = {Place.HALTON: "0.25", Place.WIRRAL: "0.75"}
    contract = Contract(places=there)
    await analyst.hears(contract.owes(HOURS, quarter=Q1).all(100), contract.owes(HOURS).all(160))
    page = await analyst.get((await analyst.get("/icb/")).links["NT8"])
    assert page.title == "NT8 Label of NT8: July to September 2026 (2026-27 Q2) – Parity"
    assert "160 hours this quarter, more than in the quarter before" in page.text
    assert "From 100 hours to 160 hours: the largest step is +60 hours, contracts that report in both quarters" in page.text
    assert "Highest: Wirral, 120 hours" in page.text
    assert "Halton 40 hours 1 1 1 Contracts" in page.text
    assert "Sefton nothing due 0 0 0" in page.text
    assert "A supplier" not in page.text
    rows = await analyst.rows(page, "From the quarter before to this one")
    assert [(row["Step"], row["Value"]) for row in rows if row["Value"] != "0"] == [
        ("2026-27 Q1", "100"),
        ("Contracts that report in both quarters", "60"),
        ("2026-27 Q2", "160"),
    ]
    for form, begins in [("SVG", b"<svg"), ("PNG", b"\x89PNG")]:
        drawn = await analyst.http.get(page.links[f"{form} of Highest: Wirral, 120 hours"])
        assert drawn.content.startswith(begins)


SMALL = {Place.HALTON: 2, Place.WIRRAL: 8, Place.SEFTON: 6}


async def test_small_numbers_are_hidden_in_tables_charts_matrices_drills_and_downloads(analyst: Analyst):
    """T6 of the arithmetic: Halton hidden, Sefton too; Wirral and the region stay."""
    buyer = an_organisation("Open Trust")
    contracts = [Contract(f"C-{place}", places={place: "1"}, buyers=(buyer,)) for place in SMALL]
    await analyst.hears(recorded(buyer, icb_sees=IcbSees.CONTRACTS), [contract_recorded(each) for each in contracts])
    for each, people in zip(contracts, SMALL.values(), strict=True):
        await analyst.hears(each.owes(CARE_LEAVERS).all(people))
    page = await analyst.get((await analyst.get("/icb/")).links["NT4a"])
    assert "16 FTE" in page.text
    assert "Halton hidden 1 1 1" in page.text
    assert "Sefton hidden 1 1 1" in page.text
    rows = {row["Place"]: row for row in await analyst.rows(page, "NT4a by place")}
    assert {place: rows[place]["Value"] for place in ("Halton", "Sefton", "Wirral")} == {
        "Halton": "",
        "Sefton": "",
        "Wirral": "8",
    }
    drawn = (await analyst.http.get(page.links["SVG of Wirral: 8 FTE"])).text
    assert "8 FTE" in drawn
    assert "2 FTE" not in drawn
    assert "6 FTE" not in drawn
    behind = await analyst.get(page.links["See the contracts behind this total"])
    assert "C-Halton Title of C-Halton" in behind.text
    assert [row["Value"] for row in await analyst.rows(behind, "Contracts behind the total")].count("8") == 1
    for shown in (page, behind, await analyst.get("/icb/by/places")):
        assert " 2 FTE" not in shown.text
        assert " 6 FTE" not in shown.text
    matrix = await analyst.rows(await analyst.get("/icb/by/places"), "All measures by place")
    assert (matrix[0]["Halton"], matrix[0]["Sefton"], matrix[0]["Wirral"]) == ("hidden", "hidden", "8")


async def test_contracts_of_buyers_who_show_totals_only_are_a_count(analyst: Analyst):
    open_book, closed_book = an_organisation("Open Trust"), an_organisation("Closed Council")
    named, unnamed = Contract("C-NAMED", buyers=(open_book,)), Contract("C-UNNAMED", buyers=(closed_book,))
    await analyst.hears(recorded(open_book, icb_sees=IcbSees.CONTRACTS), recorded(closed_book, icb_sees=IcbSees.TOTALS))
    await analyst.hears(contract_recorded(named), contract_recorded(unnamed))
    await analyst.hears(named.owes(HOURS).all(30), unnamed.owes(HOURS).all(70))
    page = await analyst.get("/icb/contracts?measure=NT8&quarter=2026-27-Q2")
    assert "The total is 100 hours" in page.text
    assert "C-NAMED" in page.text
    assert "C-UNNAMED" not in page.html
    assert "1 contract more in this total, whose buyers show the ICB totals only." in page.text


@pytest.mark.parametrize(
    ("name", "caption", "column"),
    [
        ("quarters", "All measures over five quarters", "2026-27 Q2"),
        ("places", "All measures by place", "Halton"),
        ("buyers", "All measures by buyer", "Open Trust"),
        ("sectors", "All measures by supplier sector", "Private"),
    ],
)
async def test_all_measures_at_once(analyst: Analyst, name: str, caption: str, column: str):
    buyer = an_organisation("Open Trust")
    contract = Contract(places={Place.HALTON: "1"}, buyers=(buyer,))
    await analyst.hears(
        recorded(buyer), contract.owes(RATIO, quarter=Q1).all((1, 2)), contract.owes(HOURS, RATIO).all(40, (3, 4))
    )
    page = await analyst.get(f"/icb/by/{name}?which=cm-toms-2024|NT41|%25")
    assert "NT41 Label of NT41" in page.text
    rows = await analyst.rows(page, caption)
    assert [(row["Code"], row[column]) for row in rows] == [("NT8", "40"), ("NT41", "75")]
    if name == "quarters":
        assert rows[1]["2026-27 Q1"] == "50"
    await analyst.get("/icb/by/nothing", expect=404)


async def test_buyers_of_one_name_stand_apart(analyst: Analyst):
    buyers = [an_organisation("Open Trust") for _ in range(2)]
    contracts = [Contract(f"C-{nth}", buyers=(buyer,)) for nth, buyer in enumerate(buyers)]
    await analyst.hears([recorded(buyer) for buyer in buyers], [contract_recorded(each) for each in contracts])
    for each, hours in zip(contracts, (30, 70), strict=True):
        await analyst.hears(each.owes(HOURS).all(hours))
    file = await analyst.table(await analyst.get("/icb/by/buyers"), "All measures by buyer")
    _, row = csv.reader(io.StringIO(file.decode()))
    assert {"30", "70"} <= set(row)
