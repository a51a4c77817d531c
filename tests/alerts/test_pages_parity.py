"""The parity report in the browser, and what it advises."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from io import BytesIO

import pytest
from openpyxl import load_workbook

from services.alerts.actions import parity
from services.alerts.rules.comparing import findings
from shared.obligations import Side
from shared.ratings import AlertDates, Approvals, ParityColumn, Rating, counted, parity_column
from tests.alerts.builders import OTHER_BUYER, Contract, Promised, at
from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, terms

MONDAY = date(2026, 6, 1)


@pytest.fixture
async def reported(world: World) -> None:
    contract = Contract(obligations=(Promised("hours"), Promised("calls", Side.CORE_SERVICE, terms())))
    submitted = at(date(2026, 7, 20))
    await world.hear(
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.opened(Q1), at(date(2026, 7, 1))),
        (contract.submitted(Q1, submitted), submitted),
        (contract.approved(Q1, "10"), NOON - timedelta(days=7)),
        (contract.approved(Q1, "50", "calls"), at(date(2026, 7, 22))),
    )


@pytest.mark.usefixtures("reported")
class TestPage:
    async def test_it_lays_the_sides_beside_each_other_and_says_what_to_do(self, people: People) -> None:
        page = await (await people.manager()).get("/alerts/parity")
        assert page.form("Show this period").fields == {"first": ["2025-26-Q3"], "last": ["2026-27-Q2"]}
        assert "Core service is rated good in 100.0 %, social value is rated good in 0.0 %" in page.text
        assert "Social value is rated good less often than core service: 0.0 % against 100.0 %." in page.text
        assert (
            "Lines of social value wait longer for approval than those of core service: 84 working days against 2." in page.text
        )
        for row in (
            "Obligations rated 1 1",
            "Rated inadequate 0.0 % 100.0 %",
            "Returns on time 100.0 % 100.0 %",
            "Alerts acknowledged 0 0",
            "Time from submission to approval: half within 2 working days 84 working days",
            "Time from an alert to its acknowledgement: half within – –",
        ):
            assert row in page.text, row

    async def test_a_period_is_chosen_and_a_wrong_one_named(self, people: People) -> None:
        manager = await people.manager()
        page = await manager.get("/alerts/parity?first=2026-27-Q2&last=2026-27-Q2")
        assert "No core service is rated in this period." in page.text
        wrong = await manager.get("/alerts/parity?first=2026-27-Q2&last=2026-27-Q1", expect=422)
        assert wrong.links["Enter a quarter that is not before the first"] == "#last"
        wrong = await manager.get("/alerts/parity?first=x&last=2026-27-Q1", expect=422)
        assert "#first" in wrong.links.values()

    async def test_others_contracts_are_not_in_it(self, people: People) -> None:
        page = await (await people.manager(organisation_id=OTHER_BUYER)).get("/alerts/parity")
        assert "Obligations rated 0 0" in page.text

    async def test_the_region_is_counted_once_a_day(self, people: People, world: World) -> None:
        """The same figures as a buyer's who has every contract; what is heard afterwards counts on the next day."""
        own = (await (await people.manager()).get("/alerts/parity")).text
        figures = own[own.index("Obligations rated") : own.index("Download the figures")]
        assert "Obligations rated 0 0" in (await (await people.analyst()).get("/alerts/parity")).text
        await world.until(NOON + timedelta(days=1))
        page = await (await people.analyst()).get("/alerts/parity")
        assert figures in page.text
        assert "Figures for many contracts are counted once a day. These were counted on" in page.text

    async def test_a_buyer_of_many_contracts_is_counted_once_a_day_too(
        self, people: People, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = (await (await people.manager()).get("/alerts/parity")).text
        figures = own[own.index("Obligations rated") : own.index("Download the figures")]
        monkeypatch.setattr(parity, "COUNTED_WHEN_ASKED", 0)
        await world.until(NOON + timedelta(days=1))
        page = await (await people.manager()).get("/alerts/parity")
        assert figures in page.text
        assert "These were counted on" in page.text
        assert "Obligations rated 0 0" in (await (await people.manager(organisation_id=OTHER_BUYER)).get("/alerts/parity")).text

    async def test_it_is_kept_as_files(self, people: People) -> None:
        manager = await people.manager()
        csv = (await manager.get("/alerts/parity.csv?first=2026-27-Q1&last=2026-27-Q1")).response
        assert csv.headers["content-disposition"] == 'attachment; filename="parity-2026-27-Q1-to-2026-27-Q1.csv"'
        assert "Rated good,%,100,0\r\n" in csv.text
        book = load_workbook(BytesIO((await manager.get("/alerts/parity.xlsx")).response.content))
        assert [cell.value for cell in book["Parity"][2]] == ["Obligations rated", None, 1, 1]
        for name in ("ratings.svg", "ratings.png", "days.svg"):
            await manager.get(f"/alerts/parity/{name}")
        await manager.get("/alerts/parity/nonsense.svg", expect=404)


async def test_everybody_who_may_read_it_finds_it(people: People) -> None:
    for visit in (await people.manager(), await people.analyst()):
        assert (await visit.get("/alerts/")).links["Parity report"] == "/alerts/parity"
    supplier = await people.supplier()
    page = await supplier.get("/alerts/")
    assert "Parity report" not in page.links
    report = await supplier.get(page.links["parity report"])
    assert "on your contracts" in report.text
    assert "what it shows" in report.text
    assert "what to do" not in report.text


def a_column(good: int = 8, short: int = 2, waited: int = 3) -> ParityColumn:
    acknowledged = [AlertDates(MONDAY, acknowledged_on=MONDAY + timedelta(days=waited))]
    approved = [Approvals(MONDAY, MONDAY + timedelta(days=waited), 5)]
    ratings = {(Rating.GOOD, False): good, (Rating.INADEQUATE, False): short}
    return parity_column(counted(ratings, 10, 9, acknowledged, approved))


class TestFindings:
    def test_sides_that_are_alike_are_called_so(self) -> None:
        [found] = findings({Side.CORE_SERVICE: a_column(), Side.SOCIAL_VALUE: a_column(good=81, short=19, waited=4)})
        assert found.says == "Neither side is behind the other."

    def test_whichever_side_is_behind_reads_the_same(self) -> None:
        """Swap the sides: the same is found, with their names swapped."""
        ahead, behind = a_column(), a_column(good=5, short=5, waited=11)
        found = findings({Side.CORE_SERVICE: ahead, Side.SOCIAL_VALUE: behind})
        swapped = findings({Side.CORE_SERVICE: behind, Side.SOCIAL_VALUE: ahead})
        assert len(found) == 3
        assert [one.says.count("against") for one in found] == [one.says.count("against") for one in swapped]
        assert found[0].says == "Social value is rated good less often than core service: 50.0 % against 80.0 %."
        assert swapped[0].says == "Core service is rated good less often than social value: 50.0 % against 80.0 %."

    def test_approvals_are_weighed_by_lines(self) -> None:
        approvals = [Approvals(MONDAY, MONDAY, 3), Approvals(MONDAY, MONDAY + timedelta(days=4), 1)]
        days = parity_column(counted({}, 0, 0, approvals=approvals)).to_approve
        assert (days.count, days.median, days.ninetieth) == (4, Fraction(0), 4)
