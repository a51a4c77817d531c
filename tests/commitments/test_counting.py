"""What an obligation comes to, from what a person entered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.commitments.rules.counting import Counted, count
from shared.errors import FieldError
from shared.obligations import BandsBy, Basis, Direction, Kind, Measure, OverTime
from tests.commitments.builders import ENDS, Q1, Q3, QUARTERS, STARTS, an_obligation, targets

_OVER_TIME = {Kind.FLOW: OverTime.SUM, Kind.FTE: OverTime.MEAN, Kind.RATIO: OverTime.LATEST}


def _measure(kind: Kind, direction: Direction = Direction.HIGHER) -> Measure:
    unit = "%" if kind is Kind.RATIO else "things"
    over_time = _OVER_TIME.get(kind, OverTime.LATEST)
    return Measure(framework="f", code="X1", label="x", unit=unit, kind=kind, direction=direction, over_time=over_time)


def _count(kind: Kind, direction: Direction = Direction.HIGHER, **entered: Any) -> Counted | list[FieldError]:
    return count(an_obligation(**entered), _measure(kind, direction), version=1, starts_on=STARTS, ends_on=ENDS)


@pytest.mark.parametrize(
    ("kind", "direction", "target", "basis", "bands"),
    [
        (Kind.FLOW, Direction.HIGHER, "50", Basis.YEAR, ("share_of_target", "1", "0.9", "0.7")),
        (Kind.FTE, Direction.HIGHER, "12.5", Basis.QUARTER, ("share_of_target", "1", "0.9", "0.7")),
        (Kind.HEADCOUNT, Direction.HIGHER, "40", Basis.QUARTER, ("share_of_target", "1", "0.9", "0.7")),
        (Kind.RATIO, Direction.HIGHER, "95", Basis.QUARTER, ("thresholds", "95", "90", "80")),
        (Kind.RATIO, Direction.HIGHER, "40", Basis.QUARTER, ("thresholds", "40", "36", "28")),
        (Kind.HEADCOUNT, Direction.LOWER, "63", Basis.QUARTER, ("thresholds", "63", "70", "90")),
        (Kind.HEADCOUNT, Direction.LOWER, "0", Basis.QUARTER, ("thresholds", "0", "0", "0")),
        (Kind.FLOW, Direction.LOWER, "63", Basis.YEAR, ("thresholds", "252", "280", "360")),
    ],
)
def test_what_is_left_out_is_the_default_of_the_kind(
    kind: Kind, direction: Direction, target: str, basis: Basis, bands: tuple[str, str, str, str]
) -> None:
    counted = _count(kind, direction, targets=targets(target))
    assert isinstance(counted, Counted)
    assert counted.terms.basis is basis
    assert counted.terms.bands is not None
    assert counted.terms.bands.by == bands[0]
    assert [counted.terms.bands.good, counted.terms.bands.approaching, counted.terms.bands.improvement] == [
        Decimal(value) for value in bands[1:]
    ]
    assert counted.suggested == (counted.terms.bands.by is BandsBy.THRESHOLDS)


def test_a_flag_has_no_bands() -> None:
    counted = _count(Kind.FLAG, targets=targets(1))
    assert isinstance(counted, Counted)
    assert counted.terms.bands is None


def test_a_total_is_spread_over_the_quarters_exactly() -> None:
    counted = _count(Kind.FLOW, spread={"total": "100", "way": "evenly"})
    assert isinstance(counted, Counted)
    assert [entry.quarter for entry in counted.targets] == QUARTERS
    assert sum(entry.target for entry in counted.targets) == 100


def test_a_total_of_fte_is_spread_where_quarters_count_as_parts_of_years() -> None:
    counted = _count(Kind.FTE, spread={"total": "25"}, fte_counting="fte_years")
    assert isinstance(counted, Counted)
    assert sum(entry.target for entry in counted.targets) == 25


@pytest.mark.parametrize(
    ("kind", "entered", "pointer", "code"),
    [
        (Kind.HEADCOUNT, {"spread": {"total": "40"}}, "/spread/total", "no-total"),
        (Kind.FLAG, {"spread": {"total": "1"}}, "/spread/total", "no-total"),
        (Kind.RATIO, {"spread": {"total": "95"}}, "/spread/total", "no-total"),
        (Kind.FTE, {"spread": {"total": "12.5"}}, "/spread/total", "no-total"),
        (Kind.FLOW, {"targets": targets(5, QUARTERS[-1].next())}, "/targets/0/quarter", "outside-contract"),
        (Kind.FLAG, {"targets": targets(2, Q1)}, "/targets/0/target", "not-a-flag"),
        (Kind.HEADCOUNT, {"targets": targets("1.5", Q1)}, "/targets/0/target", "not-whole"),
        (Kind.RATIO, {"targets": targets(101, Q1)}, "/targets/0/target", "not-a-percentage"),
        (
            Kind.RATIO,
            {"bands": {"by": "share_of_target", "good": 1, "approaching": "0.9", "improvement": "0.7"}},
            "/bands/by",
            "bands",
        ),
        (
            Kind.FLOW,
            {"bands": {"by": "share_of_target", "good": "0.7", "approaching": "0.9", "improvement": 1}},
            "/bands",
            "bands",
        ),
        (
            Kind.FLAG,
            {"targets": targets(1), "bands": {"by": "thresholds", "good": 1, "approaching": 1, "improvement": 1}},
            "/bands",
            "bands",
        ),
    ],
)
def test_what_cannot_be_counted_is_named(kind: Kind, entered: dict[str, Any], pointer: str, code: str) -> None:
    errors = _count(kind, **entered)
    assert isinstance(errors, list)
    assert [(error.pointer, error.code) for error in errors] == [(pointer, code)]


def test_bands_of_what_should_be_low_rise() -> None:
    bands = {"by": "thresholds", "good": 5, "approaching": 6, "improvement": 8}
    assert isinstance(_count(Kind.FLOW, Direction.LOWER, bands=bands), Counted)
    assert isinstance(_count(Kind.FLOW, Direction.HIGHER, bands=bands), list)


def test_a_later_version_asks_for_later_quarters_only() -> None:
    measure = _measure(Kind.FLOW)
    errors = count(an_obligation(targets=targets(5, Q1)), measure, version=2, starts_on=STARTS, ends_on=ENDS, first=Q3)
    assert isinstance(errors, list)
    assert errors[0].code == "outside-contract"
