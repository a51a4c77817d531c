"""Closed quarters: numbered publications, what changed between them, and the bridge from one figure to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.aggregator.models.totals import Amounts, Counted, Dimension, Total
from shared.obligations import Amount, Frozen, Kind
from shared.quarters import Quarter


class Reason(StrEnum):
    """Why a figure of a publication differs from the publication before."""

    NEWLY_REPORTED = "newly_reported"
    """The return had not been received."""
    NEWLY_APPROVED = "newly_approved"
    """It had been received, and the line was not approved yet."""
    RESTATED = "restated"
    """An approved figure was changed after its quarter was closed."""
    MOVED = "moved"
    """The same figure counts under another measure, or is spread by other shares."""


class Publication(Frozen):
    """A closing of a quarter. It never changes afterwards."""

    publication_id: UUID
    quarter: Quarter
    number: int
    published_at: AwareDatetime
    person_id: UUID = Field(description="Who closed the quarter.")
    totals: int = Field(description="How many figures it holds.")
    threshold: int = Field(description="Values above 0 and below this were hidden where a measure suppresses small numbers.")
    reasons: dict[Reason, int] = Field(description="How many lines differ from the publication before, by reason.")


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """A publication with the ledger's last entry that it knew."""

    publication: Publication
    entry: int


class Known(NamedTuple):
    """What was known: up to an entry of the ledger, or at a time; without either, everything."""

    entry: int | None = None
    at: datetime | None = None


EVERYTHING = Known()


class HeardUpTo(Frozen):
    """How far a partition of a topic had been heard when a publication was made."""

    topic: str
    partition: int
    epoch: int
    position: int


class FigureChange(Frozen):
    """One line's figure that differs between two publications."""

    line_id: UUID
    contract_id: UUID
    measure_id: UUID
    reason: Reason
    before: dict[str, Amount | None] | None
    """``value``, or ``numerator`` and ``denominator``; None where there was none."""
    after: dict[str, Amount | None]


class RestatedLine(Frozen):
    """A line whose return says why it was changed."""

    contract_id: UUID
    line_id: UUID


@dataclass(frozen=True, slots=True)
class Differing:
    """The lines of one measure whose figures differ for one reason."""

    measure_id: UUID
    reason: Reason
    lines: int
    amounts: Amounts
    """By how much they differ together."""
    contracts: frozenset[UUID]
    restated: tuple[RestatedLine, ...] = ()
    """The lines, where that is the reason."""


class ShownChange(Frozen):
    """What changed, as far as the reader may see it."""

    measure_code: str
    measure: str
    unit: str
    reason: Reason
    lines: int
    value: Amount | None = Field(
        description="By how much the lines' figures differ together; empty for ratios and small numbers."
    )
    numerator: Amount | None
    denominator: Amount | None
    hidden: bool
    contracts: tuple[UUID, ...] = Field(description="Those of buyers who let the ICB see single contracts.")
    restated: tuple[RestatedLine, ...] = Field(description="Their lines whose approved figure was changed.")


class CutChanges(Frozen):
    """Which figures differ between a provisional cut and a publication: from whichever knew less to the other."""

    publication: int
    publication_is_later: bool = Field(description="False: from the publication to the cut, which was of a later day.")
    changes: list[ShownChange]


class Step(StrEnum):
    """Why a total differs from the one it is compared with."""

    RESTATED = "restated"
    """The earlier figure was changed since it was published."""
    LIKE_FOR_LIKE = "like_for_like"
    """Contracts with an approved figure in both."""
    NEWLY_REPORTING = "newly_reporting"
    """Owed in both, and approved now only."""
    NO_LONGER_REPORTING = "no_longer_reporting"
    """Owed in both, and approved then only."""
    NEW = "new"
    """Not owed then."""
    ENDED = "ended"
    """Not owed any more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one contract (or supplier, where a measure counts once per supplier) stands with a measure in a quarter."""

    owed: bool
    amounts: Amounts | None
    """None where no figure is approved."""
    members: int = 1
    """More: so many together that stand alike."""


@dataclass(frozen=True, slots=True)
class Part:
    step: Step
    amounts: Amounts
    percent: Amount | None
    """Percentage points, for ratios."""
    members: int
    """How many contracts (or suppliers) it speaks of."""


class BridgePart(Frozen):
    step: Step
    value: Amount | None
    numerator: Amount | None
    denominator: Amount | None
    percent: Amount | None = Field(description="Percentage points, for ratios.")
    members: int = Field(description="How many contracts it speaks of; suppliers, where the measure counts once per supplier.")
    hidden: bool = False


class Compared(Frozen):
    """One end of a bridge."""

    quarter: Quarter
    publication: int | None = Field(description="Empty: as known at present.")
    value: Amount | None
    numerator: Amount | None
    denominator: Amount | None
    percent: Amount | None
    members: int = Field(description="How many contracts have an approved figure in it; 0: the zero is nobody's.")


class Bridge(Frozen):
    """From one total to another. The parts add up to the difference exactly."""

    measure_code: str
    measure: str
    unit: str
    kind: Kind
    counted: Counted
    dimension: Dimension
    member: str
    before: Compared
    after: Compared
    parts: tuple[BridgePart, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """A total of the region as it was known twice."""

    before: Total | None
    after: Total | None
    difference: Decimal | None
    """Of the values; of ratios and yes/no in percentage points. None where either is not known."""

    @property
    def differs(self) -> bool:
        """Half of a few is another figure than half of many, though nothing lies between the two."""
        was, now = ((one.value, one.numerator, one.denominator) if one else () for one in (self.before, self.after))
        return was != now

    @property
    def either(self) -> Total:
        found = self.after or self.before
        if found is None:
            raise ValueError("neither is there")
        return found
