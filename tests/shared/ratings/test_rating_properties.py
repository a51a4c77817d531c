"""What holds of every rating, whatever the figures."""

from __future__ import annotations

import inspect
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

import shared.ratings as ratings
from shared.obligations import Basis, Direction, Figure, Kind, Side, Terms
from shared.quarters import Quarter
from shared.ratings import QuarterOwed, Rating, rate
from tests.shared.ratings.builders import Q1, terms, thresholds

ORDER = (Rating.INADEQUATE, Rating.REQUIRES_IMPROVEMENT, Rating.APPROACHING_TARGET, Rating.GOOD)

amounts = st.decimals(min_value=0, max_value=1000, places=2)


@st.composite
def in_force(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> Terms:
    kind = draw(st.sampled_from(kinds))
    direction = draw(st.sampled_from(Direction))
    limits = sorted(draw(st.tuples(amounts, amounts, amounts)), reverse=direction is Direction.HIGHER)
    by_thresholds = kind is Kind.RATIO or direction is Direction.LOWER
    bands = {"bands": thresholds(*map(str, limits))} if by_thresholds else {}
    return terms(kind, target=draw(amounts), basis=draw(st.sampled_from(Basis)), direction=direction, **bands)


@st.composite
def figures(draw: st.DrawFn, kind: Kind) -> Figure:
    if kind is Kind.RATIO:
        return Figure(numerator=draw(amounts), denominator=draw(amounts))
    return Figure(value=Decimal(draw(st.integers(0, 1))) if kind is Kind.FLAG else draw(amounts))


@st.composite
def histories(draw: st.DrawFn) -> list[QuarterOwed]:
    """A few quarters of one obligation, some of them missing, varied once."""
    first = draw(in_force())
    length = draw(st.integers(1, 7))
    varied = first.model_copy(update={"target": draw(amounts), "version": 2})
    turn = draw(st.integers(0, 7))
    return [
        QuarterOwed(
            Q1.plus(n),
            first if n < turn else varied,
            draw(st.none() | figures(first.kind)),
            draw(st.integers(1, 92)),
        )
        for n in range(length)
    ]


def last_quarter(history: list[QuarterOwed]) -> Quarter:
    return history[-1].quarter


@given(histories())
def test_every_owed_quarter_has_a_rating_with_a_reason_only_for_other(history: list[QuarterOwed]) -> None:
    for entry in history:
        found = rate(history, entry.quarter)
        assert found is not None
        assert (found.reason is not None) == (found.rating is Rating.OTHER)


@given(histories(), st.randoms())
def test_the_order_of_what_is_given_does_not_matter(history: list[QuarterOwed], random: object) -> None:
    mixed = list(history)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert rate(mixed, last_quarter(history)) == rate(history, last_quarter(history))


@given(histories(), st.integers(0, 6), amounts)
def test_a_variation_never_changes_a_past_ratings_inputs(history: list[QuarterOwed], turn: int, target: Decimal) -> None:
    turn = min(turn, len(history) - 1)
    varied = [
        entry
        if n < turn
        else QuarterOwed(entry.quarter, entry.terms.model_copy(update={"target": target}), entry.figure, entry.days)
        for n, entry in enumerate(history)
    ]
    for entry in history[:turn]:
        assert rate(varied, entry.quarter) == rate(history, entry.quarter)


@given(histories(), amounts)
def test_more_delivered_is_never_worse_and_for_lower_is_better_never_better(history: list[QuarterOwed], more: Decimal) -> None:
    latest = history[-1]
    if latest.figure is None or latest.figure.value is None or latest.terms.kind is Kind.FLAG:
        return
    grown = [*history[:-1], QuarterOwed(latest.quarter, latest.terms, Figure(value=latest.figure.value + more), latest.days)]
    before, after = rate(history, latest.quarter), rate(grown, latest.quarter)
    assert before is not None
    assert after is not None
    if Rating.OTHER in (before.rating, after.rating):
        assert before.rating is after.rating
    elif latest.terms.direction is Direction.HIGHER:
        assert ORDER.index(after.rating) >= ORDER.index(before.rating)
    else:
        assert ORDER.index(after.rating) <= ORDER.index(before.rating)


def test_no_rule_can_be_told_a_side_but_compliance_that_lays_them_beside_each_other() -> None:
    for name in ratings.__all__:
        rule = getattr(ratings, name)
        if inspect.isfunction(rule) and name != "compliance":
            hints = " ".join(map(str, inspect.get_annotations(rule).values()))
            assert Side.__name__ not in hints
    assert "side" not in QuarterOwed.__dataclass_fields__
    assert "side" not in Terms.model_fields
