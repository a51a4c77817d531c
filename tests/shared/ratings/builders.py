"""Builders: valid by default; name only what matters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.obligations import Bands, BandsBy, Basis, Direction, Figure, FteCounting, Kind, Measure, OverTime, Terms
from shared.quarters import Quarter
from shared.ratings import QuarterOwed, Rated, rate

Q1, Q2, Q3, Q4 = (Quarter.parse(f"2026-27-Q{number}") for number in (1, 2, 3, 4))
NEXT_Q1 = Q4.next()

OVER_TIME = {
    Kind.FLOW: OverTime.SUM,
    Kind.FTE: OverTime.MEAN,
    Kind.HEADCOUNT: OverTime.LATEST,
    Kind.RATIO: OverTime.POOL,
    Kind.FLAG: OverTime.LATEST,
}
UNIT = {Kind.FLOW: "hours", Kind.FTE: "FTE", Kind.HEADCOUNT: "people", Kind.RATIO: "%", Kind.FLAG: "yes/no"}
SHARES = Bands(by=BandsBy.SHARE_OF_TARGET, good=Decimal("1.0"), approaching=Decimal("0.9"), improvement=Decimal("0.7"))


def thresholds(good: str, approaching: str, improvement: str) -> Bands:
    return Bands(by=BandsBy.THRESHOLDS, good=Decimal(good), approaching=Decimal(approaching), improvement=Decimal(improvement))


def a_measure(kind: Kind = Kind.FLOW, direction: Direction = Direction.HIGHER, **fields: Any) -> Measure:
    return Measure(
        **{
            "framework": "cm-toms-2024",
            "code": "NT8",
            "label": "Staff hours on school and college visits",
            "unit": UNIT[kind],
            "kind": kind,
            "direction": direction,
            "over_time": OVER_TIME[kind],
        }
        | fields
    )


def terms(
    kind: Kind = Kind.FLOW,
    *,
    target: Decimal | str | int = 50,
    basis: Basis | None = None,
    bands: Bands | None = SHARES,
    direction: Direction = Direction.HIGHER,
    fte_counting: FteCounting = FteCounting.AVERAGE,
    over_time: OverTime | None = None,
    version: int = 1,
    evidence_required: bool = False,
) -> Terms:
    return Terms(
        version=version,
        measure=a_measure(kind, direction),
        direction=direction,
        basis=basis or (Basis.YEAR if kind is Kind.FLOW else Basis.QUARTER),
        fte_counting=fte_counting,
        over_time=over_time or OVER_TIME[kind],
        bands=None if kind is Kind.FLAG else bands,
        evidence_required=evidence_required,
        target=Decimal(target),
    )


def a_figure(text: str) -> Figure:
    """``30``, ``931 of 980``, or ``nil``."""
    if text == "nil":
        return Figure(value=Decimal(0), nil=True)
    if " of " in text:
        numerator, denominator = text.replace(",", "").split(" of ")
        return Figure(numerator=Decimal(numerator), denominator=Decimal(denominator))
    return Figure(value=Decimal(text))


def owed(
    quarter: Quarter, in_force: Terms, figure: str | None = None, *, days: int | None = None, due: bool = True
) -> QuarterOwed:
    return QuarterOwed(
        quarter, in_force, a_figure(figure) if figure is not None else None, quarter.days if days is None else days, due
    )


def rated(entries: list[QuarterOwed], quarter: Quarter) -> Rated:
    found = rate(entries, quarter)
    assert found is not None
    return found
