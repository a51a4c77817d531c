"""What happens in the demonstration, as scenario.toml tells it."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from services.commitments.models.words import LegalRegime
from shared.access import Role
from shared.obligations import Basis, ContractForm, Direction, Frequency, Frozen, Kind, Place, Sector, Side
from shared.quarters import LONDON, Quarter, quarters_of

FILE = Path(__file__).parent / "scenario.toml"
NOTICES = Path(__file__).parent / "notices"
_AT_WORK = time(10, 0)


class Organisation(Frozen):
    key: str
    name: str
    identifier: str | None = None
    """``scheme-id``, such as ``GB-NHS-QYG``."""
    sector: Sector
    place: Place | None = None
    buyer: bool = False
    supplier: bool = False
    icb_sees: Literal["totals", "contracts"] = "totals"
    escalates_to_icb: bool = False
    executive: str | None = None


class Person(Frozen):
    key: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    shown_as: str | None = None
    """Printed with a sign-in link and an API key when the demonstration starts."""

    @property
    def email(self) -> str:
        return f"{self.key}@parity.example"


class OwnMeasure(Frozen):
    code: str
    label: str
    unit: str
    kind: Kind
    direction: Direction


class Notice(Frozen):
    """A file of deploy/demo/notices is imported."""

    on: date
    file: str


class Obligation(Frozen):
    """``kpi``: of the notice that the contract comes from.

    ``targets``, ``figures``, ``stories`` and ``evidence`` run over the contract's quarters; the last target stands on.
    """

    reference: str
    kpi: str | None = None
    side: Side
    measure: str | None = None
    own: OwnMeasure | None = None
    wording: str
    basis: Basis | None = None
    frequency: Frequency = Frequency.QUARTERLY
    targets: tuple[Decimal, ...] = Field(min_length=1)
    thresholds: tuple[Decimal, Decimal, Decimal] | None = None
    owner: str | None = None
    evidence_required: bool = False
    method: str | None = None
    relevant: str | None = None
    proportionate: str | None = None
    additional: str | None = None
    baseline: Decimal | None = None
    figures: tuple[str, ...]
    stories: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _measured(self) -> Obligation:
        if (self.measure is None) == (self.own is None):
            raise ValueError("name a measure of the catalogue, or one of the buyer's own")
        return self

    def target(self, number: int) -> Decimal:
        """In the contract's ``number``-th quarter, from 0."""
        return self.targets[min(number, len(self.targets) - 1)]


class Variation(Frozen):
    on: date
    obligation: str
    from_quarter: Quarter
    targets: tuple[Decimal, ...] = Field(min_length=1)
    reason: str


class Dispute(Frozen):
    """Changes are asked for on one line before it is approved, and answered."""

    on: date
    quarter: Quarter
    obligation: str
    reason: str
    answer_on: date
    figure: str
    story: str


class Draft(Frozen):
    """The supplier fills the return of the contract's ``number``-th quarter, and does not submit it."""

    number: int
    on: date


class Restatement(Frozen):
    """``request``: a supplier asks for it, and waits for an answer."""

    on: date
    quarter: Quarter
    obligation: str
    figure: str
    reason: str


class Acknowledgement(Frozen):
    on: date
    obligation: str
    note: str


class Recovery(Frozen):
    on: date
    obligation: str
    until: date
    plan: str
    """``proposal``: the supplier's, which waits for an answer."""


class Objection(Frozen):
    """The supplier disputes an alert, and waits for an answer."""

    on: date
    obligation: str
    reason: str


class Weights(Frozen):
    """In percent: net zero and social value of the whole award, and the qualitative part of that."""

    net_zero_and_social_value: Decimal
    qualitative_part: Decimal


class Contract(Frozen):
    """``file_on`` and ``approve_on`` run over the contract's quarters, as far as they have come; None: never."""

    key: str
    ocid: str | None = None
    """Of the notices that propose it; a person confirms, where others are recorded by hand."""
    reference: str
    title: str
    form: ContractForm = ContractForm.CONTRACT
    legal_regime: LegalRegime | None = None
    value: Decimal | None = None
    starts_on: date
    ends_on: date
    recorded_on: date
    manager: str
    certifier: str
    buyer: str
    supplier: str
    places: dict[Place, Decimal] = {}
    weights: Weights | None = None
    tender_days: int | None = None
    file_on: tuple[date | None, ...]
    approve_on: tuple[date | None, ...]
    obligation: tuple[Obligation, ...]
    variation: tuple[Variation, ...] = ()
    dispute: tuple[Dispute, ...] = ()
    draft: Draft | None = None
    restatement: tuple[Restatement, ...] = ()
    request: tuple[Restatement, ...] = ()
    acknowledgement: tuple[Acknowledgement, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    proposal: tuple[Recovery, ...] = ()
    objection: tuple[Objection, ...] = ()

    @property
    def quarters(self) -> list[Quarter]:
        return quarters_of(self.starts_on, self.ends_on)

    def called(self, reference: str) -> Obligation:
        return next(obligation for obligation in self.obligation if obligation.reference == reference)


class Closing(Frozen):
    quarter: Quarter
    on: date


class Scenario(Frozen):
    begins: date
    present: date
    organisation: tuple[Organisation, ...]
    person: tuple[Person, ...]
    notice: tuple[Notice, ...] = ()
    contract: tuple[Contract, ...]
    closing: tuple[Closing, ...] = ()

    def shown(self) -> list[Person]:
        """Those as whom a visitor looks at the demonstration."""
        return [person for person in self.person if person.shown_as]


def read(file: Path = FILE) -> Scenario:
    return Scenario.model_validate(tomllib.loads(file.read_text()))


def at_work(day: date) -> datetime:
    """When a person acts on that day."""
    return datetime.combine(day, _AT_WORK, LONDON).astimezone(UTC)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12, 0), LONDON).astimezone(UTC)


def evening(day: date) -> datetime:
    """The last moment of a day at which anything is done."""
    return datetime.combine(day, time(23, 59), LONDON).astimezone(UTC)


def content(figure: str, story: str = "") -> dict[str, Any]:
    """A line as a supplier sends it. ``60``, ``931/980``, three months ``10 + 12 + 9``, or ``nil: why``."""
    if figure.startswith("nil:"):
        return {"nil_reason": figure.removeprefix("nil:").strip(), "story": story}
    parts = [_entered(part) for part in figure.split("+")]
    return {"figure": parts[0], "story": story} if len(parts) == 1 else {"months": parts, "story": story}


def _entered(text: str) -> dict[str, str]:
    numerator, slash, denominator = text.strip().partition("/")
    return {"numerator": numerator, "denominator": denominator} if slash else {"value": numerator}
