"""Contracts that notices propose, and what people make of them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.commitments.models.contracts import Line, Money, Title, Weights
from services.commitments.models.obligations import NewObligation
from services.commitments.models.words import LegalRegime
from services.commitments.notices.models import Change, LeftOut, ProposedContract, ReadError, Together
from shared.obligations import Amount, ContractForm, Frozen, Place, Sector, Words, shares_sum_to_one

PartyId = Annotated[Words, Field(max_length=500)]


class ProposalStatus(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    """Confirmed, and a later release says otherwise: a person settles it."""
    DECLINED = "declined"
    FALLEN = "fallen"
    """The award was cancelled, or came apart into contracts of its own, before anybody confirmed it."""


class ProposalKept(Frozen):
    """A contract that notices propose; ``changes`` wait for a person while its status is ``changed``."""

    proposal_id: UUID
    version: int
    status: ProposalStatus
    buyer_id: UUID | None
    imported_for: UUID
    standing: ProposedContract
    settled: ProposedContract | None
    changes: tuple[Change, ...]
    contract_ids: tuple[UUID, ...]


class ProposalSummary(Frozen):
    proposal_id: UUID
    version: int
    ocid: str
    status: ProposalStatus
    title: str | None
    buyer: str | None
    supplier: str | None
    starts_on: date | None
    ends_on: date | None
    contract_ids: tuple[UUID, ...]


class Imported(Frozen):
    """What an import came to. Every release is in some proposal, left out, or an error."""

    releases: int
    proposals: tuple[ProposalSummary, ...]
    new: int
    changed: int
    """How many proposals stand otherwise than before, for whatever reason."""
    left_out: tuple[LeftOut, ...]
    errors: tuple[ReadError, ...]


class PartyConfirmed(Frozen):
    """Who a party of the notice is: an organisation that is recorded, or a new one with this sector and place."""

    organisation_id: UUID | None = None
    sector: Sector | None = None
    place: Place | None = None


class ConfirmedObligation(NewObligation):
    kpi_id: Annotated[Words, Field(max_length=500)] | None = None
    """The KPI of the notice that it stands for."""


class Confirmation(Frozen):
    """What a person says to a proposal. What is left out stays as the notices say.

    Every KPI of the notices is either an obligation's ``kpi_id``, or named in ``leave_out``.
    """

    reference: Line
    title: Title | None = None
    form: ContractForm | None = None
    parent_id: UUID | None = None
    value: Money | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    legal_regime: LegalRegime | None = None
    parties: Annotated[dict[PartyId, PartyConfirmed], Field(max_length=200)] = {}
    """By the ids that the notice gives them. Without a word, a party is recognised by its identifier, or recorded."""
    suppliers_are: Together | None = None
    """Where there are several: one contract together, of which ``lead_supplier`` leads, or a contract each."""
    lead_supplier: PartyId | None = None
    places: dict[Place, Annotated[Amount, Field(gt=0, le=1)]] = {}
    weights: Weights | None = None
    tender_days: Annotated[int, Field(ge=0, le=10_000)] | None = None
    obligations: Annotated[tuple[ConfirmedObligation, ...], Field(max_length=500)] = ()
    leave_out: Annotated[tuple[PartyId, ...], Field(max_length=500)] = ()

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if not shares_sum_to_one(self.places):
            raise ValueError("The shares of the places must add up to 1")
        return self


class Declining(Frozen):
    reason: Words


class Settlement(Frozen):
    """What a person makes of later releases, and why: which changes to apply to what is recorded (``title``, ``value.amount``,
    ``period.ends_on``, ``ended_on``). The others are for variations of the contract, made before or after."""

    apply: frozenset[Annotated[str, Field(max_length=600)]] = Field(frozenset(), max_length=100)
    reason: Words
