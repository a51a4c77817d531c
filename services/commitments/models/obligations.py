"""What is owed, as people record and vary it."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from shared.obligations import (
    Amount,
    Bands,
    Basis,
    Direction,
    Fact,
    Frequency,
    Frozen,
    FteCounting,
    Kind,
    OverTime,
    QuarterTarget,
    Side,
    Terms,
    Words,
)
from shared.quarters import Quarter
from shared.ratings.targets import Spread

Reference = Annotated[Words, Field(max_length=100)]
Target = Annotated[Amount, Field(ge=0)]


class OwnMeasure(Frozen):
    """A buyer's own measure for a core KPI; one that the buyer has already is used as it stands."""

    code: Annotated[Words, Field(max_length=50)]
    label: Annotated[Words, Field(max_length=300)]
    unit: Annotated[Words, Field(max_length=50)]
    kind: Kind
    direction: Direction = Direction.HIGHER


class SpreadTotal(Frozen):
    """A total over the whole contract, and how it is laid over its quarters."""

    total: Target
    way: Spread = Spread.EVENLY


class Counting(Frozen):
    """How it is counted and judged. What is left out is the default of the measure's kind, or what the tool suggests."""

    wording: Words
    direction: Direction | None = None
    basis: Basis | None = None
    fte_counting: FteCounting = FteCounting.AVERAGE
    over_time: OverTime | None = None
    bands: Bands | None = None
    frequency: Frequency = Frequency.QUARTERLY
    evidence_required: bool = False
    targets: Annotated[tuple[QuarterTarget, ...], Field(max_length=400)] = ()
    """One per quarter, in the measure's unit (% for a ratio, 1 for a flag); or ``spread``."""
    spread: SpreadTotal | None = None

    @model_validator(mode="after")
    def _targets(self) -> Self:
        quarters = [entry.quarter for entry in self.targets]
        if bool(quarters) == (self.spread is not None):
            raise ValueError("Enter a target per quarter, or a total to spread")
        if len(set(quarters)) < len(quarters):
            raise ValueError("Enter one target per quarter")
        if any(entry.target < 0 for entry in self.targets):
            raise ValueError("A target is zero or more")
        return self


class NewObligation(Counting):
    reference: Reference
    side: Side
    measure: Annotated[Words, Field(max_length=50)] | None = None
    """A code of the catalogue, or of the buyer's own measures; or ``own_measure``."""
    own_measure: OwnMeasure | None = None
    owner_id: UUID | None = None
    method_statement: Words | None = None
    """How the supplier will deliver it, for social value."""
    relevant: Words | None = None
    proportionate: Words | None = None
    additional: Words | None = None

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if (self.measure is None) == (self.own_measure is None):
            raise ValueError("Name a measure of the catalogue, or describe one of the buyer's own")
        return self


class AddedObligations(Frozen):
    """What is owed more, and why."""

    obligations: Annotated[tuple[NewObligation, ...], Field(min_length=1, max_length=500)]
    from_quarter: Quarter | None = None
    """The first quarter in which they are owed, over which on a total is spread. Left out: each from its first target on."""
    reason: Words


class Variation(Frozen):
    """A dated, reasoned change from a quarter on: another counting, or an end of what is owed."""

    from_quarter: Quarter
    reason: Words
    counting: Counting | None = None
    """None: nothing is owed under this obligation from then on."""


class ObligationVersion(Fact):
    version: int
    from_quarter: Quarter
    wording: str
    terms: Terms
    targets: tuple[QuarterTarget, ...]
    reason: str | None
    recorded_at: AwareDatetime
    recorded_by: UUID


class Obligation(Frozen):
    obligation_id: UUID
    reference: str
    side: Side
    owner_id: UUID | None
    method_statement: str | None
    relevant: str | None
    proportionate: str | None
    additional: str | None
    versions: tuple[ObligationVersion, ...]

    @property
    def newest(self) -> ObligationVersion:
        return self.versions[-1]
