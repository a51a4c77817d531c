"""What the aggregator tells: the ICB's published quarterly totals."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime

from shared.events.envelope import Event
from shared.obligations import Amount, Fact, Kind
from shared.quarters import Quarter


class Coverage(Fact):
    """Of the contracts that owe a measure in a quarter: returns due, received, approved; by number and by promised quantity."""

    due: int
    received: int
    approved: int
    promised_due: Amount
    promised_received: Amount
    promised_approved: Amount


class QuarterPublished(Event, type="quarter.published.v1", topic="icb-totals"):
    """A quarter was closed: publication ``number`` of it, immutable. ``version`` is the number."""

    publication_id: UUID
    quarter: Quarter
    number: int
    published_at: AwareDatetime
    totals: int
    """How many ``total.published.v1`` belong to it."""
    reasons: dict[str, int] = {}
    """How many lines differ from the publication before: newly_reported, newly_approved, restated, moved."""

    @property
    def key(self) -> UUID:
        return self.publication_id


class TotalPublished(Event, type="total.published.v1", topic="icb-totals"):
    """One figure of a publication. Hidden small numbers carry no value."""

    publication_id: UUID
    quarter: Quarter
    number: int
    framework: str
    measure_code: str
    unit: str
    kind: Kind
    dimension: str
    """``region``, ``place``, ``buyer``, ``sector``, ``theme`` or ``outcome``."""
    member: str
    """Which one: a place, a buyer's id, a sector, …; ``all`` for the region."""
    value: Amount | None = None
    numerator: Amount | None = None
    denominator: Amount | None = None
    hidden: bool = False
    coverage: Coverage
    counted: str = "contracts"
    """``contracts`` or ``pledges``: counted apart, never added."""
    owner_id: UUID | None = None
    """The buyer whose own core KPI the measure is."""

    @property
    def key(self) -> UUID:
        return self.publication_id
