"""The contracts behind a total, as far as the ICB may see them."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from services.aggregator.models.totals import Counted, Dimension
from shared.obligations import Amount, Frozen
from shared.quarters import Quarter


class ContractBehind(Frozen):
    """One contract's part of a total."""

    contract_id: UUID
    reference: str
    title: str
    suppliers: tuple[str, ...]
    owed: bool
    value: Amount | None = Field(description="Empty where no figure is approved, and where it is hidden.")
    numerator: Amount | None
    denominator: Amount | None
    hidden: bool


class ContractsBehind(Frozen):
    """What stands behind a total."""

    quarter: Quarter
    measure_code: str
    counted: Counted
    dimension: Dimension
    member: str
    items: tuple[ContractBehind, ...]
    others: int = Field(description="Contracts in the total whose buyers show the ICB totals only.")
