"""The words for what a supplier owes: measures, obligations, targets, bands and figures.

Nothing here, and nothing that decides by it, asks which side an obligation is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

from shared.quarters import Quarter


class Frozen(BaseModel):
    """A value: it is never changed, and a field that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(BaseModel):
    """A value inside an event: unknown fields are ignored, so that producers may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


_LARGEST, _FINEST = Decimal(10) ** 14, Decimal("0.000001")


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("Enter a number")
    if value.copy_abs() >= _LARGEST:  # abs() would raise where an exponent is beyond Python's own bound
        raise ValueError("Enter a number below 100,000,000,000,000")
    if value != value.quantize(_FINEST):
        raise ValueError("Enter a number with no more than 6 decimal places")
    return value


def plain(value: Decimal) -> str:
    """A decimal as text without an exponent and without trailing zeros: ``95``, ``0.25``."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Amount = Annotated[Decimal, AfterValidator(_bounded), PlainSerializer(plain, return_type=str, when_used="json")]
"""An exact decimal, as ``numeric(20,6)`` holds it; text on the wire, and a Decimal still in Python."""


class Side(StrEnum):
    """Which half of a contract an obligation belongs to. For words on a page and the parity report only."""

    CORE_SERVICE = "core_service"
    SOCIAL_VALUE = "social_value"


class Kind(StrEnum):
    FLOW = "flow"
    FTE = "fte"
    HEADCOUNT = "headcount"
    RATIO = "ratio"
    FLAG = "flag"


class Direction(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class Basis(StrEnum):
    """The quarters that a rating looks at."""

    QUARTER = "quarter"
    YEAR = "year"
    CONTRACT = "contract"


class FteCounting(StrEnum):
    AVERAGE = "average"
    FTE_YEARS = "fte_years"


class OverTime(StrEnum):
    """How a measure's figures combine over quarters; only a ratio has a choice (``pool`` or ``latest``)."""

    SUM = "sum"
    MEAN = "mean"
    LATEST = "latest"
    POOL = "pool"


class Frequency(StrEnum):
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"


class Scope(StrEnum):
    """``organisation``: the figure speaks of the whole supplier, so it counts once however many contracts repeat it."""

    CONTRACT = "contract"
    ORGANISATION = "organisation"


class Sector(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    VCFSE = "vcfse"


class Place(StrEnum):
    """The nine boroughs of Cheshire and Merseyside."""

    CHESHIRE_EAST = "Cheshire East"
    CHESHIRE_WEST = "Cheshire West and Chester"
    HALTON = "Halton"
    KNOWSLEY = "Knowsley"
    LIVERPOOL = "Liverpool"
    SEFTON = "Sefton"
    ST_HELENS = "St Helens"
    WARRINGTON = "Warrington"
    WIRRAL = "Wirral"


class ContractForm(StrEnum):
    CONTRACT = "contract"
    FRAMEWORK = "framework"
    LOT = "lot"
    CALL_OFF = "call_off"
    PLEDGE = "pledge"


class Judgement(StrEnum):
    """How a reviewer judges the story of a line against the promise."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"


class BandsBy(StrEnum):
    SHARE_OF_TARGET = "share_of_target"
    THRESHOLDS = "thresholds"


class Bands(Fact):
    """Where good, approaching_target and requires_improvement end: shares of the target, or values in the unit (ratio: %)."""

    by: BandsBy
    good: Amount
    approaching: Amount
    improvement: Amount


class Measure(Fact):
    """One line of a framework's catalogue, or a buyer's own core KPI (then ``buyer_id`` says whose)."""

    framework: str
    framework_version: int = 1
    code: str
    label: str
    unit: str
    kind: Kind
    direction: Direction
    over_time: OverTime
    scope: Scope = Scope.CONTRACT
    theme: str = ""
    outcome: str = ""
    overlaps: tuple[str, ...] = ()
    suppress: bool = False
    partner_vcfse: bool = False
    buyer_id: UUID | None = None


class Terms(Fact):
    """How an obligation is counted and judged in one quarter: the version in force then.

    ``target`` is the quarter's own, in the measure's unit (% for a ratio, 1 for a flag). ``over_time`` matters for ratios only.
    """

    version: int
    measure: Measure
    direction: Direction
    basis: Basis
    fte_counting: FteCounting = FteCounting.AVERAGE
    over_time: OverTime
    bands: Bands | None
    """None for a flag: yes is good, no is inadequate."""
    frequency: Frequency = Frequency.QUARTERLY
    evidence_required: bool = False
    target: Amount

    @property
    def kind(self) -> Kind:
        return self.measure.kind


class Figure(Fact):
    """What was delivered in a quarter, due to this contract. Either ``value`` (for a flag: 1 is yes, 0 is no) or, for a ratio,
    ``numerator`` and ``denominator``. ``nil`` marks a zero that the supplier reported with a reason."""

    value: Amount | None = None
    numerator: Amount | None = None
    denominator: Amount | None = None
    nil: bool = False

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        ratio = self.numerator is not None and self.denominator is not None
        if ratio == (self.value is not None) or (self.numerator is None) != (self.denominator is None):
            raise ValueError("Enter either a value, or a numerator and a denominator")
        if self.nil and any(part for part in (self.value, self.numerator, self.denominator)):
            raise ValueError("A nil figure is zero")
        return self

    @classmethod
    def none_delivered(cls, kind: Kind) -> Figure:
        """Nil with a reason: zero; for a ratio there was nothing to measure."""
        zero = Decimal(0)
        return cls(numerator=zero, denominator=zero, nil=True) if kind is Kind.RATIO else cls(value=zero, nil=True)


class Share(Fact):
    """An organisation that takes part in a contract, and the part of its figures that is counted under it, where agreed."""

    organisation_id: UUID
    name: str
    sector: Sector
    place: Place | None = None
    lead: bool = False
    share: Amount | None = None


def exactly_one_lead(parties: tuple[Share, ...]) -> bool:
    return sum(party.lead for party in parties) == 1


PlaceShares = Mapping[Place, Amount]
"""Shares per place that sum to 1; empty where the contract has none (``several places``)."""


def shares_sum_to_one(shares: Mapping[Any, Decimal]) -> bool:
    return not shares or sum(shares.values()) == 1


class QuarterTarget(Fact):
    quarter: Quarter
    target: Amount


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("Remove the character NUL, which cannot be stored")
    return text


Text = Annotated[str, Field(max_length=4000), AfterValidator(_storable)]
"""Free text of a person: stays in the service that owns it, and never enters an event."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_storable)]
"""The same where something must be said: blanks alone say nothing."""
