"""An alert leads to the line that it is about, and says what can be done there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.events import Event
from shared.events.commitments import IcbSees
from shared.obligations import Judgement
from shared.quarters import Quarter
from tests.alerts.builders import BUYER, OTHER_BUYER, SUPPLIER, Contract, Promised, an_organisation, at
from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, Q2, terms
from tests.visiting import Page

CONTRACT = Contract("MV-1")
NEEDS_EVIDENCE = Contract("MV-1", (Promised("hours", terms=terms(evidence_required=True)),))
FILE = "f" * 64
APPROVED_AT = NOON - timedelta(hours=1)


async def found(world: World, kind: str, contract: Contract = CONTRACT) -> str:
    alert_id = await world.runtime.pool.fetchval(
        "SELECT alert_id FROM alerts WHERE kind = $1 AND contract_id = $2", kind, contract.contract_id
    )
    assert alert_id is not None
    return f"/alerts/{alert_id}"


def line(contract: Contract, quarter: Quarter) -> str:
    return f"/returns/lines/{contract.line_id(quarter)}"


def lines_on(page: Page) -> list[str]:
    return [href for href in page.links.values() if href.startswith("/returns/lines/")]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("shortfall", CONTRACT.approved(Q2, "10")),
        ("story_not_met", CONTRACT.approved(Q2, "50", judgement=Judgement.NOT_MET)),
        ("unlikely_figure", CONTRACT.approved(Q2, "200", unlikely=("far_above_target",))),
    ],
)
async def test_both_parties_open_the_newest_line_that_it_is_about(world: World, people: People, kind: str, told: Event) -> None:
    await world.hear(
        (CONTRACT.recorded(), at(date(2026, 4, 1))), (CONTRACT.approved(Q1, "40"), at(date(2026, 8, 1))), (told, APPROVED_AT)
    )
    path = await found(world, kind)
    for visit in (await people.manager(), await people.supplier()):
        page = await visit.get(path)
        assert page.links["Open the line"] == line(CONTRACT, Q2)
        assert len(lines_on(page)) == 1


async def test_a_forecast_leads_to_the_line_whose_pace_it_goes_on_from(world: World, people: People) -> None:
    before = [Q1.plus(-n) for n in (4, 3, 2, 1)]
    contract = Contract("MV-1", starts_on=date(2025, 4, 1))
    await world.hear(
        (contract.recorded(), at(date(2025, 4, 1))),
        *((contract.approved(quarter, "30"), at(quarter.next().first_day)) for quarter in before),
        (contract.approved(Q1, "46"), at(date(2026, 8, 1))),
    )
    page = await (await people.supplier()).get(await found(world, "forecast"))
    assert page.links["Open the line"] == line(contract, Q1)
    assert "At the pace of the last quarters it comes to 148 of 200 hours by the end of 2026-27 Q4." in page.text
    for row in (
        "Delivered so far 46 hours",
        "Targets still to come 150 hours",
        "Pace of the last quarters 68.0 %",
        "Expected by the end of 2026-27 Q4 148 hours",
        "Target by then 200 hours",
        "Least for approaching target 180 hours",
    ):
        assert row in page.text, row


async def test_an_unlikely_figure_stands_beside_what_it_was_compared_with(world: World, people: People) -> None:
    contract = Contract("MV-1", starts_on=date(2025, 4, 1))
    before = zip((Q1.plus(-n) for n in (4, 3, 2, 1)), ("10", "20", "30", "40"), strict=True)
    await world.hear(
        (contract.recorded(), at(date(2025, 4, 1))),
        *((contract.approved(quarter, figure), at(quarter.next().first_day)) for quarter, figure in before),
        (contract.approved(Q1, "200", unlikely=("far_above_target", "far_from_usual")), APPROVED_AT),
    )
    supplier, path = await people.supplier(), await found(world, "unlikely_figure", contract)
    page = await supplier.get(path)
    assert (
        "The figure for 2026-27 Q1, 200 hours, is more than three times the quarter's target of 50 hours "
        "and more than five times off the obligation's own median of 25 hours; the supplier has confirmed it"
    ) in page.text
    for row in (
        "The figure 200 hours",
        "3 times the target 150 hours",
        "Median of the quarters before 25 hours",
        "5 times the median 125 hours",
        "The median divided by 5 5 hours",
    ):
        assert row in page.text, row


@pytest.mark.parametrize(
    ("kind", "because", "says"),
    [
        ("unlikely_figure", {"rules": ["far_above_target"]}, "2026-27 Q2 is more than three times the quarter's target; the"),
        (
            "forecast",
            {"until": "2026-27-Q4", "expected": "148", "target": "200", "limit": "180"},
            "it comes to 148 of 200 hours by the end",
        ),
    ],
)
async def test_an_alert_of_long_ago_shows_what_was_kept_of_it(
    world: World, people: People, kind: str, because: dict[str, object], says: str
) -> None:
    await world.hear((CONTRACT.recorded(), at(date(2026, 4, 1))), (CONTRACT.approved(Q2, "10"), APPROVED_AT))
    await world.runtime.pool.execute("UPDATE alerts SET kind = $1, because = $2", kind, because)
    page = await (await people.manager()).get(await found(world, kind))
    assert says in page.text
    assert "What the alert was raised by" not in page.text


async def test_missing_evidence_leads_to_where_it_is_added(world: World, people: People) -> None:
    await world.hear((NEEDS_EVIDENCE.recorded(), at(date(2026, 4, 1))), (NEEDS_EVIDENCE.approved(Q2, "50"), APPROVED_AT))
    path = await found(world, "missing_evidence")
    manager, supplier = await people.manager(), await people.supplier()
    page = await supplier.get(path)
    assert page.links["Add evidence to the line"] == line(NEEDS_EVIDENCE, Q2) + "#evidence"
    assert "Add the evidence to the line. The alert ends by itself when you have." in page.text
    assert (await manager.get(path)).links["Add evidence to the line"] == line(NEEDS_EVIDENCE, Q2) + "#evidence"
    await world.hear((NEEDS_EVIDENCE.approved(Q2, "50", version=2, evidence=(FILE,)), NOON))
    assert (await supplier.get(path)).links["Open the line"] == line(NEEDS_EVIDENCE, Q2)


async def test_shared_evidence_leads_to_every_line_with_the_file_that_the_viewer_may_see(world: World, people: People) -> None:
    one, other = Contract("MV-1"), Contract("LC-2", buyer=OTHER_BUYER)
    await world.hear(
        *((contract.recorded(), at(date(2026, 4, 1))) for contract in (one, other)),
        (one.approved(Q2, "50", evidence=(FILE,)), APPROVED_AT),
        (other.approved(Q1, "50", evidence=(FILE,)), APPROVED_AT),
    )
    path = await found(world, "shared_evidence", one)
    page = await (await people.supplier()).get(path)
    name = "Open the line hours Staff hours on school and college visits of"
    assert page.links[f"{name} MV-1, 2026-27 Q2"] == line(one, Q2)
    assert page.links[f"{name} LC-2, 2026-27 Q1"] == line(other, Q1)
    buyers = await (await people.manager()).get(path)
    assert buyers.links["Open the line"] == line(one, Q2)
    assert "LC-2" not in buyers.text
    await world.hear((other.approved(Q1, "50", version=2), NOON))
    assert lines_on(await (await people.supplier()).get(path)) == [line(one, Q2)]


async def test_the_icb_opens_a_line_where_its_page_lets_it_in(world: World, people: People) -> None:
    await world.hear(
        (an_organisation(BUYER, icb_sees=IcbSees.CONTRACTS), NOON),
        (CONTRACT.recorded(), at(date(2026, 4, 1))),
        (CONTRACT.submitted(Q2, APPROVED_AT), APPROVED_AT),
        (CONTRACT.approved(Q2, "10"), APPROVED_AT),
    )
    path = await found(world, "shortfall")
    analyst = await people.analyst()
    assert lines_on(await analyst.get(path)) == []
    await world.hear((CONTRACT.wholly_approved(Q2, APPROVED_AT), NOON))
    assert lines_on(await analyst.get(path)) == [line(CONTRACT, Q2)]
    await world.hear((an_organisation(BUYER, version=2, escalates_to_icb=True), NOON))
    await world.until(NOON + timedelta(days=60))
    assert lines_on(await analyst.get(path)) == []  # it came to the ICB, which does not see the contract


async def test_a_dispute_says_where_a_wrong_figure_is_changed(world: World, people: People) -> None:
    await world.hear(
        (an_organisation(SUPPLIER), NOON), (CONTRACT.recorded(), at(date(2026, 4, 1))), (CONTRACT.approved(Q2, "10"), APPROVED_AT)
    )
    supplier = await people.supplier()
    page = await supplier.get(await found(world, "shortfall"))
    assert "If a figure is wrong, open the line and ask for a change of it." in page.text
    form = await supplier.get(page.links["Dispute it"])
    assert form.links["open the line and ask for a change of it"] == line(CONTRACT, Q2)
