"""Facts as they are written into the ledger: text as it came in the event, so that the database alone reads the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

REGION = "all"
SEVERAL_PLACES = "several places"
"""The member that stands for figures of contracts without shares per place."""


class FigureFact(NamedTuple):
    """A line's approved figure, in the order of the columns of ``figures``."""

    return_id: str
    line_id: str
    version: int
    contract_id: str
    supplier_id: str
    quarter: str
    measure_id: str
    pledge: bool
    per_supplier: bool
    allocation_id: str
    value: str | None
    numerator: str | None
    denominator: str | None
    reported: str | None
    promised: str
    nil: bool
    approved_at: str
    event_time: str
    partition: int
    position: int


class DueFact(NamedTuple):
    """What a return owes, in the order of the columns of ``dues``; what there is per line is an array as PostgreSQL writes it."""

    return_id: str
    version: int
    contract_id: str
    supplier_id: str
    quarter: str
    pledge: bool
    allocation_id: str
    received: bool
    line_ids: str
    measure_ids: str
    promised: str
    approved: str
    event_time: str
    partition: int
    position: int


class AllocationPart(NamedTuple):
    """The part of a contract's figures that one member of a dimension gets; ``others``: see ``allocations``."""

    allocation_id: str
    dimension: str
    member: str
    share: str
    others: str | None


class MeasureDescription(NamedTuple):
    """A measure as somebody described it, in the order of the columns of ``measures``."""

    measure_id: str
    framework: str
    code: str
    unit: str
    kind: str
    buyer_id: str | None
    label: str
    over_time: str
    scope: str
    theme: str
    outcome: str
    overlapping: str
    suppress: bool
    partner_vcfse: bool
    framework_version: int
    catalogue_version: int
    content: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How every figure of a contract is spread, and the supplier it speaks of."""

    allocation_id: str
    parts: tuple[AllocationPart, ...]
    supplier_id: str
