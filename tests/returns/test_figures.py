"""What is wrong with a line, what is missing on it, and what it comes to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.returns.models.activities import Activity
from services.returns.models.content import Entered, LineContent
from services.returns.rules.figures import (
    activities_changed,
    assess,
    filled,
    months_run,
    places_of,
    problems_in,
    quantity_problems,
)
from services.returns.rules.opening import lines_owed, snapshot
from shared.ids import new_id
from shared.obligations import Figure, Kind, OverTime, Terms
from shared.ratings import Unlikely
from tests.returns.builders import Q1, Q2, a_contract, an_obligation, at, content, ratio, terms, value

ALL = (True, True, True)
MONTHLY, MONTHLY_FTE = terms(monthly=True), terms(Kind.FTE, monthly=True)
FLOW, FTE, HEADCOUNT, RATIO, FLAG = (terms(kind) for kind in (Kind.FLOW, Kind.FTE, Kind.HEADCOUNT, Kind.RATIO, Kind.FLAG))
MONEY = terms(unit="GBP")


def pointers(errors: Any) -> dict[str, str]:
    return {error.pointer: error.code for error in errors}


@pytest.mark.parametrize(
    ("asked", "said", "wrong"),
    [
        (FLOW, content("40.25"), {}),
        (FLOW, content("40.255"), {"/figure/value": "too-many-decimal-places"}),
        (FLOW, content("-1"), {"/figure/value": "negative"}),
        (FLOW, content(ratio(1, 2)), {"/figure/numerator": "wrong-form", "/figure/denominator": "wrong-form"}),
        (FLOW, content(None), {}),
        (FTE, content("11.25"), {}),
        (FTE, content("11.255"), {"/figure/value": "too-many-decimal-places"}),
        (MONEY, content("19.99"), {}),
        (MONEY, content("19.999"), {"/figure/value": "too-many-decimal-places"}),
        (terms(unit="tCO2e"), content("0.125"), {}),
        (HEADCOUNT, content("40"), {}),
        (HEADCOUNT, content("40.5"), {"/figure/value": "too-many-decimal-places"}),
        (FLAG, content("1"), {}),
        (FLAG, content("2"), {"/figure/value": "not-yes-or-no"}),
        (FLAG, content("1", breakdown=[{"recipient": "A school", "figure": {"value": 1}}]), {"/breakdown": "no-breakdown"}),
        (RATIO, content(ratio(931, 980)), {}),
        (RATIO, content(ratio(0, 0)), {}),
        (RATIO, content(ratio(981, 980)), {"/figure/numerator": "above-denominator"}),
        (RATIO, content("95"), {"/figure/value": "wrong-form"}),
        (RATIO, content(Entered(numerator=Decimal(931))), {}),
        (terms(Kind.RATIO, unit="kWh per m2"), content(ratio(981, 980)), {}),
        (terms(Kind.RATIO, unit="kWh per m2"), content(ratio(981, 0)), {"/figure/numerator": "above-denominator"}),
        (RATIO, content(ratio(1, 2), share="0.5"), {"/share": "no-share"}),
        (FLAG, content("1", share="0.5"), {"/share": "no-share"}),
        (FLOW, content("1", nil_reason="None asked for"), {"/nil_reason": "nil-with-figure"}),
        (FLOW, content(None, nil_reason="None asked for"), {}),
        (FLOW, content(None, months=[value(1), None, None]), {"/months": "not-monthly"}),
        (MONTHLY, content("3"), {"/figure": "monthly"}),
        (MONTHLY, content(None, months=[value(1), value("2.001"), None]), {"/months/1/value": "too-many-decimal-places"}),
        (
            FLOW,
            content("3", breakdown=[{"place": "Halton", "figure": {"value": "1.001"}}]),
            {"/breakdown/0/figure/value": "too-many-decimal-places"},
        ),
    ],
)
def test_what_cannot_be_right_is_refused_when_it_is_saved(asked: Terms, said: LineContent, wrong: dict[str, str]) -> None:
    assert pointers(problems_in(said, asked)) == wrong


TWO_PLACES = [{"place": "Halton", "figure": {"value": "30"}}, {"place": "Wirral", "figure": {"value": "10"}}]


@pytest.mark.parametrize(
    ("asked", "said", "missing"),
    [
        (FLOW, content("40"), {}),
        (FLOW, content(None), {"/figure/value": "missing"}),
        (FLOW, content(Entered()), {"/figure/value": "missing"}),
        (FLOW, content(None, nil_reason="None asked for"), {}),
        (RATIO, content(Entered(numerator=Decimal(1))), {"/figure": "missing"}),
        (RATIO, content(ratio(0, 0)), {}),
        (MONTHLY, content(None), {f"/months/{nth}/value": "missing" for nth in range(3)}),
        (MONTHLY, content(None, months=[value(1), value(0), None]), {"/months/2/value": "missing"}),
        (FLOW, content("40", breakdown=TWO_PLACES), {}),
        (FLOW, content("41", breakdown=TWO_PLACES), {"/breakdown": "does-not-add-up"}),
        (FLOW, content("40", breakdown=TWO_PLACES, share="0.5"), {}),
        (
            RATIO,
            content(ratio(3, 5), breakdown=[{"sector": "vcfse", "figure": {"numerator": 3, "denominator": 4}}]),
            {"/breakdown": "does-not-add-up"},
        ),
        (FLOW, content("151"), {"/unlikely_reason": "unlikely"}),
        (FLOW, content("151", unlikely_reason="Two summer schools in one quarter"), {}),
        (FLOW, content("302", share="0.5", unlikely_reason="A large event"), {}),
        (FLOW, content("300", share="0.5"), {}),
        (HEADCOUNT, content("151"), {"/unlikely_reason": "unlikely"}),
    ],
)
def test_what_is_missing_is_named_when_it_is_submitted(asked: Terms, said: LineContent, missing: dict[str, str]) -> None:
    assessed = assess(said, asked, ALL, [])
    assert pointers(assessed.errors) == missing
    assert (assessed.figure is None) <= bool(missing)


def test_a_figure_that_is_far_from_usual_or_the_same_again_is_unlikely() -> None:
    four = [Figure(value=Decimal(n)) for n in (10, 11, 9, 10)]
    assert assess(content("60"), FLOW, ALL, four).unlikely == (Unlikely.FAR_FROM_USUAL,)
    same = [Figure(value=Decimal(7)), Figure(value=Decimal(7))]
    assessed = assess(content("7"), FLOW, ALL, same)
    assert assessed.unlikely == (Unlikely.SAME_AGAIN,)
    assert pointers(assessed.errors) == {"/unlikely_reason": "unlikely"}


@pytest.mark.parametrize(
    ("asked", "said", "counts"),
    [
        (FLOW, content("40"), Figure(value=Decimal(40))),
        (FLOW, content("40.01", share="0.3333"), Figure(value=Decimal("13.335333"))),
        (terms(unit="tonnes"), content("0.001", share="0.3333"), Figure(value=Decimal("0.000333"))),
        (FLOW, content(None, nil_reason="None"), Figure(value=Decimal(0), nil=True)),
        (RATIO, content(None, nil_reason="None"), Figure(numerator=Decimal(0), denominator=Decimal(0), nil=True)),
        (RATIO, content(ratio(931, 980)), Figure(numerator=Decimal(931), denominator=Decimal(980))),
        (MONTHLY, content(None, months=[value(1), value(2), value(4)]), Figure(value=Decimal(7))),
        (MONTHLY_FTE, content(None, months=[value(10), value(10), value(11)]), Figure(value=Decimal("10.333333"))),
        (terms(Kind.HEADCOUNT, monthly=True), content(None, months=[value(9), value(8), value(7)]), Figure(value=Decimal(7))),
        (
            terms(Kind.RATIO, monthly=True),
            content(None, months=[ratio(9, 10), ratio(80, 100), ratio(1, 1)]),
            Figure(numerator=Decimal(90), denominator=Decimal(111)),
        ),
        (
            terms(Kind.RATIO, monthly=True, over_time=OverTime.LATEST),
            content(None, months=[ratio(9, 10), ratio(80, 100), ratio(1, 1)]),
            Figure(numerator=Decimal(1), denominator=Decimal(1)),
        ),
        (FLAG, LineContent.model_validate({"figure": {"value": True}}), Figure(value=Decimal(1))),
    ],
)
def test_what_counts(asked: Terms, said: LineContent, counts: Figure) -> None:
    assert assess(said, asked, ALL, []).figure == counts


def test_a_month_in_which_the_contract_did_not_run_is_left_out() -> None:
    contract = snapshot(a_contract(starts_on=date(2026, 5, 10), ends_on=date(2026, 5, 31)))
    ran = months_run(contract, Q1)
    assert ran == (False, True, False)
    assert months_run(contract, Q2) == (False, False, False)
    monthly = terms(Kind.FTE, monthly=True)
    assert assess(content(None, months=[None, value(4), None]), monthly, ran, []).figure == Figure(value=Decimal(4))
    assert pointers(assess(content(None, months=[value(4), None, None]), monthly, ran, []).errors) == {
        "/months/0": "not-owed",
        "/months/1/value": "missing",
    }


def test_an_average_of_months_is_broken_down_as_it_is_read() -> None:
    """10, 10 and 11 average to 10.333…: parts of 5 and 5.33 add up to what a person reads."""
    parts = [{"place": "Halton", "figure": {"value": 5}}, {"place": "Wirral", "figure": {"value": "5.33"}}]
    said = content(None, months=[value(10), value(10), value(11)], breakdown=parts)
    assert assess(said, terms(Kind.FTE, monthly=True), ALL, []).errors == ()


@pytest.mark.parametrize(
    "said",
    [
        {"share": "0"},
        {"share": "1.01"},
        {"share": "0.33333"},
        {"figure": {"value": "NaN"}},
        {"figure": {"value": "1e400"}},
        {"figure": {"value": "Infinity"}},
        {"story": "a\0b"},
        {"story": "x" * 4001},
        {"months": [None, None]},
        {"breakdown": [{"figure": {"value": 1}}]},
        {"breakdown": [{"recipient": " ", "figure": {"value": 1}}]},
        {"unknown": 1},
    ],
)
def test_what_no_line_can_say_is_refused_by_the_model(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LineContent.model_validate(said)


def test_blank_text_is_no_text() -> None:
    assert LineContent.model_validate({"story": "  ", "nil_reason": ""}) == LineContent()


KINDS = st.sampled_from([FLOW, FTE, HEADCOUNT, MONEY, terms(unit="tCO2e")])


@given(KINDS, st.integers(0, 10**9), st.integers(1, 10_000))
def test_a_share_never_adds_anything(asked: Terms, units: int, ten_thousandths: int) -> None:
    figure = Decimal(units).scaleb(-places_of(asked))
    said = content(value(str(figure)), share=str(Decimal(ten_thousandths).scaleb(-4)), unlikely_reason="It is so")
    counted = assess(said, asked, ALL, []).figure
    assert counted is not None
    assert counted.value is not None
    assert 0 <= counted.value <= figure
    assert abs(counted.value - figure * said.share) <= Decimal("0.0000005")


class TestActivities:
    """A line filled from what was noted as it happened."""

    @staticmethod
    def done(day: date, quantity: Entered, activity_id: UUID | None = None) -> Activity:
        return Activity(
            activity_id=activity_id or new_id(),
            contract_id=new_id(),
            obligation_id=new_id(),
            happened_on=day,
            quantity=quantity,
            recorded_at=at(day),
            recorded_by=new_id(),
            changed_at=at(day),
            changed_by=new_id(),
        )

    @pytest.mark.parametrize(
        ("asked", "done", "figure"),
        [
            (FLOW, [value("1.5"), value(2)], value("3.5")),
            (FTE, [value(1), value(2), value(2)], value("1.67")),
            (HEADCOUNT, [value(9), value(7)], value(7)),
            (RATIO, [ratio(1, 2), ratio(9, 10)], ratio(10, 12)),
            (FLAG, [value(0), value(1)], value(1)),
        ],
    )
    def test_a_quarter_fills_from_its_activities(self, asked: Terms, done: list[Entered], figure: Entered) -> None:
        quantities = [(date(2026, 5, 1 + nth), quantity) for nth, quantity in enumerate(done)]
        assert filled(quantities, asked, Q1, content(None, nil_reason="Nothing yet")) == content(figure)

    def test_months_fill_from_their_own(self) -> None:
        quantities = [(date(2026, 4, 1), value(1)), (date(2026, 4, 30), value(2)), (date(2026, 6, 1), value(4))]
        assert filled(quantities, terms(monthly=True), Q1, LineContent()).months == (value(3), None, value(4))

    @pytest.mark.parametrize(
        ("asked", "quantity", "wrong"),
        [
            (FLOW, value(1), {}),
            (FLOW, Entered(), {"/quantity/value": "missing"}),
            (RATIO, Entered(numerator=Decimal(1)), {"/quantity": "missing"}),
            (RATIO, value(1), {"/quantity/value": "wrong-form"}),
            (HEADCOUNT, value("1.5"), {"/quantity/value": "too-many-decimal-places"}),
        ],
    )
    def test_a_quantity_is_checked_as_a_figure_is(self, asked: Terms, quantity: Entered, wrong: dict[str, str]) -> None:
        assert pointers(quantity_problems(quantity, asked)) == wrong

    def test_a_change_behind_a_filled_line_is_noticed(self) -> None:
        done = [self.done(date(2026, 5, 1), value(1)), self.done(date(2026, 5, 2), value(2))]
        [owed] = lines_owed(a_contract(an_obligation()), Q1, return_id=new_id(), at=at(Q2.first_day), new_id=new_id)
        line = owed.model_copy(update={"content": content(3), "filled_from": tuple(one.activity_id for one in done)})
        more = done[0].model_copy(update={"quantity": value(5)})
        assert not activities_changed(line, done)
        assert activities_changed(line, done[:1])
        assert activities_changed(line, [more, done[1]])
