"""Organisations: buyers, suppliers, or both."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.commitments.models.registers import as_registered
from shared.events.commitments import IcbSees
from shared.obligations import Frozen, Place, Sector, Words

Name = Annotated[Words, Field(max_length=300)]
Scheme = Annotated[Words, Field(max_length=50)]
Number = Annotated[Words, Field(max_length=200)]


class OrganisationIdentifier(Frozen):
    """A number under which a register knows the organisation: ``GB-NHS``, ``GB-COH``, ``GB-CHC``, ``GB-PPON``."""

    scheme: Scheme
    id: Number


class RegisteredNumber(OrganisationIdentifier):
    """As its register writes it, where that is known here."""

    @model_validator(mode="before")
    @classmethod
    def _as_registered(cls, said: Any) -> Any:
        if isinstance(said, dict) and isinstance(said.get("scheme"), str) and isinstance(said.get("id"), str):
            scheme = said["scheme"].strip().upper()
            return {**said, "scheme": scheme, "id": as_registered(scheme, said["id"])}
        return said


class NewSupplier(Frozen):
    """What a contract manager says of a supplier that nobody has recorded yet."""

    name: Name
    identifiers: tuple[RegisteredNumber, ...] = Field((), max_length=20)
    sector: Sector
    place: Place | None = None


class BuyerSettings(Frozen):
    """What a buyer decides about itself. Of a change only the fields that were sent count."""

    icb_sees: IcbSees = IcbSees.TOTALS
    """What the ICB may see: totals only, or single contracts too."""
    escalates_to_icb: bool = False
    """True: alerts that nobody acts on end at the ICB, instead of at the executive."""
    executive_id: UUID | None = None
    """The person at the end of the buyer's clock."""


class NewOrganisation(BuyerSettings):
    name: Name
    identifiers: tuple[OrganisationIdentifier, ...] = Field((), max_length=20)
    sector: Sector
    place: Place | None = None
    buyer: bool = False
    supplier: bool = False

    @model_validator(mode="after")
    def _takes_part(self) -> Self:
        if not (self.buyer or self.supplier):
            raise ValueError("Say whether it is a buyer, a supplier, or both")
        if not self.buyer and (self.escalates_to_icb or self.executive_id or self.icb_sees is not IcbSees.TOTALS):
            raise ValueError("Only a buyer has an executive, escalates to the ICB, or shares its contracts")
        return self


class OrganisationChange(Frozen):
    """Only the fields that were sent count; ``identifiers`` replaces all of them."""

    name: Name | None = None
    identifiers: Annotated[tuple[OrganisationIdentifier, ...], Field(max_length=20)] | None = None
    sector: Sector | None = None
    place: Place | None = None
    buyer: bool | None = None
    supplier: bool | None = None
    icb_sees: IcbSees | None = None
    escalates_to_icb: bool | None = None
    executive_id: UUID | None = None

    @model_validator(mode="after")
    def _nothing_emptied(self) -> Self:
        for name in self.model_fields_set - {"place", "executive_id"}:
            if getattr(self, name) is None:
                raise ValueError(f"Leave {name} out, or give it a value")
        return self


class Organisation(NewOrganisation):
    organisation_id: UUID
    version: int
