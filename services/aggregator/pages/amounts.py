"""How totals are said: with their unit, or in words where there is none to show."""

from __future__ import annotations

from decimal import Decimal

from services.aggregator.models.coverage import ReturnsCoverage
from services.aggregator.models.totals import Total, YearTotal
from services.aggregator.pages.tables import Cell, Column, Value
from shared.obligations import Kind
from shared.ratings.rounding import shown, shown_percent
from shared.words import counted, quantity

HIDDEN = "hidden"
NONE_APPROVED = "none approved"
SMALL_NUMBERS = (
    "Hidden: a small number of people, or the next smallest, which would give it away. The region's own totals are always shown."
)

AMOUNT = (
    Column("Total", numeric=True, only="page"),
    Column("Value", numeric=True, only="file"),
    Column("Numerator", numeric=True, only="file"),
    Column("Denominator", numeric=True, only="file"),
    Column("Percent", numeric=True, only="file"),
    Column("Hidden", only="file"),
)
COVERAGE = (Column("Due", numeric=True), Column("Received", numeric=True), Column("Approved", numeric=True))


def amount_cells(total: Total) -> tuple[Cell, ...]:
    """Under ``AMOUNT``."""
    return (
        Cell(said(total)),
        *(Cell("", value) for value in (total.value, total.numerator, total.denominator, total.percent)),
        Cell("", "yes" if total.hidden else "no"),
    )


def coverage_cells(total: Total) -> tuple[Cell, ...]:
    """Under ``COVERAGE``."""
    counts = (total.coverage.due, total.coverage.received, total.coverage.approved)
    return tuple(Cell(f"{count:,}", count) for count in counts)


def coverage_said(returns: ReturnsCoverage) -> tuple[str, str]:
    """``3 of 5 returns``, and the rest of the sentence with what is missing; of contracts."""
    if not returns.due:
        return "", "No return of a contract is known for this quarter yet. Returns open on the first day after the quarter."
    rest = f"of contracts {'is' if returns.due == 1 else 'are'} approved."
    if returns.not_received:
        rest += f" {counted(returns.not_received, 'return has', 'returns have')} not been received."
    if returns.not_approved:
        rest += f" {counted(returns.not_approved, 'return is', 'returns are')} received and not wholly approved."
    return f"{returns.approved:,} of {counted(returns.due, 'return')}", rest


def said(total: Total | YearTotal) -> str:
    if total.hidden:
        return HIDDEN
    return amount_said(total.kind, total.unit, total.value, total.numerator, total.denominator, total.percent)


def amount_said(
    kind: Kind,
    unit: str,
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    percent: Decimal | None = None,
    *,
    nothing: str = NONE_APPROVED,
) -> str:
    """``£1,200``, ``64.1 % (489 of 763)``, ``3 of 5``."""
    if kind in (Kind.RATIO, Kind.FLAG):
        if numerator is None or denominator is None:
            return nothing
        pool = f"{shown(numerator)} of {shown(denominator)}"
        return pool if kind is Kind.FLAG or percent is None else f"{shown_percent(percent)} ({pool})"
    return nothing if value is None else quantity(value, unit)


def one_number(total: Total) -> Value:
    """For a file's cell among many: the value, or of a ratio or flag the percentage."""
    if total.hidden:
        return HIDDEN
    return total.percent if total.kind in (Kind.RATIO, Kind.FLAG) else total.value


def drawn(total: Total) -> Decimal | None:
    """What a chart draws; None for what is hidden or not known."""
    if total.hidden:
        return None
    return total.percent if total.kind in (Kind.RATIO, Kind.FLAG) else total.value


def drawn_unit(total: Total) -> str:
    return "%" if total.kind in (Kind.RATIO, Kind.FLAG) else total.unit


def step_said(move: Decimal, unit: str) -> str:
    """``+20 hours``, ``-£1,200``, ``+2.5 percentage points``."""
    words = f"{shown(move, 1)} percentage points" if unit == "%" else quantity(move, unit)
    return f"+{words}" if move > 0 else words
