"""From totals to what may be shown: small numbers hidden, themes and outcomes, overlaps said."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from services.aggregator.models.totals import Amounts, Cell, Dimension, Total
from services.aggregator.rules.counting import percent
from shared.events.icb_totals import Coverage
from shared.quarters import Quarter

M = TypeVar("M", bound=Hashable)


def hidden_members(values: Mapping[M, Decimal], threshold: int, *, already: Collection[M] = ()) -> set[M]:
    """The members of a dimension whose values may not be shown beside their total; ``already``: hidden for another reason.

    Small numbers, and where only one is hidden, the next smallest: else the total, which stays, would give it away.
    """
    hidden = {member for member, value in values.items() if 0 < abs(value) < threshold}.union(already)
    others = [member for member in values if member not in hidden]
    if len(hidden) == 1 and others:
        # A member without any is the last choice: that it has none may be known, and then it would protect nobody.
        hidden.add(min(others, key=lambda member: (values[member] == 0, abs(values[member]), str(member))))
    return hidden


def hide_small_numbers(cells: Iterable[Cell], threshold: int) -> list[Cell]:
    """``cells`` in which all members of a dimension stand together. The region's own totals stay."""
    shown: list[Cell] = []
    for _, group in groupby(cells, lambda cell: (cell.quarter, cell.measure.measure_id, cell.pledge, cell.dimension)):
        members = list(group)
        if members[0].measure.suppress and members[0].dimension is not Dimension.REGION:
            hidden = hidden_members({cell.member: cell.amounts.people for cell in members if cell.amounts is not None}, threshold)
            members = [replace(cell, amounts=None, hidden=True) if cell.member in hidden else cell for cell in members]
        shown += members
    return shown


def with_groups(cells: Iterable[Cell]) -> list[Cell]:
    """Each total of the region again under its measure's outcome and theme; different measures are never added there."""
    found: list[Cell] = []
    for cell in cells:
        found.append(cell)
        if cell.dimension is Dimension.REGION:
            for dimension, member in ((Dimension.OUTCOME, cell.measure.outcome), (Dimension.THEME, cell.measure.theme)):
                if member:
                    found.append(replace(cell, dimension=dimension, member=member, member_name=member))
    return found


def as_total(cell: Cell) -> Total:
    measure, amounts = cell.measure, cell.amounts or Amounts()
    # What comes out of our own tables need not be checked again; a quarter has thousands of these.
    return Total.model_construct(
        quarter=Quarter(cell.quarter),
        framework=measure.framework,
        measure_code=measure.code,
        measure=measure.label,
        unit=measure.unit,
        kind=measure.kind,
        theme=measure.theme,
        outcome=measure.outcome,
        owner_id=measure.buyer_id,
        counted=cell.counted,
        dimension=cell.dimension,
        member=cell.member,
        member_name=cell.member_name,
        value=amounts.value,
        numerator=amounts.numerator,
        denominator=amounts.denominator,
        percent=percent(amounts),
        hidden=cell.hidden,
        coverage=Coverage.model_construct(
            due=cell.due,
            received=cell.received,
            approved=cell.approved,
            promised_due=cell.promised_due,
            promised_received=cell.promised_received,
            promised_approved=cell.promised_approved,
        ),
        overlaps=measure.overlaps,
    )


def overlap_notes(totals: Sequence[Total]) -> list[str]:
    """One sentence per set of measures that are shown together and count some of the same things."""
    shown = {total.measure_code for total in totals}
    sets = {
        tuple(sorted({total.measure_code, *shown.intersection(total.overlaps)}))
        for total in totals
        if not shown.isdisjoint(total.overlaps)
    }
    return [
        f"{' and '.join((', '.join(codes[:-1]), codes[-1]))} overlap: they count some of the same things."
        for codes in sorted(sets)
    ]
