"""Provisional cuts are found again, with who made them and when, and whatever comes later they show the same figures."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from services.aggregator.actions.cutting import DayNotOver, make_cut
from shared.quarters import Quarter
from tests.aggregator.analysts import PRESENT, Analyst
from tests.aggregator.builders import AFTER_Q2, HOURS, RATIO, Contract
from tests.aggregator.conftest import Aggregator

pytestmark = pytest.mark.asyncio

DAY = {"day-day": "22", "day-month": "10", "day-year": "2026"}
TABLES = (
    *("/tables/coverage", "/tables/coverage-by-buyer", "/tables/missing", "/tables/totals", "/tables/pledges"),
    *("/by/tables/places", "/by/tables/buyers", "/by/tables/sectors", "/by/tables/quarters"),
)
LIST = "/icb/publications/cuts"


async def figures(analyst: Analyst) -> dict[str, bytes]:
    """Every table of the cut, to the byte."""
    found = {}
    for table in TABLES:
        answer = await analyst.http.get(f"/icb{table}.csv?quarter=2026-27-Q2&cut=2026-10-22")
        assert answer.status_code == 200, answer.text
        found[table] = answer.content
    return found


async def test_later_approvals_and_restatements_never_change_a_cut(analyst: Analyst):
    early, late = Contract().owes(HOURS, RATIO), Contract().owes(HOURS)
    await analyst.hears(early.all(100, (90, 120)), late.opened())
    page = await analyst.get("/icb/cut?quarter=2026-27-Q2")
    assert "100 hours" in (await analyst.submit(page, "Make the cut", DAY)).text
    cut = await figures(analyst)
    await analyst.hears(late.submitted(), late.approved(40), early.restated(90), at=AFTER_Q2 + timedelta(days=5))
    assert await figures(analyst) == cut
    await analyst.closes()
    await analyst.hears(early.restated(7), Contract().owes(HOURS).all(1000), at=PRESENT)
    await analyst.closes()
    assert await figures(analyst) == cut
    assert "1,047 hours" in (await analyst.get("/icb/?quarter=2026-27-Q2")).text


async def test_cuts_are_listed_and_compared_with_the_publication_that_came_later(analyst: Analyst):
    assert "No cut has been made yet" in (await analyst.get(LIST)).text
    early, late = Contract().owes(HOURS), Contract().owes(HOURS)
    await analyst.hears(early.all(100), late.opened())
    page = await analyst.get("/icb/cut?quarter=2026-27-Q2")
    made = await analyst.submit(page, "Make the cut", DAY)
    for day in ("21", "22"):
        await analyst.submit(page, "Make the cut", DAY | {"day-day": day})
    listed = await analyst.get((await analyst.get("/icb/publications")).links["See the provisional cuts"])
    of_22 = "2026-27 Q2, as known at the end of 22 October 2026"
    assert f"{of_22} Sam Reed 2 November 2026, 10am Not published yet" in listed.text
    assert listed.links[of_22] == made.response.url.raw_path.decode()
    rows = await analyst.rows(listed, "Provisional cuts, the newest quarter first")
    assert [(row["Quarter"], row["Day"], row["Made by"]) for row in rows] == [
        ("2026-27-Q2", "2026-10-22", "Sam Reed"),
        ("2026-27-Q2", "2026-10-21", "Sam Reed"),
    ]
    assert (await analyst.get("/icb/")).links["22 October 2026"] == listed.links[of_22]

    await analyst.hears(late.submitted(), late.approved(40), at=AFTER_Q2 + timedelta(days=5))
    publication = await analyst.closes()
    listed = await analyst.get(LIST)
    for link in (listed.links["Publication 1"], publication.links["Compare with the provisional cut of 22 October 2026"]):
        compared = await analyst.get(link)
        assert (
            "Earlier Provisional, as known at the end of 22 October 2026 Later Publication 1 of 2 November 2026" in compared.text
        )
        assert "100 hours 140 hours +40 hours" in compared.text


async def test_a_cut_of_long_ago_is_refused_at_its_date(analyst: Analyst):
    page = await analyst.get("/icb/cut?quarter=2026-27-Q2")
    refused = await analyst.submit(page, "Make the cut", DAY | {"day-year": "1999"}, expect=422)
    assert refused.links["Date of the cut must be in 2000 or later"].startswith("#day-")
    assert "No cut has been made yet" in (await analyst.get(LIST)).text


async def test_a_cut_is_kept_once_with_its_author_and_only_of_a_day_that_is_over(aggregator: Aggregator):
    quarter, first, second = Quarter.parse("2026-27-Q2"), uuid4(), uuid4()
    async with aggregator.pool.acquire() as conn, conn.transaction():
        for person in (first, second):
            await make_cut(conn, quarter, date(2026, 10, 22), at=PRESENT, by=person)
        with pytest.raises(DayNotOver):
            await make_cut(conn, quarter, PRESENT.date(), at=PRESENT, by=first)
    assert [row["person_id"] for row in await aggregator.pool.fetch("SELECT person_id FROM cuts")] == [first]
    recorded = await aggregator.pool.fetch("SELECT person_id, detail FROM history WHERE subject = 'cut'")
    assert [tuple(row) for row in recorded] == [(first, {"quarter": "2026-27-Q2", "day": "2026-10-22"})]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await aggregator.pool.execute("DELETE FROM cuts")
