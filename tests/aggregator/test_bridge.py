"""The bridge: parts that add up to the difference exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.models.publications import Standing, Step
from services.aggregator.models.totals import Amounts
from services.aggregator.rules.bridge import bridge, total
from services.aggregator.rules.counting import percent
from shared.obligations import Kind


def at(value: int | None, *, owed: bool = True) -> Standing:
    return Standing(owed, None if value is None else Amounts(Decimal(value)))


NOTHING = Standing(owed=False, amounts=None)


@pytest.mark.parametrize(
    ("before", "before_now", "after", "steps"),
    [
        (at(10), at(10), at(12), {Step.LIKE_FOR_LIKE: 2}),
        (at(10), at(9), at(12), {Step.RESTATED: -1, Step.LIKE_FOR_LIKE: 3}),
        (at(10), at(10), NOTHING, {Step.ENDED: -10}),
        (at(10), at(10), at(None), {Step.NO_LONGER_REPORTING: -10}),
        (NOTHING, NOTHING, at(12), {Step.NEW: 12}),
        (at(None), at(None), at(12), {Step.NEWLY_REPORTING: 12}),
        (at(None), at(7), at(12), {Step.NEWLY_REPORTING: 12}),
        (NOTHING, at(7), at(12), {Step.NEWLY_REPORTING: 12}),
        (at(None), at(None), at(None), {}),
        (at(10), at(9), NOTHING, {Step.RESTATED: -1, Step.ENDED: -9}),
    ],
)
def test_why_a_contract_differs(before, before_now, after, steps):
    parts = bridge(Kind.FLOW, {1: before}, {1: before_now}, {1: after})
    assert {part.step: part.amounts.value for part in parts if part.amounts.value} == steps
    assert {part.step for part in parts if part.members} >= set(steps)


amounts = st.decimals(0, 1000, places=6)
flows = st.builds(Standing, st.booleans(), st.none() | st.builds(Amounts, amounts))
ratios = st.builds(Standing, st.booleans(), st.none() | st.builds(Amounts, st.none(), amounts, amounts))


def standings(one: st.SearchStrategy[Standing]):
    return st.dictionaries(st.integers(1, 6), one, max_size=6)


@given(standings(flows), standings(flows), standings(flows))
def test_values_add_up_to_the_difference(before, before_now, after):
    parts = bridge(Kind.FLOW, before, before_now, after)
    difference = total(Kind.FLOW, after) - total(Kind.FLOW, before)
    assert sum(part.amounts.value for part in parts) == difference.value


@given(standings(ratios), standings(ratios), standings(ratios))
def test_of_ratios_the_pools_and_the_percentage_points_add_up(before, before_now, after):
    parts = bridge(Kind.RATIO, before, before_now, after)
    first, last = total(Kind.RATIO, before), total(Kind.RATIO, after)
    assert sum(part.amounts.numerator for part in parts) == (last - first).numerator
    assert sum(part.amounts.denominator for part in parts) == (last - first).denominator
    if percent(first) is None or percent(last) is None:
        assert all(part.percent is None for part in parts)
    else:
        assert sum(part.percent for part in parts) == percent(last) - percent(first)
