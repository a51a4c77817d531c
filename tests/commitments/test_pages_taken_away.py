"""What administrators take away as CSV or XLSX: whole lists, narrowed as their pages are."""

from __future__ import annotations

import pytest

from services.commitments.actions.measures import ensure_catalogue
from services.commitments.rules.measures import COLUMNS
from shared.access import NOBODY, Role
from shared.pages import downloads
from shared.service import Runtime
from tests.commitments.test_pages_administration import LIST, added, load, recorded
from tests.conftest import NOON
from tests.visiting import Visit


async def test_organisations_with_what_stands_on_the_next_page_too(at_work: Runtime, joan: Visit) -> None:
    for number in range(51):
        await recorded(at_work, f"Trust {number:02}")
    page = await joan.get(LIST)
    assert "Trust 50" not in page.text
    headings, *rows = await joan.table(page.links["XLSX of the organisations"])
    assert headings == ("Name", "Buyer", "Supplier", "Sector", "Place", "Identifiers")
    assert rows[0] == ("Trust 00", "yes", "no", "Public", None, None)
    assert len(rows) == 51
    await recorded(at_work, "=1+1 Trust 5")
    narrowed = await joan.get(f"{LIST}?name=trust%205")
    rows = await joan.table(narrowed.links["CSV of the organisations"])
    assert [row[0] for row in rows[1:]] == ["'=1+1 Trust 5", "Trust 50"], "no formula"


async def test_a_list_too_long_for_a_spreadsheet_says_so_on_a_page(
    at_work: Runtime, joan: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_ROWS", 1)
    await recorded(at_work, "Trust 1")
    page = await joan.get(LIST)
    assert (await joan.table(page.links["CSV of the organisations"]))[1][0] == "Trust 1"
    await recorded(at_work, "Trust 2")
    refused = await joan.get(page.links["CSV of the organisations"], expect=413)
    assert "Narrow the list, then download it" in refused.text


async def test_who_can_sign_in_and_as_what(at_work: Runtime, joan: Visit) -> None:
    trust, council = await recorded(at_work, "Trust"), await recorded(at_work, "Council")
    await added(at_work, trust, Role.CONTRACT_MANAGER, name="Amina Rahman")
    await added(at_work, council, Role.CONTRACT_MANAGER, name="Dan Price")
    page = await joan.get("/commitments/people")
    for form in ("CSV", "XLSX"):
        headings, *rows = await joan.table(page.links[f"{form} of the people"])
        assert headings == ("Name", "Email address", "Organisation", "What they do")
        assert [(row[0], row[2] or "", row[3]) for row in rows] == [
            ("Amina Rahman", "Trust", "Contract manager"),
            ("Dan Price", "Council", "Contract manager"),
            ("Joan Whitfield", "", "Administrator"),
        ]
    page = await joan.get(f"/commitments/people?organisation={council}")
    assert [row[0] for row in await joan.table(page.links["CSV of the people"])] == ["Name", "Dan Price"]


async def test_a_catalogue_that_can_be_loaded_again(at_work: Runtime, joan: Visit) -> None:
    async with at_work.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    everything = (await joan.get("/commitments/measures")).links["CSV of the measures"]
    before = await joan.table(everything)
    assert before[0] == COLUMNS
    assert len(before) > 51, "all of them, not only the first page"
    await load(joan, (await joan.http.get(everything)).text)
    assert await at_work.pool.fetchval("SELECT max(version) FROM frameworks") == 2
    assert await joan.table(everything) == before
    analyst = await Visit.of(at_work, at_work, Role.ICB_ANALYST)
    some = await analyst.get("/commitments/measures?name=volunteer")
    narrowed = await analyst.table(some.links["XLSX of the measures"])
    assert 1 < len(narrowed) < len(before)
    assert all("volunteer" in row[COLUMNS.index("label")].lower() for row in narrowed[1:])


async def test_the_history_of_both_databases(at_work: Runtime, joan: Visit) -> None:
    for number in range(30):
        organisation_id = await recorded(at_work, f"Trust {number}")
        await added(at_work, organisation_id, Role.CONTRACT_MANAGER, name=f"Person {number}")
    page = await joan.get("/commitments/history")
    assert "Next page" in page.links
    headings, *rows = await joan.table(page.links["XLSX of the history"])
    assert headings == ("When (UK time)", "Who", "What", "Name", "Done", "Contract", "Details")
    assert sorted(row[2:5] for row in rows) == sorted(
        [("Organisation", f"Trust {number}", "recorded") for number in range(30)]
        + [("Person", f"Person {number}", "added") for number in range(30)]
    )
    assert {row[1] for row in rows} == {"Parity itself"}
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True), "the latest first"
    narrowed = await joan.get("/commitments/history?what=person&since=2020-01-01")
    assert len(await joan.table(narrowed.links["CSV of the history"])) == 31
