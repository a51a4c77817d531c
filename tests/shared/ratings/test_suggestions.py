"""What is suggested before a person confirms it: bands, spread targets; and what months come to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.obligations import Direction, Figure, Kind, OverTime, Terms
from shared.quarters import Quarter, quarters_of
from shared.ratings import NoQuarterToSpreadOver, Spread, roll_up, rounded, shown, shown_percent, spread, suggested_bands
from tests.shared.ratings.builders import a_figure, terms

HIGHER, LOWER = Direction


@pytest.mark.parametrize(
    ("kind", "direction", "target", "bands"),
    [
        (Kind.FLOW, HIGHER, "50", ("share_of_target", "1", "0.9", "0.7")),
        (Kind.FTE, HIGHER, "12.5", ("share_of_target", "1", "0.9", "0.7")),
        (Kind.HEADCOUNT, HIGHER, "40", ("share_of_target", "1", "0.9", "0.7")),
        (Kind.RATIO, HIGHER, "95", ("thresholds", "95", "90", "80")),
        (Kind.RATIO, HIGHER, "50", ("thresholds", "50", "45", "35")),
        (Kind.RATIO, HIGHER, "40", ("thresholds", "40", "36", "28")),
        (Kind.FLOW, LOWER, "9", ("thresholds", "9", "10", "12.857143")),
        (Kind.RATIO, LOWER, "6.3", ("thresholds", "6.3", "7", "9")),
        (Kind.FLOW, LOWER, "0", ("thresholds", "0", "0", "0")),
    ],
)
def test_suggested_bands(kind: Kind, direction: Direction, target: str, bands: tuple[str, ...]) -> None:
    found = suggested_bands(kind, direction, Decimal(target))
    assert found is not None
    assert (found.by.value, *(found.good, found.approaching, found.improvement)) == (bands[0], *map(Decimal, bands[1:]))


def test_a_flag_has_no_bands() -> None:
    assert suggested_bands(Kind.FLAG, HIGHER, Decimal(1)) is None


STARTS, ENDS = date(2026, 8, 16), date(2028, 3, 31)


@pytest.mark.parametrize(
    ("way", "total", "ends", "targets"),
    [
        (Spread.EVENLY, "100", date(2027, 3, 31), "33.34 33.33 33.33"),
        (Spread.BY_DAYS, "230", date(2027, 3, 31), "46.4 92.81 90.79"),
        (Spread.RAMPED, "60", date(2027, 3, 31), "10 20 30"),
        (Spread.BY_TERM, "60", date(2027, 9, 30), "0 20 20 20 0"),
        (Spread.ONCE_A_YEAR, "10", date(2028, 3, 31), "0 0 5 0 0 0 5"),
        (Spread.ONCE_A_YEAR, "10", date(2027, 6, 30), "0 0 5 5"),
    ],
)
def test_a_total_is_spread(way: Spread, total: str, ends: date, targets: str) -> None:
    found = spread(Decimal(total), quarters_of(STARTS, ends), way, starts_on=STARTS, ends_on=ends)
    assert [entry.target for entry in found] == list(map(Decimal, targets.split()))


@given(st.decimals(min_value=0, max_value=10**6, places=4), st.sampled_from(Spread), st.integers(0, 1200))
def test_what_is_spread_sums_to_the_total_exactly(total: Decimal, way: Spread, length: int) -> None:
    ends = date.fromordinal(STARTS.toordinal() + length)
    quarters = quarters_of(STARTS, ends)
    if way is Spread.BY_TERM and quarters == [Quarter.of(STARTS)]:
        with pytest.raises(NoQuarterToSpreadOver):
            spread(total, quarters, way, starts_on=STARTS, ends_on=ends)
        return
    found = spread(total, quarters, way, starts_on=STARTS, ends_on=ends)
    assert sum(entry.target for entry in found) == total
    assert all(entry.target >= 0 for entry in found)


FTE, RATIO = terms(Kind.FTE), terms(Kind.RATIO)


@pytest.mark.parametrize(
    ("in_force", "months", "quarter"),
    [
        (terms(), "10 20.5 0", "30.5"),
        (FTE, "10 10 11", "10.333333"),
        (FTE, "10 11", "10.5"),
        (terms(Kind.HEADCOUNT), "10 12 9", "9"),
        (terms(Kind.FLAG), "0 1 1", "1"),
    ],
)
def test_months_roll_up_by_their_kind(in_force: Terms, months: str, quarter: str) -> None:
    assert roll_up(in_force, [a_figure(month) for month in months.split()]) == Figure(value=Decimal(quarter))


def test_months_of_a_ratio_pool_or_take_the_latest() -> None:
    months = [a_figure("90 of 100"), a_figure("0 of 0"), a_figure("399 of 400")]
    assert roll_up(RATIO, months) == a_figure("489 of 500")
    assert roll_up(terms(Kind.RATIO, over_time=OverTime.LATEST), months) == a_figure("399 of 400")


def test_a_quarter_is_nil_only_where_all_its_months_are() -> None:
    assert roll_up(terms(), [a_figure("nil")] * 3).nil
    assert not roll_up(terms(), [a_figure("nil"), a_figure("5"), a_figure("nil")]).nil
    with pytest.raises(ValueError, match="at least one month"):
        roll_up(terms(), [])


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [("94.95", 1, "95.0"), ("94.949999", 1, "94.9"), ("0.005", 2, "0.01"), ("-0.005", 2, "-0.01"), ("2.5", 0, "3")],
)
def test_rounding_is_half_up(value: str, places: int, text: str) -> None:
    assert str(rounded(Decimal(value), places)) == text


def test_figures_are_shown_for_reading() -> None:
    assert shown(Decimal("19999.000000")) == "19,999"
    assert shown(Decimal("11.30")) == "11.3"
    assert shown_percent(Decimal("95")) == "95.0 %"
