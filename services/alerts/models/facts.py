"""Facts as they were heard, in every version: what ratings and alerts follow from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.obligations import Figure, Judgement, Side, Terms
from shared.quarters import Quarter


@dataclass(frozen=True, slots=True)
class KnownOrganisation:
    organisation_id: UUID
    version: int
    name: str
    icb_sees: str
    escalates_to_icb: bool
    executive_id: UUID | None


@dataclass(frozen=True, slots=True)
class KnownContract:
    contract_id: UUID
    version: int
    """0: known from its returns only."""
    reference: str
    title: str
    starts_on: date
    ends_on: date
    buyer_ids: tuple[UUID, ...]
    supplier_ids: tuple[UUID, ...]
    lead_buyer_id: UUID


@dataclass(frozen=True, slots=True)
class KnownObligation:
    obligation_id: UUID
    contract_id: UUID
    version: int
    """Of the contract; 0: known from its returns only."""
    reference: str
    side: Side
    owner_id: UUID | None
    measure_code: str
    label: str
    unit: str


@dataclass(frozen=True, slots=True)
class Promise:
    """The targets of an obligation in every quarter of its contract, from one version of the contract on."""

    obligation_id: UUID
    version: int
    contract_id: UUID
    at: datetime
    position: int
    targets: Mapping[Quarter, Decimal]


@dataclass(frozen=True, slots=True)
class ReturnVersion:
    return_id: UUID
    version: int
    contract_id: UUID
    quarter: Quarter
    at: datetime
    position: int
    type: str
    """The event's: ``return.overdue.v1``."""
    status: str
    due_on: date
    review_due_on: date | None
    first_submitted_at: datetime | None
    decided: int
    """How many of its lines a reviewer has decided on."""
    answer_due_on: date | None = None
    """Where it was sent back: by when the supplier is to send it again. For lists: nothing is rated or alerted by it."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a return asks for of one obligation, from one version of the return on; no terms: nothing any more."""

    return_id: UUID
    obligation_id: UUID
    version: int
    contract_id: UUID
    quarter: Quarter
    at: datetime
    position: int
    terms: Terms | None
    days: int


@dataclass(frozen=True, slots=True)
class LineVersion:
    """An approved line, or a restatement of it."""

    line_id: UUID
    version: int
    return_id: UUID
    contract_id: UUID
    obligation_id: UUID
    quarter: Quarter
    at: datetime
    position: int
    terms: Terms
    days: int
    figure: Figure
    judgement: Judgement | None
    unlikely: tuple[str, ...]
    evidence: tuple[str, ...]
    pledge: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """A person resolved an alert. ``heard``: the furthest position on ``returns`` that was known of the contract then."""

    resolution_id: UUID
    alert_id: UUID
    subject_id: UUID
    at: datetime
    heard: int
    resolved_by: UUID
    reason: str
