"""How complete a quarter is."""

from __future__ import annotations

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
