"""How a contract is going, as people see it: both sides on one scale, quarter by quarter."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from docx import Document
from openpyxl import load_workbook

from shared.events.commitments import IcbSees
from shared.obligations import Direction, Kind, Side
from tests.alerts.builders import BUYER, OTHER_BUYER, OTHER_SUPPLIER, Contract, Promised, an_organisation, at
from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, Q2, terms, thresholds

CALLS = Promised("C1", Side.CORE_SERVICE, terms(Kind.RATIO, target=95, bands=thresholds("95", "90", "80")))
WAITS = Promised("C2", Side.CORE_SERVICE, terms(target=5, direction=Direction.LOWER, bands=thresholds("5", "6", "8")))
CONTRACT = Contract("=MV-1", (Promised("S1"), CALLS))
PATH = f"/alerts/contracts/{CONTRACT.contract_id}"


@pytest.fixture
async def reported(world: World) -> None:
    """Q1 approved and good on both sides; in Q2 social value is inadequate, and the return is submitted."""
    submitted = at(date(2026, 10, 20))
    await world.hear(
        (an_organisation(BUYER, icb_sees=IcbSees.TOTALS), NOON),
        (CONTRACT.recorded(), at(date(2026, 4, 1))),
        (CONTRACT.opened(Q1), at(date(2026, 7, 1))),
        (CONTRACT.approved(Q1, "50", "S1"), at(date(2026, 8, 1))),
        (CONTRACT.approved(Q1, "96 of 100", "C1"), at(date(2026, 8, 1))),
        (CONTRACT.opened(Q2), at(date(2026, 10, 1))),
        (CONTRACT.submitted(Q2, submitted), submitted),
        (CONTRACT.approved(Q2, "10", "S1"), at(date(2026, 11, 1))),
        (CONTRACT.approved(Q2, "92 of 100", "C1"), at(date(2026, 11, 1))),
    )


async def test_a_target_that_is_a_limit_says_so(world: World, people: People) -> None:
    contract = Contract("MV-2", (WAITS,))
    await world.hear(
        (an_organisation(BUYER, icb_sees=IcbSees.TOTALS), NOON),
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.opened(Q1), at(date(2026, 7, 1))),
        (contract.approved(Q1, "9", "C2"), at(date(2026, 8, 1))),
    )
    manager, path = await people.manager(), f"/alerts/contracts/{contract.contract_id}"
    assert "at most 5 hours 9 hours Inadequate" in (await manager.get(path)).text
    pack = Document(BytesIO((await manager.get(f"{path}/meetings/2026-27-Q1/pack.docx")).response.content))
    assert "9 hours, target at most 5 hours" in [cell.text for row in pack.tables[0].rows for cell in row.cells]


@pytest.mark.usefixtures("reported")
class TestOverview:
    async def test_both_sides_stand_beside_each_other_on_one_scale(self, people: People) -> None:
        page = await (await people.manager()).get(PATH)
        assert "Core service scores 80.0 % and Social value scores 0.0 % at the end of 2026-27 Q2" in page.text
        assert "Compliance: 40.0 %" in page.text
        for row in (
            "C1 Staff hours on school and college visits Core service 95.0 % 92.0 % Good Approaching target – –",
            "S1 Staff hours on school and college visits Social value 100 hours 60 hours Good Inadequate – –",
            "2026-27 Q1 100.0 % 100.0 % 100.0 % Open",
            "2026-27 Q2 80.0 % 0.0 % 40.0 % Submitted",
        ):
            assert row in page.text, row
        assert page.text.index("C1 Staff") < page.text.index("S1 Staff")
        assert f"/returns/{CONTRACT.return_id(Q2)}" in page.html
        assert "Shortfall: S1" in page.text
        assert '<svg role="img"' in page.html

    async def test_another_quarter_is_chosen(self, people: People) -> None:
        manager = await people.manager()
        page = await manager.get(f"{PATH}?quarter=2026-27-Q1")
        assert "Compliance: 100.0 %" in page.text
        assert page.form("Show this quarter").fields["quarter"] == ["2026-27-Q1"]
        assert "a quarter is written like 2026-27-Q2" in (await manager.get(f"{PATH}?quarter=soon", expect=422)).text

    async def test_who_sees_it(self, world: World, people: People) -> None:
        for one, back in ((await people.supplier(), "/contracts/yours"), (await people.manager(), "/contracts")):
            assert (await one.get(PATH)).links["Back to contracts"] == f"/commitments{back}"
        analyst = await people.analyst()
        for stranger in (
            await people.manager(organisation_id=OTHER_BUYER),
            await people.supplier(organisation_id=OTHER_SUPPLIER),
            analyst,
        ):
            for path in (PATH, f"{PATH}/ratings.csv", f"{PATH}/quarters.csv", f"{PATH}/compliance.svg"):
                await stranger.get(path, expect=404)
        await world.hear((an_organisation(BUYER, version=2, icb_sees=IcbSees.CONTRACTS), NOON))
        await analyst.get(PATH)

    async def test_its_ratings_and_chart_are_kept_as_files(self, people: People) -> None:
        manager = await people.manager()
        csv = (await manager.get(f"{PATH}/ratings.csv")).response
        assert csv.headers["content-disposition"] == 'attachment; filename="-MV-1-ratings.csv"'
        assert "2026-27 Q2,S1,Staff hours on school and college visits,Social value,hours,100,60,Inadequate,no" in csv.text
        book = load_workbook(BytesIO((await manager.get(f"{PATH}/ratings.xlsx")).response.content))
        assert [cell.value for cell in book["Ratings"][2]][:3] == ["2026-27 Q1", "C1", "Staff hours on school and college visits"]
        page = await manager.get(PATH)
        _, *alerts = await manager.table(page.links["CSV of its open alerts"])
        assert {row[1] for row in alerts} == {"'=MV-1"}
        assert any(row[0].startswith("Shortfall: S1 Staff hours") for row in alerts)
        headings, *rows = await manager.table(page.links["CSV of quarters"])
        assert headings[:3] == ("Quarter", "Core service score (%)", "Core service rated")
        assert headings[-2:] == ("Compliance (%)", "Return")
        assert [(row[0], row[1], row[5], *row[-2:]) for row in rows] == [
            ("2026-27 Q2", "80", "0", "40", "Submitted"),
            ("2026-27 Q1", "100", "100", "100", "Open"),
        ]
        assert (await manager.table(page.links["XLSX of quarters"]))[1][1] == 80
        assert (await manager.get(f"{PATH}/compliance.png")).response.content.startswith(b"\x89PNG")
        assert "graphics-symbol" not in (await manager.get(f"{PATH}/compliance.svg")).html


async def test_a_contract_without_ratings_says_when_there_will_be_some(world: World, people: People) -> None:
    await world.hear((CONTRACT.recorded(), at(date(2026, 4, 1))))
    manager = await people.manager()
    assert "Nothing is rated yet." in (await manager.get(PATH)).text
    assert "Nothing of this contract is rated yet." in (await manager.get(f"{PATH}/compliance.svg", expect=404)).text
