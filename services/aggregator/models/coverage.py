"""How complete a quarter is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.aggregator.models.totals import Counted
from shared.events.icb_totals import Coverage
from shared.obligations import Frozen
from shared.quarters import Quarter


class ReturnsCoverage(Frozen):
    """Returns of a quarter, whatever they are about."""

    due: int
    received: int
    approved: int = Field(description="Every line of them is approved.")

    @property
    def not_received(self) -> int:
        return self.due - self.received

    @property
    def not_approved(self) -> int:
        """Of those received."""
        return max(self.received - self.approved, 0)


@dataclass(frozen=True, slots=True)
class BuyerCoverage:
    """Returns of one buyer's contracts in a quarter."""

    buyer: str
    shares_contracts: bool
    returns: ReturnsCoverage


@dataclass(frozen=True, slots=True)
class IncompleteReturn:
    """A return that is not in, or not wholly approved, of a contract that the ICB may see."""

    return_id: UUID
    contract_id: UUID
    reference: str
    title: str
    suppliers: tuple[str, ...]
    pledge: bool
    received: bool
    lines: int
    approved: int


class MeasureCoverage(Frozen):
    framework: str
    measure_code: str
    measure: str
    unit: str
    counted: Counted
    coverage: Coverage


class QuarterCoverage(Frozen):
    quarter: Quarter
    contracts: ReturnsCoverage
    pledges: ReturnsCoverage
    measures: list[MeasureCoverage]
    buried: int = Field(description="Events that could not be applied yet: totals and coverage may lack them.")


class QuarterOverview(Frozen):
    quarter: Quarter
    publication: int | None = Field(description="The number of its last publication; empty: never closed.")
    published_at: AwareDatetime | None
    heard_since: bool = Field(description="Something was heard about it since; closing it again would publish that.")
