"""Totals over the quarters of a financial year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.aggregator.models.totals import Amounts, Cell, Dimension, YearTotal
from services.aggregator.rules.counting import over_quarters, percent
from services.aggregator.rules.showing import hidden_members, hide_small_numbers
from shared.obligations import Kind, OverTime
from shared.quarters import Quarter


def financial_year(text: str) -> str:
    """Raises ValueError that says what is expected."""
    try:
        return Quarter.parse(f"{text}-Q1").financial_year
    except ValueError:
        raise ValueError("a financial year is written like 2026-27") from None


@dataclass(frozen=True, slots=True)
class _OverYear:
    cell: Cell
    amounts: Amounts | None
    quarters: tuple[Quarter, ...]
    hidden_in_a_quarter: bool


def year_totals(by_quarter: Mapping[date, Sequence[Cell]], threshold: int) -> list[YearTotal]:
    """``by_quarter``: the cells of consecutive quarters of a year, none hidden yet, in their order.

    What is hidden in a quarter that counts is hidden in the year, or the year's total less the other quarters' would tell it.
    """
    cells: dict[Hashable, dict[date, Cell]] = defaultdict(dict)
    hidden: set[Hashable] = set()
    for quarter, found in by_quarter.items():
        for cell in found:
            cells[_key(cell)][quarter] = cell
        for cell in hide_small_numbers(found, threshold):
            if cell.hidden and (_adds_up(cell) or quarter == max(by_quarter)):
                hidden.add(_key(cell))
    members = [_over_year(of_member, list(by_quarter), key in hidden) for key, of_member in cells.items()]
    groups: dict[Hashable, list[_OverYear]] = defaultdict(list)
    for member in members:
        groups[_key(member.cell)[:-1]].append(member)
    return [_shown(member, _hidden(group, threshold)) for group in groups.values() for member in group]


def _key(cell: Cell) -> tuple[Hashable, ...]:
    return cell.measure.measure_id, cell.pledge, cell.dimension, cell.member


def _adds_up(cell: Cell) -> bool:
    """Whether a year's total is made of this quarter's, and not of the latest alone."""
    measure = cell.measure
    return measure.kind in (Kind.FLOW, Kind.FTE) or (measure.kind is Kind.RATIO and measure.over_time is OverTime.POOL)


def _over_year(of_member: Mapping[date, Cell], quarters: Sequence[date], hidden: bool) -> _OverYear:
    last = list(of_member.values())[-1]
    amounts = [of_member[quarter].amounts if quarter in of_member else None for quarter in quarters]
    known = tuple(Quarter(quarter) for quarter, found in zip(quarters, amounts, strict=True) if found is not None)
    return _OverYear(last, over_quarters(last.measure.kind, last.measure.over_time, amounts), known, hidden)


def _hidden(group: Sequence[_OverYear], threshold: int) -> set[str]:
    """The members hidden in a year: those of its quarters, and what would give one of them away."""
    if not group[0].cell.measure.suppress or group[0].cell.dimension is Dimension.REGION:
        return set()
    values = {member.cell.member: member.amounts.people for member in group if member.amounts is not None}
    return hidden_members(values, threshold, already={member.cell.member for member in group if member.hidden_in_a_quarter})


def _shown(member: _OverYear, hidden: set[str]) -> YearTotal:
    cell, measure = member.cell, member.cell.measure
    is_hidden = cell.member in hidden
    amounts = Amounts() if is_hidden or member.amounts is None else member.amounts
    return YearTotal(
        year=Quarter(cell.quarter).financial_year,
        quarters=member.quarters,
        framework=measure.framework,
        measure_code=measure.code,
        measure=measure.label,
        unit=measure.unit,
        kind=measure.kind,
        owner_id=measure.buyer_id,
        counted=cell.counted,
        dimension=cell.dimension,
        member=cell.member,
        member_name=cell.member_name,
        value=amounts.value,
        numerator=amounts.numerator,
        denominator=amounts.denominator,
        percent=percent(amounts),
        hidden=is_hidden,
    )
