"""Regional totals, as they are worked with (``Cell``) and as they are shown (``Total``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.events.icb_totals import Coverage
from shared.obligations import Amount, Frozen, Kind, OverTime, Scope
from shared.quarters import Quarter


class Dimension(StrEnum):
    REGION = "region"
    PLACE = "place"
    BUYER = "buyer"
    SECTOR = "sector"
    THEME = "theme"
    OUTCOME = "outcome"


Counted = Literal["contracts", "pledges"]
"""A pledge is counted apart from contracts; the two are never added."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """A figure or a total: a value, or a numerator and a denominator (ratios; a flag is "x of y")."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None

    @classmethod
    def of(cls, kind: Kind, value: Decimal | None, numerator: Decimal | None, denominator: Decimal | None) -> Amounts:
        """Of the three, those that the kind has."""
        return cls(None, numerator, denominator) if kind in (Kind.RATIO, Kind.FLAG) else cls(value)

    @property
    def parts(self) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        return self.value, self.numerator, self.denominator

    @property
    def people(self) -> Decimal:
        """What may be a small number of people: the value, or the numerator."""
        return next((part for part in self.parts if part is not None), Decimal(0))

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(_add(mine, theirs) for mine, theirs in zip(self.parts, other.parts, strict=True)))

    def __neg__(self) -> Amounts:
        return Amounts(*(None if part is None else -part for part in self.parts))

    def __sub__(self, other: Amounts) -> Amounts:
        return self + -other


def _add(mine: Decimal | None, theirs: Decimal | None) -> Decimal | None:
    return mine if theirs is None else theirs if mine is None else mine + theirs


@dataclass(frozen=True, slots=True)
class CountedMeasure:
    """What a total counts, as it is described at present."""

    measure_id: UUID
    framework: str
    code: str
    label: str
    unit: str
    kind: Kind
    over_time: OverTime
    scope: Scope
    theme: str
    outcome: str
    overlaps: tuple[str, ...]
    suppress: bool
    buyer_id: UUID | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One total with its coverage: a measure, for one member of a dimension, in a quarter."""

    quarter: date
    measure: CountedMeasure
    pledge: bool
    dimension: Dimension
    member: str
    member_name: str
    amounts: Amounts | None
    """None where no figure is approved (missing is never zero), or where it is hidden."""
    due: int
    received: int
    approved: int
    promised_due: Decimal
    promised_received: Decimal
    promised_approved: Decimal
    hidden: bool = False

    @property
    def counted(self) -> Counted:
        return "pledges" if self.pledge else "contracts"

    @property
    def place(self) -> tuple[str, ...]:
        """Its place in the order of totals of a quarter, and no other's."""
        measure = self.measure
        owner = str(measure.buyer_id or "")
        return (measure.framework, measure.code, measure.unit, measure.kind, owner, self.counted, self.dimension, self.member)


class Total(Frozen):
    """A quarterly total beside its coverage."""

    quarter: Quarter
    framework: str
    measure_code: str
    measure: str
    unit: str
    kind: Kind
    theme: str
    outcome: str
    owner_id: UUID | None = Field(description="The buyer whose own core KPI this is; empty for a measure of the framework.")
    counted: Counted = Field(description="Pledges are counted apart from contracts; the two are never added.")
    dimension: Dimension
    member: str = Field(description="A place, a buyer's id, a sector, a theme, an outcome; `all` for the region.")
    member_name: str
    value: Amount | None = Field(description="Empty for ratios and yes/no, where nothing is approved, and where it is hidden.")
    numerator: Amount | None
    denominator: Amount | None
    percent: Amount | None = Field(description="100 x numerator / denominator; empty where there is nothing to measure.")
    hidden: bool = Field(description="A small number of people, or one that would give a small number away.")
    coverage: Coverage
    overlaps: tuple[str, ...] = Field(description="Measures that count some of the same things; never add them up.")

    @property
    def place(self) -> tuple[str, ...]:
        """As ``Cell.place``."""
        owner = str(self.owner_id or "")
        return (self.framework, self.measure_code, self.unit, self.kind, owner, self.counted, self.dimension, self.member)


class Totals(Frozen):
    """Totals of one quarter."""

    quarter: Quarter
    items: list[Total]
    next: str | None = None
    notes: list[str] = Field(default=[], description="What a reader of these totals together must know: overlapping measures.")


class YearTotal(Frozen):
    """A total over the quarters of a financial year so far, as the measure combines over time."""

    year: str
    quarters: tuple[Quarter, ...] = Field(description="The quarters that have an approved figure.")
    framework: str
    measure_code: str
    measure: str
    unit: str
    kind: Kind
    owner_id: UUID | None
    counted: Counted
    dimension: Dimension
    member: str
    member_name: str
    value: Amount | None
    numerator: Amount | None
    denominator: Amount | None
    percent: Amount | None
    hidden: bool

    @property
    def place(self) -> tuple[str, ...]:
        """Its place in the order of totals of a year."""
        owner = str(self.owner_id or "")
        return (self.framework, self.measure_code, self.unit, self.kind, owner, self.counted, self.dimension, self.member)


class YearTotals(Frozen):
    """Totals over a financial year so far."""

    year: str
    items: list[YearTotal]
