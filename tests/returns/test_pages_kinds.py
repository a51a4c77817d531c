"""The form of a line in each form that a figure may have: what is typed comes back, and counts as the rules say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from shared.obligations import Figure, Kind, Terms
from tests.returns.builders import Q1, Q2, a_contract, an_obligation, an_organisation, at, terms
from tests.returns.conftest import Office
from tests.returns.office import BOTH, JULY, LIST
from tests.visiting import Page, Visit

LABEL = "Staff hours on school and college visits"
OCTOBER = at(date(2026, 10, 5))


async def with_line(office: Office, owed: Terms, *, starts_on: date = Q1.first_day) -> tuple[Visit, Page]:
    """An editor on the page of the one line of a return."""
    contract = a_contract(an_obligation("hours", owed), starts_on=starts_on)
    await office.world.hear(an_organisation(), contract, when=JULY)
    editor = await office.editor()
    task_list = await editor.get((await editor.get(LIST)).links["Soft services"])
    return editor, await editor.get(task_list.links[f"hours {LABEL}"])


@dataclass
class Case:
    owed: Terms
    typed: dict[str, str]
    counts: Figure


CASES = {
    "money": Case(terms(unit="GBP", target=5000), {"figure-value": "£1,200.50"}, Figure(value=Decimal("1200.5"))),
    "weight": Case(terms(unit="tonnes"), {"figure-value": "1.125"}, Figure(value=Decimal("1.125"))),
    "fte": Case(terms(Kind.FTE, target="12.5"), {"figure-value": "11.3"}, Figure(value=Decimal("11.3"))),
    "headcount": Case(terms(Kind.HEADCOUNT), {"figure-value": "40"}, Figure(value=Decimal(40))),
    "flag": Case(terms(Kind.FLAG, target=1), {"figure-value": "1"}, Figure(value=Decimal(1))),
    "no": Case(terms(Kind.FLAG, target=1), {"figure-value": "0"}, Figure(value=Decimal(0))),
    "ratio": Case(
        terms(Kind.RATIO, target=95),
        {"figure-numerator": "931", "figure-denominator": "1 000"},
        Figure(numerator=Decimal(931), denominator=Decimal(1000)),
    ),
    "months": Case(terms(monthly=True), {f"months-{nth}-value": f"{nth + 10}" for nth in range(3)}, Figure(value=Decimal(33))),
    "months of a ratio": Case(
        terms(Kind.RATIO, target=95, monthly=True),
        {f"months-{nth}-{part}": "90" for nth in range(3) for part in ("numerator", "denominator")},
        Figure(numerator=Decimal(270), denominator=Decimal(270)),
    ),
    "share": Case(terms(), {"figure-value": "40", "share": "25"}, Figure(value=Decimal(10))),
}


@pytest.mark.parametrize("name", CASES)
async def test_each_form_of_a_figure_is_kept_as_it_was_typed_and_counts(office: Office, name: str) -> None:
    case = CASES[name]
    editor, page = await with_line(office, case.owed)
    checked = await editor.submit(page, "Save and continue", case.typed)
    assert checked.title.startswith("Check your answers")
    again = await editor.get(str(page.response.url))
    clean = {field: said.replace("£", "").replace(",", "").replace(" ", "") for field, said in case.typed.items()}
    assert {field: Decimal(again.forms[0].fields[field][0]) for field in clean} == {
        field: Decimal(said) for field, said in clean.items()
    }
    assert "What the rating would be" in again.text
    certifier = await office.certifier()
    checked = await certifier.get(str(checked.response.url))
    await certifier.submit(await certifier.get(checked.links["Continue to certify"]), "Certify and submit", BOTH)
    assert (await office.world.line()).figure == case.counts


@pytest.mark.parametrize(
    ("said", "message"),
    [("26,5", "Enter a number, such as 1,200 or 12.5"), ("50%", "Enter a number without %"), ("£50", "Enter a number without £")],
)
async def test_what_might_mean_another_figure_is_refused(office: Office, said: str, message: str) -> None:
    """26,5 is no 265 hours, and 50 % of something no 50."""
    editor, page = await with_line(office, terms())
    again = await editor.submit(page, "Save and continue", {"figure-value": said}, expect=422)
    assert again.links[message] == "#figure-value"
    assert again.forms[0].fields["figure-value"] == [said]


async def test_messages_name_the_month_and_the_part(office: Office) -> None:
    editor, page = await with_line(office, terms(monthly=True))
    typed = {"months-0-value": "10", "months-2-value": "-1", "breakdown-0-figure-value": "10"}
    again = await editor.submit(page, "Save and continue", typed, expect=422)
    assert again.links["Part 1: enter a recipient, a sector or a place"] == "#breakdown-0-recipient"
    again = await editor.submit(again, "Save and continue", {"breakdown-0-figure-value": ""}, expect=422)
    assert again.links["June: enter 0 or more"] == "#months-2-value"
    again = await editor.submit(again, "Save and continue", {"months-2-value": "1"}, expect=422)
    assert again.links["May: enter the figure, or report nil with a reason"] == "#months-1-value"


async def test_only_the_months_in_which_the_contract_ran_are_asked_for(office: Office) -> None:
    editor, page = await with_line(office, terms(monthly=True), starts_on=date(2026, 5, 4))
    assert "months-0-value" not in page.form("Save and continue").fields
    assert {"months-1-value", "months-2-value"} <= page.forms[0].fields.keys()
    await editor.submit(page, "Save and continue", {"months-1-value": "10", "months-2-value": "5"})


async def test_a_breakdown_adds_up_and_grows(office: Office) -> None:
    editor, page = await with_line(office, terms())
    typed = {
        "figure-value": "40",
        "breakdown-0-recipient": "Halton High",
        "breakdown-0-figure-value": "10",
        "breakdown-1-place": "Wirral",
        "breakdown-1-figure-value": "20",
        "breakdown-2-sector": "vcfse",
        "breakdown-2-figure-value": "5",
    }
    more = await editor.submit(page, "Add more parts", typed, expect=200)
    assert [more.forms[0].fields[name] for name in typed] == [[said] for said in typed.values()]
    assert (await office.world.line()).version == 1
    again = await editor.submit(more, "Save and continue", expect=422)
    [said] = [words for words in again.links if words.startswith("The parts add up to 35, the figure is 40")]
    assert again.links[said].startswith("#breakdown")
    await editor.submit(again, "Save and continue", {"breakdown-3-recipient": "St Mary's", "breakdown-3-figure-value": "5"})
    assert len((await office.world.line()).content.breakdown) == 4


async def test_what_counts_and_how_it_is_rated_is_said_before_anything_is_typed(office: Office) -> None:
    contract = a_contract(
        an_obligation("hours", terms(target=30)).model_copy(
            update={
                "versions": tuple(
                    version.model_copy(update={"wording": "120 hours a year with schools <b>nearby</b>"})
                    for version in an_obligation("hours", terms(target=30)).versions
                )
            }
        )
    )
    await office.world.hear(an_organisation(), contract, when=OCTOBER)
    office.runtime.clock.advance(OCTOBER)  # type: ignore[attr-defined]
    editor = await office.editor()
    page = await editor.get((await editor.get(f"{LIST}?quarter={Q2.code}")).links["Soft services"])
    page = await editor.get(page.links[f"hours {LABEL}"])
    assert "120 hours a year with schools <b>nearby</b>" in page.text
    assert "What happened from 1 July 2026 to 30 September 2026" in page.text
    assert "Good 30 hours or more" in page.text
    assert "April to June 2026 Target 30 hours Reported Nothing yet Rating Not approved yet" in page.text


async def test_a_story_too_long_is_refused_and_kept(office: Office) -> None:
    editor, page = await with_line(office, terms())
    again = await editor.submit(page, "Save and continue", {"figure-value": "40", "story": "x" * 4001}, expect=422)
    assert again.links["Enter 4,000 characters or fewer"] == "#story"
    assert again.forms[0].fields["story"] == ["x" * 4001]
    for strange in ("\0", "1e99", "NaN", "Infinity", "½"):
        await editor.submit(page, "Save and come back later", {"figure-value": strange}, expect=422)
