"""Small numbers, overlaps, years: pure rules."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.models.totals import Amounts, Cell, CountedMeasure, Dimension
from services.aggregator.rules.counting import over_quarters, parts_of, percent
from services.aggregator.rules.showing import as_total, hidden_members, hide_small_numbers, overlap_notes, with_groups
from services.aggregator.rules.years import year_totals
from shared.obligations import Kind, OverTime, Scope
from tests.aggregator.builders import Q1, Q2, Q3, Q4


def a_measure(code: str = "NT4a", kind: Kind = Kind.FTE, **fields) -> CountedMeasure:
    return CountedMeasure(
        **{
            "measure_id": uuid4(),
            "framework": "cm-toms-2024",
            "code": code,
            "label": code,
            "unit": "FTE",
            "kind": kind,
            "over_time": OverTime.MEAN,
            "scope": Scope.CONTRACT,
            "theme": "Jobs",
            "outcome": "More local people in employment",
            "overlaps": (),
            "suppress": True,
            "buyer_id": None,
        }
        | fields
    )


MEASURE = a_measure()


def cell(member: str, value: int | str | None, *, measure=MEASURE, dimension=Dimension.PLACE, quarter=Q2, **fields) -> Cell:
    amounts = None if value is None else Amounts(Decimal(value))
    zero = Decimal(0)
    return Cell(quarter.first_day, measure, False, dimension, member, member, amounts, 1, 1, 1, zero, zero, zero, **fields)


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        ({"Halton": 2, "Wirral": 8, "Sefton": 6}, {"Halton", "Sefton"}),
        ({"Halton": 2, "Wirral": 4, "Sefton": 6}, {"Halton", "Wirral"}),
        ({"Halton": 5, "Wirral": 8}, set()),
        ({"Halton": 0, "Wirral": 8}, set()),
        ({"Halton": 2, "Wirral": 0, "Sefton": 60}, {"Halton", "Sefton"}),
        ({"Halton": 2, "Wirral": 0}, {"Halton", "Wirral"}),
        ({"Halton": 2}, {"Halton"}),
        ({"Halton": Decimal("4.9"), "Sefton": 9, "Wirral": 9}, {"Halton", "Sefton"}),
        ({}, set()),
    ],
)
def test_small_numbers_and_the_next_smallest_are_hidden(values, hidden):
    assert hidden_members({member: Decimal(value) for member, value in values.items()}, 5) == hidden


def test_the_threshold_is_a_setting():
    assert hidden_members({"Halton": Decimal(9), "Wirral": Decimal(30)}, 10) == {"Halton", "Wirral"}
    assert hidden_members({"Halton": Decimal(2), "Wirral": Decimal(3)}, 0) == set()


values = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 12).map(Decimal), min_size=2, max_size=9)


@given(values)
def test_a_small_number_cannot_be_had_by_subtracting_the_others_from_the_total(members):
    hidden = hidden_members(members, 5)
    small = {member for member, value in members.items() if 0 < value < 5}
    assert small <= hidden
    if small:
        # The total less what is shown is the sum of at least two, of which no one is known.
        assert len(hidden) >= 2
    assert bool(small) == bool(hidden)


@given(st.lists(values, min_size=2, max_size=4))
def test_nor_by_subtracting_quarters_from_the_year(quarters):
    """Where exactly one figure of a year is unknown in any sum that is shown, that figure would be known."""
    by_quarter = {
        quarter.first_day: [cell(member, value, measure=HOURS, quarter=quarter) for member, value in members.items()]
        for quarter, members in zip((Q1, Q2, Q3, Q4), quarters, strict=False)
    }
    unknown = {(day, each.member) for day, cells in by_quarter.items() for each in hide_small_numbers(cells, 5) if each.hidden}
    shown = {total.member: not total.hidden for total in year_totals(by_quarter, 5)}
    sums = [{(day, each.member) for each in cells} for day, cells in by_quarter.items()]  # each quarter's total of the region
    sums += [{(day, member) for day in by_quarter} for member, is_shown in shown.items() if is_shown]
    assert all(len(one & unknown) != 1 for one in sums)


HOURS = a_measure("NT13", Kind.FLOW, over_time=OverTime.SUM, unit="weeks")


def test_only_measures_that_are_marked_hide_small_numbers():
    shown = hide_small_numbers([cell("Halton", 2, measure=a_measure(suppress=False)), cell("Wirral", 9)], 5)
    assert not any(each.hidden for each in shown)


def test_hiding_looks_at_every_dimension_alone():
    cells = [cell("public", 2, dimension=Dimension.SECTOR), cell("vcfse", 30, dimension=Dimension.SECTOR), cell("Wirral", 32)]
    assert [each.hidden for each in hide_small_numbers(sorted(cells, key=lambda each: each.dimension), 5)] == [False, True, True]


def test_a_ratio_hides_small_numerators():
    ratio = a_measure("NT2", Kind.RATIO)
    cells = [cell(member, 0, measure=ratio) for member in ("Halton", "Wirral")]
    amounts = [Amounts(None, Decimal(3), Decimal(400)), Amounts(None, Decimal(90), Decimal(400))]
    cells = [Cell(*[getattr(each, name) for name in ("quarter", "measure", "pledge", "dimension", "member", "member_name")], pair,
                  1, 1, 1, Decimal(0), Decimal(0), Decimal(0)) for each, pair in zip(cells, amounts, strict=True)]  # fmt: skip
    assert all(each.hidden for each in hide_small_numbers(cells, 5))


def test_hidden_and_missing_figures_carry_no_value_and_say_which_they_are():
    hidden, missing = as_total(cell("Halton", None, hidden=True)), as_total(cell("Wirral", None))
    assert (hidden.value, hidden.hidden, missing.value, missing.hidden) == (None, True, None, False)


def test_measures_group_under_outcome_and_theme_and_keep_their_own_figures():
    cells = with_groups([cell("all", 3, dimension=Dimension.REGION), cell("all", 7, dimension=Dimension.REGION, measure=HOURS)])
    themes = [(each.member, each.amounts.people) for each in cells if each.dimension is Dimension.THEME]
    assert themes == [("Jobs", 3), ("Jobs", 7)]


def test_overlapping_measures_shown_together_say_so():
    spend = [as_total(cell("all", 1, measure=a_measure(code, overlaps=overlaps))) for code, overlaps in
             (("NT14", ("NT18", "NT19")), ("NT18", ("NT14", "NT19")), ("NT29", ("NT29a",)))]  # fmt: skip
    assert overlap_notes(spend) == ["NT14 and NT18 overlap: they count some of the same things."]
    assert overlap_notes(spend[1:]) == []


@pytest.mark.parametrize(
    ("kind", "over_time", "quarters", "year"),
    [
        (Kind.FLOW, OverTime.SUM, [10, 20, None], 30),
        (Kind.FTE, OverTime.MEAN, [10, 13], Decimal("11.5")),
        (Kind.FTE, OverTime.MEAN, [10, None, 13], Decimal("11.5")),
        (Kind.HEADCOUNT, OverTime.LATEST, [30, 40], 40),
        (Kind.HEADCOUNT, OverTime.LATEST, [30, None], None),
        (Kind.FLOW, OverTime.SUM, [None, None], None),
    ],
)
def test_over_quarters_values_combine_by_their_kind(kind, over_time, quarters, year):
    found = over_quarters(kind, over_time, [None if value is None else Amounts(Decimal(value)) for value in quarters])
    assert (found and found.value) == year


@pytest.mark.parametrize(("over_time", "expected"), [(OverTime.POOL, (489, 500)), (OverTime.LATEST, (399, 400))])
def test_over_quarters_a_ratio_is_pooled_or_the_latest(over_time, expected):
    quarters = [Amounts(None, Decimal(90), Decimal(100)), Amounts(None, Decimal(399), Decimal(400))]
    found = over_quarters(Kind.RATIO, over_time, quarters)
    assert found is not None
    assert (found.numerator, found.denominator) == expected


def test_a_percentage_is_of_the_pool_and_absent_where_there_is_nothing_to_measure():
    assert percent(Amounts(None, Decimal(854), Decimal(900))) == Decimal("94.888889")
    assert percent(Amounts(None, Decimal(0), Decimal(0))) is None
    assert percent(Amounts(Decimal(3))) is None


def test_shares_of_nothing_get_nothing():
    (whole,) = parts_of({"Halton": Decimal(1), "Wirral": Decimal(0)})
    assert (whole.member, whole.share, whole.others) == ("Halton", 1, ())
