"""What administrators see of all that was done to returns: who did what, when and to which contract, and nobody's words."""

from __future__ import annotations

import pytest

from services.returns.actions.restating import restate
from services.returns.actions.reviewing import approve
from services.returns.models.decisions import Approval, Restatement
from shared.access import Role
from shared.obligations import Judgement
from tests.returns.builders import MANAGER, TRUST, a_contract, an_obligation
from tests.returns.conftest import Office
from tests.returns.office import BOTH, HOURS, JULY, line
from tests.visiting import Visit

HERE = "/returns/history"


@pytest.fixture
async def restated(two_lines: Office) -> Office:
    """Certified by Cleo Hart, approved, and one line restated."""
    cleo = await two_lines.certifier("Cleo Hart")
    page = await cleo.submit(await line(cleo, HOURS), "Save and continue", {"figure-value": "40", "story": "Two schools"})
    page = await cleo.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    await cleo.submit(await cleo.get(page.links["Continue to certify"]), "Certify and submit", BOTH)
    filed, hours = await two_lines.world.filed(), await two_lines.world.line()
    async with two_lines.world.pool.acquire() as conn, conn.transaction():
        await approve(conn, filed.return_id, Approval(judgement=Judgement.MET), by=MANAGER, at=JULY)
        again = Restatement(content=hours.content, reason="Ms Lane was counted twice")
        await restate(conn, hours.line_id, again, by=MANAGER, at=JULY)
    return two_lines


async def administrator(office: Office) -> Visit:
    return await office.visit(Role.ADMINISTRATOR, works_at=TRUST, name="Joan Whitfield")


async def test_who_certified_approved_and_restated_is_told_and_no_words_of_theirs(restated: Office) -> None:
    page = await (await administrator(restated)).get(HERE)
    assert "Cleo Hart Return: submitted C-1" in page.text
    assert "Line: approved C-1" in page.text
    assert "Line: restated C-1 Version:" in page.text
    assert "Parity itself Return: opened C-1 Version: 1" in page.text
    assert "Ms Lane" not in page.text
    assert "Two schools" not in page.text
    tabs = {"Contracts and people": "/commitments/history", "Alerts": "/alerts/history", "Totals": "/icb/history"}
    assert tabs.items() <= page.links.items()


@pytest.mark.parametrize(
    ("asked", "finds", "leaves_out"),
    [
        ("who=cleo", "Return: submitted", "Line: restated"),
        ("who=nobody+at+all", "Nothing is found", "submitted"),
        ("what=line", "restated", "Return: submitted"),
        ("contract=c-1", "restated", "C-2"),
        ("contract=c-2", "opened C-2", "C-1"),
        ("contract=C-3", "Nothing is found", "opened"),
        ("since=2026-07-07", "Nothing is found", "opened"),
        ("until=2026-07-05", "Nothing is found", "opened"),
        ("since=2026-07-06&until=2026-07-06", "restated", "Nothing is found"),
        ("since=yesterday", "From must be a real date", "Nothing is found"),
    ],
)
async def test_it_is_narrowed(restated: Office, asked: str, finds: str, leaves_out: str) -> None:
    await restated.world.hear(a_contract(an_obligation(), reference="C-2"), when=JULY)
    page = await (await administrator(restated)).get(f"{HERE}?{asked}")
    assert finds in page.text
    assert leaves_out not in page.text


async def test_it_is_paged_without_a_gap(office: Office) -> None:
    for number in range(60):
        await office.world.hear(a_contract(an_obligation(), reference=f"C-{number:02}"), when=JULY)
    joan = await administrator(office)
    first = await joan.get(f"{HERE}?what=return&contract=c")
    second = await joan.get(first.links["Next page"])
    assert [page.text.count(": opened C-") for page in (first, second)] == [50, 10]
    assert "Next page" not in second.links


async def test_administrators_alone_are_let_in(office: Office) -> None:
    for visit in (await office.manager(), await office.certifier(), await office.visit(Role.ICB_ANALYST, Role.OPERATOR)):
        await visit.get(HERE, expect=403)
