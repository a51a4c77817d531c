"""Contracts as people record them: who, what for, how long, and what is owed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.commitments.models.obligations import NewObligation, Obligation, Target
from services.commitments.models.words import LegalRegime
from shared.events.commitments import Baseline
from shared.obligations import Amount, ContractForm, Frozen, Place, Share, Text, Words, shares_sum_to_one

Line = Annotated[Words, Field(max_length=300)]
Title = Annotated[Words, Field(max_length=1000)]
Money = Annotated[Amount, Field(ge=0)]
Identifier = Annotated[Words, Field(max_length=200)]


class Part(StrEnum):
    BUYER = "buyer"
    SUPPLIER = "supplier"


class Weights(Frozen):
    """The award criteria, in percent of the whole: net zero and social value, and of that the qualitative part."""

    net_zero_and_social_value: Annotated[Amount, Field(ge=0, le=100)]
    qualitative_part: Annotated[Amount, Field(ge=0, le=100)]


class Party(Frozen):
    organisation_id: UUID
    lead: bool = False
    share: Annotated[Amount, Field(gt=0, le=1)] | None = None
    """The part of the figures counted under this organisation; all parties of one kind have one, or none."""


def _parties_in_order(parties: tuple[Party, ...], kind: str) -> None:
    if len({party.organisation_id for party in parties}) < len(parties):
        raise ValueError(f"Name each {kind} once")
    if sum(party.lead for party in parties) != 1 and len(parties) > 1:
        raise ValueError(f"Say which one {kind} leads")
    shares = [party.share for party in parties if party.share is not None]
    if shares and (len(shares) < len(parties) or sum(shares) != 1):
        raise ValueError(f"Give every {kind} a share, together 1, or none")


class PledgedBaseline(Baseline):
    """With where it is known from, which stays here."""

    amount: Target
    source: Annotated[Text, Field(max_length=300)] = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_date < self.from_date:
            raise ValueError("A baseline's last day must be its first day or after it")
        return self


def _baselines_once(baselines: tuple[PledgedBaseline, ...]) -> None:
    if len({one.measure_code for one in baselines}) < len(baselines):
        raise ValueError("Give every measure one baseline")


class NewContract(Frozen):
    """What is recorded at contract award. Exactly one buyer and one supplier lead; a sole one does so without saying."""

    reference: Line
    title: Title
    form: ContractForm = ContractForm.CONTRACT
    parent_id: UUID | None = None
    ocid: Identifier | None = None
    award_id: Identifier | None = None
    ocds_contract_id: Identifier | None = None
    value: Money | None = None
    """Without VAT, in ``currency``."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "GBP"
    starts_on: date
    ends_on: date
    legal_regime: LegalRegime | None = None
    buyers: Annotated[tuple[Party, ...], Field(min_length=1, max_length=100)]
    suppliers: Annotated[tuple[Party, ...], Field(min_length=1, max_length=100)]
    places: dict[Place, Annotated[Amount, Field(gt=0, le=1)]] = {}
    weights: Weights | None = None
    tender_days: Annotated[int, Field(ge=0, le=10_000)] | None = None
    baselines: Annotated[tuple[PledgedBaseline, ...], Field(max_length=100)] = ()
    obligations: Annotated[tuple[NewObligation, ...], Field(max_length=500)] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("The contract must end on or after the day it starts")
        if self.starts_on.year < 1990 or self.ends_on.year > 2100:
            raise ValueError("Enter dates between 1990 and 2100")
        if not shares_sum_to_one(self.places):
            raise ValueError("The shares of the places must add up to 1")
        _parties_in_order(self.buyers, "buyer")
        _parties_in_order(self.suppliers, "supplier")
        references = [obligation.reference for obligation in self.obligations]
        if len(set(references)) < len(references):
            raise ValueError("Give every obligation a reference of its own")
        if self.form is ContractForm.CALL_OFF and self.parent_id is None:
            raise ValueError("Say which framework or lot this call-off stands under")
        if self.form is not ContractForm.PLEDGE and self.baselines:
            raise ValueError("Only a pledge has a baseline")
        _baselines_once(self.baselines)
        return self


class ContractChange(Frozen):
    """A new description of a contract; what is left out stays. The end can move out, or be brought forward by closing."""

    title: Title | None = None
    value: Money | None = None
    ends_on: date | None = None
    legal_regime: LegalRegime | None = None
    places: dict[Place, Annotated[Amount, Field(gt=0, le=1)]] | None = None
    baselines: Annotated[tuple[PledgedBaseline, ...], Field(max_length=100)] | None = None
    """All of a pledge's, instead of those that stand."""
    reason: Words

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if self.places is not None and not shares_sum_to_one(self.places):
            raise ValueError("The shares of the places must add up to 1")
        _baselines_once(self.baselines or ())
        return self


class Closing(Frozen):
    """Closing a contract early: the last day on which it runs, and why."""

    ends_on: date
    reason: Words


class Caution(Frozen):
    """Something to look at that does not stop anybody: history may not comply."""

    code: str
    detail: str
    pointer: str = ""


class ContractSummary(Frozen):
    contract_id: UUID
    version: int
    reference: str
    title: str
    form: ContractForm
    starts_on: date
    ends_on: date
    value: Amount | None
    currency: str
    lead_buyer: str
    lead_supplier: str


class Contract(Frozen):
    """A contract as it stands."""

    contract_id: UUID
    version: int
    reference: str
    title: str
    form: ContractForm
    parent_id: UUID | None
    ocid: str | None
    award_id: str | None
    ocds_contract_id: str | None
    value: Amount | None
    currency: str
    starts_on: date
    ends_on: date
    awarded_ends_on: date
    legal_regime: LegalRegime | None
    buyers: tuple[Share, ...]
    suppliers: tuple[Share, ...]
    places: dict[Place, Amount]
    weights: Weights | None
    tender_days: int | None
    baselines: tuple[PledgedBaseline, ...]
    obligations: tuple[Obligation, ...]
    cautions: tuple[Caution, ...] = ()

    @property
    def lead_buyer_id(self) -> UUID:
        return next(buyer.organisation_id for buyer in self.buyers if buyer.lead)

    def called(self, obligation_id: UUID) -> Obligation | None:
        return next((one for one in self.obligations if one.obligation_id == obligation_id), None)


NET_ZERO_AND_SOCIAL_VALUE = Decimal(10)
"""At least this weight, in percent (NHS net zero and social value weighting in procurement)."""
QUALITATIVE_PART = Decimal(60)
"""Of that, at least this much is qualitative, in percent (the region's report, section 8)."""
TENDER_DAYS = 42
"""A tender that was open for fewer days is flagged."""
