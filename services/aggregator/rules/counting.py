"""How a figure counts in a regional total, and how totals combine over quarters. Exact; nothing here rounds for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from services.aggregator.models.totals import Amounts
from shared.obligations import Kind, OverTime
from shared.quarters import Quarter

MICRO = Decimal("0.000001")
"""The grain in which figures are kept."""


def weighted_by_days(fte: Decimal, quarter: Quarter, starts_on: date, ends_on: date) -> Decimal:
    """FTE over the whole quarter, of a contract that ran in a part of it (both days included)."""
    return (fte * quarter.days_within(starts_on, ends_on) / quarter.days).quantize(MICRO, ROUND_HALF_UP)


class Part(NamedTuple):
    member: str
    share: Decimal
    others: tuple[Decimal, ...] | None
    """Only of the largest share, which takes what rounding leaves: the other shares."""


def parts_of(shares: Mapping[str, Decimal]) -> list[Part]:
    """The members that get a part of a figure, in order of their names; of equal largest shares the first takes the remainder."""
    members = sorted(member for member, share in shares.items() if share)
    largest = max(members, key=lambda member: shares[member])
    others = tuple(shares[member] for member in members if member != largest)
    if not others:
        return [Part(largest, Decimal(1), ())]
    return [Part(member, shares[member], others if member == largest else None) for member in members]


def percent(amounts: Amounts) -> Decimal | None:
    """None where there is nothing to measure, and for what is not a ratio."""
    if amounts.numerator is None or not amounts.denominator:
        return None
    return (amounts.numerator * 100 / amounts.denominator).quantize(MICRO, ROUND_HALF_UP)


def over_quarters(kind: Kind, over_time: OverTime, quarters: Sequence[Amounts | None]) -> Amounts | None:
    """A total over consecutive quarters, the last of which is the latest; None stands for a quarter without an approved figure.

    Nothing is carried through a quarter without figures: where the latest counts and there is none, there is no total.
    """
    known = [amounts for amounts in quarters if amounts is not None]
    if not known:
        return None
    if kind in (Kind.FLOW, Kind.FTE) or (kind is Kind.RATIO and over_time is OverTime.POOL):
        total = sum(known[1:], start=known[0])
        if kind is Kind.FTE and total.value is not None:
            return Amounts((total.value / len(known)).quantize(MICRO, ROUND_HALF_UP))
        return total
    return quarters[-1]
