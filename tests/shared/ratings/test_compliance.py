"""Compliance and the parity report: every sentence about them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.obligations import Side
from shared.ratings import AlertDates, Days, Rating, compliance, counted, parity_column
from shared.ratings.compliance import SCORES, Part

CORE, SOCIAL = Side
GOOD, APPROACHING, IMPROVEMENT, INADEQUATE, OTHER = Rating


def test_the_scores() -> None:
    assert {rating.value: str(float(score)) for rating, score in SCORES.items()} == {
        "good": "1.0",
        "approaching_target": "0.8",
        "requires_improvement": "0.5",
        "inadequate": "0.0",
    }


def test_each_side_weighs_one_half_whatever_its_number() -> None:
    found = compliance([(CORE, GOOD, False)] * 9 + [(SOCIAL, INADEQUATE, False)])
    assert found.score == Fraction(1, 2)


def test_a_side_with_none_rated_leaves_the_other_and_says_so() -> None:
    found = compliance([(CORE, APPROACHING, False), (SOCIAL, OTHER, False)])
    assert (found.score, found.one_sided) == (Fraction(8, 10), CORE)
    assert found.parts[SOCIAL] == Part(score=None, rated=0, incomplete=0, other=1)


def test_incomplete_ratings_are_counted_beside_not_in() -> None:
    found = compliance([(CORE, GOOD, False), (CORE, INADEQUATE, True), (SOCIAL, IMPROVEMENT, False), (SOCIAL, OTHER, True)])
    assert found.score == Fraction(3, 4)
    assert found.parts[CORE] == Part(score=Fraction(1), rated=1, incomplete=1, other=0)
    assert found.parts[SOCIAL] == Part(score=Fraction(1, 2), rated=1, incomplete=1, other=0)
    assert found.one_sided is None


def test_nothing_rated_has_no_score() -> None:
    assert compliance([]).score is None


@given(st.lists(st.tuples(st.sampled_from(Side), st.sampled_from(Rating), st.booleans())))
def test_swapping_every_side_swaps_the_parts_and_leaves_the_score(ratings: list[tuple[Side, Rating, bool]]) -> None:
    swapped = [(SOCIAL if side is CORE else CORE, rating, incomplete) for side, rating, incomplete in ratings]
    one, other = compliance(ratings), compliance(swapped)
    assert one.score == other.score
    assert (one.parts[CORE], one.parts[SOCIAL]) == (other.parts[SOCIAL], other.parts[CORE])


def test_the_columns_of_the_parity_report() -> None:
    monday = date(2026, 10, 5)
    counts = counted(
        ratings={(GOOD, False): 2, (INADEQUATE, False): 1, (OTHER, False): 1, (APPROACHING, True): 1},
        returns_due=3,
        returns_on_time=2,
        alerts=[
            AlertDates(monday, acknowledged_on=date(2026, 10, 6), planned_on=date(2026, 10, 12), resolved_on=date(2026, 10, 19)),
            AlertDates(monday, acknowledged_on=date(2026, 10, 9)),
            AlertDates(monday),
        ],
    )
    column = parity_column(counts)
    assert (column.rated, column.incomplete) == (4, 1)
    assert column.shares == {
        GOOD: Fraction(1, 2),
        APPROACHING: 0,
        IMPROVEMENT: 0,
        INADEQUATE: Fraction(1, 4),
        OTHER: Fraction(1, 4),
    }
    assert (column.returns_due, column.returns_on_time, column.alerts_raised) == (3, 2, 3)
    assert column.to_acknowledge == Days(2, Fraction(5, 2), 4)
    assert column.to_plan == Days(1, Fraction(5), 5)
    assert column.to_resolve == Days(1, Fraction(10), 10)


@pytest.mark.parametrize(("count", "ninetieth"), [(1, 1), (9, 9), (10, 9), (11, 10), (20, 18)])
def test_the_ninetieth_percentile_is_the_time_within_which_nine_of_ten_were_done(count: int, ninetieth: int) -> None:
    monday = date(2026, 10, 5)
    weekdays = [date.fromordinal(monday.toordinal() + n // 5 * 7 + n % 5) for n in range(1, count + 1)]
    column = parity_column(counted({}, 0, 0, [AlertDates(monday, resolved_on=day) for day in weekdays]))
    assert column.to_resolve.ninetieth == ninetieth


def test_an_empty_period_has_no_shares_and_no_days() -> None:
    column = parity_column(counted({}, 0, 0))
    assert (column.shares, column.to_acknowledge) == ({}, Days(0, None, None))
