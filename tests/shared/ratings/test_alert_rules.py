"""Severity, forecast, unlikely figures and the clock: every sentence about alerts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from shared.obligations import Basis, Direction, FteCounting, Kind, Terms
from shared.quarters import Quarter
from shared.ratings import (
    CLOCK,
    EscalationLevel,
    Forecast,
    QuarterOwed,
    Rating,
    Severity,
    Unlikely,
    escalates_on,
    forecast,
    late_severity,
    next_level,
    shortfall_severity,
    unlikely,
)
from shared.ratings.classes import AlertKind
from shared.ratings.severity import RAISED_AT
from shared.working_days import add_working_days
from tests.shared.ratings.builders import NEXT_Q1, Q1, Q2, Q3, Q4, a_figure, owed, rated, terms, thresholds


@pytest.mark.parametrize(
    ("rating", "short_before", "severity"),
    [
        (Rating.APPROACHING_TARGET, False, Severity.LOW),
        (Rating.REQUIRES_IMPROVEMENT, False, Severity.MEDIUM),
        (Rating.INADEQUATE, False, Severity.HIGH),
        (Rating.APPROACHING_TARGET, True, Severity.MEDIUM),
        (Rating.REQUIRES_IMPROVEMENT, True, Severity.HIGH),
        (Rating.INADEQUATE, True, Severity.CRITICAL),
        (Rating.GOOD, True, None),
        (Rating.OTHER, True, None),
    ],
)
def test_a_shortfall_is_one_step_worse_when_short_at_the_quarter_before_too(
    rating: Rating, short_before: bool, severity: Severity | None
) -> None:
    assert shortfall_severity(rating, short_before) is severity


def test_every_other_kind_starts_at_its_severity() -> None:
    assert {kind.value: severity.value for kind, severity in RAISED_AT.items()} == {
        "story_not_met": "medium",
        "late_return": "medium",
        "late_review": "medium",
        "missing_evidence": "low",
        "forecast": "low",
        "unlikely_figure": "low",
        "shared_evidence": "medium",
    }
    assert set(AlertKind) - set(RAISED_AT) == {AlertKind.SHORTFALL}


@pytest.mark.parametrize(
    ("on", "severity"),
    [
        (date(2026, 7, 28), None),
        (date(2026, 7, 29), Severity.MEDIUM),
        (date(2026, 8, 10), Severity.MEDIUM),
        (date(2026, 8, 11), Severity.HIGH),  # ten working days after Tuesday 28 July
        (date(2026, 12, 1), Severity.HIGH),
    ],
)
def test_late_is_medium_from_the_day_after_and_high_from_ten_working_days(on: date, severity: Severity | None) -> None:
    assert late_severity(date(2026, 7, 28), on) is severity


TARGETS = {quarter: Decimal(50) for quarter in (Q1, Q2, Q3, Q4, NEXT_Q1)}


def flow(*figures: str | None, in_force: Terms | None = None) -> list[QuarterOwed]:
    return [owed(quarter, in_force or terms(), figure) for quarter, figure in zip((Q1, Q2, Q3, Q4), figures, strict=False)]


def expected(entries: list[QuarterOwed], quarter: Quarter, targets: dict[Quarter, Decimal]) -> Forecast | None:
    return forecast(rated(entries, quarter), entries, targets)


class TestForecast:
    def test_expected_is_delivered_so_far_and_the_remaining_targets_at_the_pace_of_the_last_quarters(self) -> None:
        varied = [owed(Q1, terms(target=20), "20"), owed(Q2, terms(target=80), "70")]
        assert expected(varied, Q2, TARGETS) == Forecast(
            until=Q4,
            expected=Fraction(180),
            target=Fraction(200),
            limit=Fraction(180),
            short=False,
            so_far=Fraction(90),
            left=Fraction(100),
            pace=Fraction(9, 10),
        )

    def test_expected_below_the_second_band_of_the_whole_target_is_short(self) -> None:
        ramp = {Q1: Decimal(20), Q2: Decimal(30), Q3: Decimal(100), Q4: Decimal(100)}
        pace_before = [owed(Q1.plus(-n), terms(), "30") for n in (1, 2)]
        found = expected([*pace_before, owed(Q1, terms(target=20), "20")], Q1, ramp)
        assert found is not None
        assert found.expected == 20 + 230 * Fraction(80, 120)
        assert found.short

    def test_the_pace_is_of_the_last_four_rated_quarters(self) -> None:
        entries = [owed(Q1.plus(n), terms(basis=Basis.CONTRACT), "0" if n < 2 else "50") for n in range(6)]
        found = expected(entries, Q1.plus(5), {Q1.plus(n): Decimal(50) for n in range(8)})
        assert found is not None
        assert found.expected == 200 + 100

    @pytest.mark.parametrize("figure", ["30", "40"])
    def test_who_is_short_today_needs_no_forecast(self, figure: str) -> None:
        found = expected(flow(figure), Q1, TARGETS)
        assert found is not None
        assert not found.short

    def test_approaching_today_and_below_the_second_band_at_the_end(self) -> None:
        ramp = TARGETS | {Q3: Decimal(200)}
        entries = [*[owed(Q1.plus(-n), terms(), "25") for n in (1, 2)], owed(Q1, terms(), "46")]
        found = expected(entries, Q1, ramp)
        assert found is not None
        assert found.short

    def test_a_missing_quarter_is_neither_zero_nor_forgotten(self) -> None:
        found = expected(flow("50", None, "50"), Q3, TARGETS)
        assert found is not None
        assert (found.expected, found.target) == (200, 200)

    @pytest.mark.parametrize(
        ("why", "entries", "quarter", "targets"),
        [
            ("no quarter is left", flow("50", "50", "50", "50"), Q4, TARGETS),
            ("one quarter at a time", flow("50", in_force=terms(basis=Basis.QUARTER)), Q1, TARGETS),
            ("an average does not add up", flow("50", in_force=terms(Kind.FTE, basis=Basis.YEAR)), Q1, TARGETS),
            ("a headcount does not add up", flow("50", in_force=terms(Kind.HEADCOUNT, basis=Basis.YEAR)), Q1, TARGETS),
            ("no pace: nothing was due", flow("5", in_force=terms(target=0)), Q1, TARGETS),
            ("its own line is missing", flow("50", None), Q2, TARGETS),
            ("no targets are known yet", flow("50"), Q1, {}),
        ],
    )
    def test_there_is_none_where(
        self, why: str, entries: list[QuarterOwed], quarter: Quarter, targets: dict[Quarter, Decimal]
    ) -> None:
        assert expected(entries, quarter, targets) is None, why

    def test_fte_years_add_up(self) -> None:
        years = terms(Kind.FTE, target="3.125", basis=Basis.CONTRACT, fte_counting=FteCounting.FTE_YEARS)
        found = expected([owed(Q1, years, "12.5")], Q1, {Q1.plus(n): Decimal("3.125") for n in range(8)})
        assert found is not None
        assert (found.expected, found.until) == (25, Q1.plus(7))

    def test_lower_is_better_is_short_when_it_will_be_above(self) -> None:
        lower = terms(target=5, direction=Direction.LOWER, bands=thresholds("20", "22", "28"))
        found = expected([owed(Q1, lower, "6")], Q1, {Q1.plus(n): Decimal(5) for n in range(4)})
        assert found is not None
        assert (found.expected, found.short) == (24, True)


class TestUnlikelyFigure:
    @pytest.mark.parametrize(("figure", "met"), [("150", ()), ("150.01", (Unlikely.FAR_ABOVE_TARGET,))])
    def test_more_than_three_times_the_quarters_target(self, figure: str, met: tuple[Unlikely, ...]) -> None:
        assert unlikely(terms(), a_figure(figure), []) == met

    @pytest.mark.parametrize(
        ("figure", "before", "met"),
        [
            ("101", "20 20 21 19", (Unlikely.FAR_FROM_USUAL,)),
            ("100", "20 20 21 19", ()),
            ("3.99", "20 20 21 19", (Unlikely.FAR_FROM_USUAL,)),
            ("4", "20 20 21 19", ()),
            ("101", "20 20 21", ()),
        ],
    )
    def test_more_than_five_times_off_the_median_of_at_least_four_quarters(
        self, figure: str, before: str, met: tuple[Unlikely, ...]
    ) -> None:
        assert unlikely(terms(target=100), a_figure(figure), [a_figure(known) for known in before.split()]) == met

    @pytest.mark.parametrize(
        ("figure", "before", "met"),
        [
            ("48", ["50", "48", "48"], (Unlikely.SAME_AGAIN,)),
            ("48", ["48"], ()),
            ("48", ["48", "50", "48"], ()),
            ("0", ["0", "0"], ()),
        ],
    )
    def test_the_same_non_zero_figure_three_times_running(
        self, figure: str, before: list[str], met: tuple[Unlikely, ...]
    ) -> None:
        assert unlikely(terms(), a_figure(figure), [a_figure(known) for known in before]) == met

    def test_a_ratio_is_the_same_only_with_the_same_numbers_behind_it(self) -> None:
        ratio = terms(Kind.RATIO, target=95, bands=thresholds("95", "90", "80"))
        before = [a_figure("95 of 100"), a_figure("190 of 200")]
        assert unlikely(ratio, a_figure("95 of 100"), before) == ()
        assert unlikely(ratio, a_figure("95 of 100"), [before[0], before[0]]) == (Unlikely.SAME_AGAIN,)

    def test_fte_years_compare_a_quarter_of_the_fte(self) -> None:
        years = terms(Kind.FTE, target="3.125", fte_counting=FteCounting.FTE_YEARS)
        assert unlikely(years, a_figure("12.5"), []) == ()
        assert unlikely(years, a_figure("37.6"), []) == (Unlikely.FAR_ABOVE_TARGET,)

    @pytest.mark.parametrize(
        ("why", "in_force", "figure", "before"),
        [
            ("nil has its reason", terms(), "nil", ["20", "20", "20", "20"]),
            ("a yes stays a yes", terms(Kind.FLAG, target=1), "1", ["1", "1", "1", "1"]),
            ("nothing was due: no scale", terms(target=0), "10", []),
            ("usually nothing: no scale", terms(), "10", ["0", "0", "0", "0"]),
            ("nothing to measure", terms(Kind.RATIO, target=95), "0 of 0", []),
        ],
    )
    def test_nobody_is_asked_about(self, why: str, in_force: Terms, figure: str, before: list[str]) -> None:
        assert unlikely(in_force, a_figure(figure), [a_figure(known) for known in before]) == (), why


class TestTheClock:
    @pytest.mark.parametrize("severity", Severity)
    @pytest.mark.parametrize("acknowledged", [True, False])
    def test_counts_working_days(self, severity: Severity, acknowledged: bool) -> None:
        patience = CLOCK[severity]
        days = patience.to_act if acknowledged else patience.to_acknowledge
        assert escalates_on(severity, date(2026, 12, 21), acknowledged) == add_working_days(date(2026, 12, 21), days)

    def test_the_graver_the_sooner(self) -> None:
        clocks = [CLOCK[severity] for severity in Severity]
        assert all(a.to_acknowledge > b.to_acknowledge and a.to_act > b.to_act for a, b in pairwise(clocks))

    @pytest.mark.parametrize(("to_icb", "end"), [(False, EscalationLevel.EXECUTIVE), (True, EscalationLevel.ICB)])
    def test_goes_from_contract_manager_to_owner_to_the_end_that_the_buyer_chose(
        self, to_icb: bool, end: EscalationLevel
    ) -> None:
        walked = [EscalationLevel.CONTRACT_MANAGER]
        while (following := next_level(walked[-1], to_icb)) is not None:
            walked.append(following)
        assert walked == [EscalationLevel.CONTRACT_MANAGER, EscalationLevel.ACCOUNTABLE_OWNER, end]
