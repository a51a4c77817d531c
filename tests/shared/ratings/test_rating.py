"""The table of ratings, row by row, and every sentence beside it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest

from shared.obligations import Basis, Direction, FteCounting, Kind, OverTime, Terms
from shared.quarters import Quarter
from shared.ratings import QuarterOwed, Rating, WhyOther, rate, shown_percent
from tests.shared.ratings.builders import NEXT_Q1, Q1, Q2, Q3, Q4, owed, rated, terms, thresholds

HOURS = terms()
ANSWERED = terms(Kind.RATIO, target=95, bands=thresholds("95", "90", "80"))
COMPLAINTS = terms(target=5, basis=Basis.QUARTER, direction=Direction.LOWER, bands=thresholds("5", "6", "8"))
NEVER = terms(target=0, basis=Basis.QUARTER, direction=Direction.LOWER, bands=thresholds("0", "0", "0"))
APPRENTICES = terms(Kind.FTE, target="12.5")
FTE_YEARS = terms(Kind.FTE, target="3.125", basis=Basis.CONTRACT, fte_counting=FteCounting.FTE_YEARS)
PEOPLE = terms(Kind.HEADCOUNT, target=40)
POOLED = terms(Kind.RATIO, target=95, basis=Basis.YEAR, bands=thresholds("95", "90", "80"))


def each(in_force: Terms, *figures: str | None) -> list[QuarterOwed]:
    """The figures of Q1, Q2, …; None where the line is overdue."""
    return [owed(quarter, in_force, figure) for quarter, figure in zip((Q1, Q2, Q3, Q4, NEXT_Q1), figures, strict=False)]


@dataclass
class Row:
    words: str
    owed: list[QuarterOwed]
    quarter: Quarter
    rating: Rating
    delivered: Fraction | int | None = None
    target: Fraction | int | None = None
    reason: WhyOther | None = None
    incomplete: tuple[Quarter, ...] = ()


def fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator)


GOOD, APPROACHING, IMPROVEMENT, INADEQUATE, OTHER = Rating
SO_FAR = each(HOURS, "60", "30", "20", "25", "50")
BY_TARGETS_0_20 = [owed(Q1, terms(target=0), "10"), owed(Q2, terms(target=20), "5")]
VARIED = [owed(Q1, HOURS, "50"), owed(Q2, HOURS, "50"), owed(Q3, terms(target=30, version=2), "30")]

ROWS = [
    Row("1: flow, year, targets 50 a quarter; Q1 60, Q2 30; 90/100", SO_FAR, Q2, APPROACHING, 90, 100),
    Row("2: the same; Q3 20; 110/150 = 0.733…", SO_FAR, Q3, IMPROVEMENT, 110, 150),
    Row("3: the same; Q4 25; 135/200 = 0.675", SO_FAR, Q4, INADEQUATE, 135, 200),
    Row("3: the next Q1 starts anew", SO_FAR, NEXT_Q1, GOOD, 50, 50),
    Row("4: the same, Q2 overdue; Q1 60, Q3 20; 80/100", each(HOURS, "60", None, "20"), Q3, IMPROVEMENT, 80, 100, None, (Q2,)),
    Row("5: the same; Q1 nil with reason; 0/50", each(HOURS, "nil"), Q1, INADEQUATE, 0, 50),
    Row("6: flow, year, targets 0, 20; Q1 10", BY_TARGETS_0_20, Q1, OTHER, 10, 0, WhyOther.NOTHING_DUE_YET),
    Row("6: Q2 5; 15/20 = 0.75", BY_TARGETS_0_20, Q2, IMPROVEMENT, 15, 20),
    Row("7: ratio, quarter, 95 / 90 / 80; 931 of 980; 95.0 % exactly", each(ANSWERED, "931 of 980"), Q1, GOOD, 95, 95),
    Row("8: 854 of 900; 94.888… %", each(ANSWERED, "854 of 900"), Q1, APPROACHING, fraction(85400, 900), 95),
    Row("9: 19,999 of 21,052", each(ANSWERED, "19,999 of 21,052"), Q1, APPROACHING, fraction(1999900, 21052), 95),
    Row("10: 171 of 200; 85.5 %", each(ANSWERED, "171 of 200"), Q1, IMPROVEMENT, fraction(171, 2), 95),
    Row("11: 0 of 0", each(ANSWERED, "0 of 0"), Q1, OTHER, reason=WhyOther.NOTHING_TO_MEASURE),
    Row("12: lower, flow, quarter, thresholds 5 / 6 / 8; 5", each(COMPLAINTS, "5", "7", "9"), Q1, GOOD, 5, 5),
    Row("12: 7", each(COMPLAINTS, "5", "7", "9"), Q2, IMPROVEMENT, 7, 5),
    Row("12: 9", each(COMPLAINTS, "5", "7", "9"), Q3, INADEQUATE, 9, 5),
    Row("13: lower, target 0, thresholds 0 / 0 / 0; 0", each(NEVER, "0", "1"), Q1, GOOD, 0, 0),
    Row("13: 1", each(NEVER, "0", "1"), Q2, INADEQUATE, 1, 0),
    Row(
        "14: fte, average, quarter, target 12.5; 11.3; 0.904",
        each(APPRENTICES, "11.3"),
        Q1,
        APPROACHING,
        fraction(113, 10),
        fraction(25, 2),
    ),
    Row(
        "15: fte, fte_years, contract, 3.125 a quarter; Q1 12, Q2 13; 6.25/6.25",
        each(FTE_YEARS, "12", "13"),
        Q2,
        GOOD,
        fraction(25, 4),
        fraction(25, 4),
    ),
    Row("16: headcount, quarter, target 40; Q1 40, Q2 35; 0.875", each(PEOPLE, "40", "35"), Q2, IMPROVEMENT, 35, 40),
    Row(
        "17: headcount, the same; Q1 40, Q2 overdue",
        each(PEOPLE, "40", None),
        Q2,
        OTHER,
        None,
        None,
        WhyOther.NO_APPROVED_LINE,
        (Q2,),
    ),
    Row("18: flow, year, 50 a quarter, varied to 30 from Q3; Q1 50, Q2 50, Q3 30; 130/130", VARIED, Q3, GOOD, 130, 130),
    Row("18: Q1 as before", VARIED, Q1, GOOD, 50, 50),
    Row("18: Q2 as before", VARIED, Q2, GOOD, 100, 100),
    Row(
        "19: ratio, pool, year; Q1 90 of 100, Q2 399 of 400; 97.8 %",
        each(POOLED, "90 of 100", "399 of 400"),
        Q2,
        GOOD,
        fraction(978, 10),
        95,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_the_table_of_ratings(row: Row) -> None:
    found = rated(row.owed, row.quarter)
    measured = found.measured
    assert (found.rating, found.reason, found.incomplete) == (row.rating, row.reason, row.incomplete)
    assert (measured and measured.delivered, measured and measured.target) == (row.delivered, row.target)


def test_row_8_is_shown_as_94_9_and_row_9_as_95_0() -> None:
    row_8, row_9 = (rated(each(ANSWERED, figure), Q1).measured for figure in ("854 of 900", "19,999 of 21,052"))
    assert row_8 is not None
    assert row_9 is not None
    assert shown_percent(row_8.delivered) == "94.9 %"
    assert shown_percent(row_9.delivered) == "95.0 %"


def test_row_19_is_not_the_mean_of_percentages() -> None:
    measured = rated(each(POOLED, "90 of 100", "399 of 400"), Q2).measured
    assert measured is not None
    assert measured.delivered != Fraction(Decimal("94.875"))


class TestTheWindow:
    def test_holds_only_quarters_in_which_the_obligation_was_owed(self) -> None:
        found = rated([owed(Q1, HOURS, "50"), owed(Q3, HOURS, "40")], Q3)
        assert (found.counted, found.incomplete) == ((Q1, Q3), ())

    def test_a_quarter_in_which_nothing_is_owed_has_no_rating(self) -> None:
        assert rate([owed(Q1, HOURS, "50")], Q2) is None

    def test_a_quarter_not_due_yet_is_not_missing(self) -> None:
        found = rated([owed(Q1, HOURS, "50"), owed(Q2, HOURS, due=False)], Q2)
        assert (found.incomplete, found.reported) == ((), False)

    def test_later_quarters_do_not_count(self) -> None:
        assert rated(each(HOURS, "50", "0"), Q1).rating is GOOD

    def test_basis_contract_looks_back_over_the_years(self) -> None:
        whole = terms(basis=Basis.CONTRACT)
        assert rated([owed(Q4, whole, "80"), owed(NEXT_Q1, whole, "20")], NEXT_Q1).rating is GOOD

    def test_the_basis_is_the_one_in_force_in_the_quarter_rated(self) -> None:
        entries = [owed(Q1, HOURS, "0"), owed(Q2, terms(basis=Basis.QUARTER, version=2), "50")]
        assert rated(entries, Q2).rating is GOOD

    def test_units_never_mix(self) -> None:
        pounds = HOURS.model_copy(update={"measure": HOURS.measure.model_copy(update={"unit": "GBP"})})
        assert rated([owed(Q1, pounds, "1000"), owed(Q2, HOURS, "50")], Q2).counted == (Q2,)


class TestMissingIsNeverZero:
    def test_a_missing_quarter_counts_on_neither_side(self) -> None:
        found = rated(each(HOURS, "50", None, "50"), Q3)
        assert (found.rating, found.incomplete, found.published) == (GOOD, (Q2,), OTHER)

    def test_nil_counts_on_both(self) -> None:
        assert rated(each(HOURS, "50", "nil", "50"), Q3).rating is INADEQUATE

    def test_what_is_missing_is_late_and_not_short(self) -> None:
        found = rated(each(HOURS, "10", None), Q2)
        assert (found.rating, found.reported, found.short) == (INADEQUATE, False, False)


class TestAverages:
    def test_fte_is_weighted_by_the_days_of_the_contract(self) -> None:
        yearly = terms(Kind.FTE, target=10, basis=Basis.YEAR)
        found = rated([owed(Q1, yearly, "4", days=46), owed(Q2, yearly, "10", days=92)], Q2)
        assert found.measured is not None
        assert found.measured.delivered == 8

    def test_its_target_is_weighted_alike(self) -> None:
        first, second = (terms(Kind.FTE, target=target, basis=Basis.YEAR) for target in (4, 10))
        found = rated([owed(Q1, first, "4", days=46), owed(Q2, second, "10", days=92)], Q2)
        assert found.measured is not None
        assert found.measured.target == 8

    def test_an_approved_quarter_that_a_closed_contract_no_longer_covers_still_counts(self) -> None:
        assert rated([owed(Q1, APPRENTICES, "12.5", days=0)], Q1).rating is GOOD


class TestRatios:
    def test_pooled_targets_weigh_by_denominators(self) -> None:
        first, second = (
            terms(Kind.RATIO, target=target, basis=Basis.YEAR, bands=thresholds("95", "90", "80")) for target in (80, 95)
        )
        found = rated([owed(Q1, first, "90 of 100"), owed(Q2, second, "190 of 200")], Q2)
        assert found.measured is not None
        assert found.measured.target == 90

    def test_latest_takes_the_last_approved_and_its_target(self) -> None:
        latest = terms(Kind.RATIO, target=95, basis=Basis.YEAR, over_time=OverTime.LATEST, bands=thresholds("95", "90", "80"))
        found = rated([owed(Q1, latest, "10 of 100"), owed(Q2, latest, "96 of 100")], Q2)
        assert (found.rating, found.measured and found.measured.delivered) == (GOOD, 96)

    def test_nothing_to_measure_in_one_quarter_leaves_the_others(self) -> None:
        assert rated(each(POOLED, "96 of 100", "0 of 0"), Q2).rating is GOOD


@pytest.mark.parametrize(("figure", "rating"), [("1", GOOD), ("0", INADEQUATE), ("nil", INADEQUATE)])
def test_a_flag_is_good_or_inadequate(figure: str, rating: Rating) -> None:
    assert rated(each(terms(Kind.FLAG, target=1), figure), Q1).rating is rating


def test_a_year_long_headcount_takes_its_latest_approved_and_that_quarters_target() -> None:
    entries = [
        owed(Q1, terms(Kind.HEADCOUNT, target=30, basis=Basis.YEAR), "30"),
        owed(Q2, terms(Kind.HEADCOUNT, target=60, basis=Basis.YEAR)),
    ]
    found = rated(entries, Q2)
    assert (found.rating, found.incomplete, found.measured and found.measured.target) == (GOOD, (Q2,), 30)


def test_nothing_is_due_yet_only_where_higher_is_better_by_shares() -> None:
    by_thresholds = terms(target=0, bands=thresholds("10", "5", "1"))
    assert rated(each(by_thresholds, "4"), Q1).rating is IMPROVEMENT
    lower = terms(target=0, direction=Direction.LOWER)
    assert rated(each(lower, "0"), Q1).rating is GOOD


@pytest.mark.parametrize(
    ("delivered", "rating"),
    [
        ("50", GOOD),
        ("49.999999", APPROACHING),
        ("45", APPROACHING),
        ("44.999999", IMPROVEMENT),
        ("35", IMPROVEMENT),
        ("34.999999", INADEQUATE),
    ],
)
def test_exactly_on_a_band_is_inside_it(delivered: str, rating: Rating) -> None:
    assert rated(each(HOURS, delivered), Q1).rating is rating


def test_bands_of_thirds_are_compared_exactly() -> None:
    """Three quarters of a third each make a whole: no rounding on the way may leave them a millionth short."""
    average = terms(Kind.FTE, target=1, basis=Basis.YEAR)
    entries = [owed(Q1, average, "0", days=1), owed(Q2, average, "1.5", days=2)]
    assert rated(entries, Q2).rating is GOOD
