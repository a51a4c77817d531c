"""The forms of registering a contract, one for each page."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from services.commitments.models.contracts import Line, Title
from services.commitments.models.measures import Code, Label, Unit
from services.commitments.models.obligations import Reference
from services.commitments.models.words import LegalRegime
from shared.obligations import (
    Amount,
    Bands,
    BandsBy,
    Basis,
    ContractForm,
    Direction,
    Frequency,
    FteCounting,
    Kind,
    OverTime,
    Place,
    Words,
)
from shared.pages.forms import Says
from shared.ratings.targets import Spread
from shared.typed_numbers import number_typed


def _bare(value: Any) -> Any:
    """``£250,000`` and ``95 %`` are numbers to people. What is no number stays as it is, to be refused."""
    number = number_typed(value) if isinstance(value, str) else None
    return value if number is None else number


Number = Annotated[Amount, BeforeValidator(_bare), Field(ge=0)]
Percent = Annotated[Amount, BeforeValidator(_bare), Field(ge=0, le=100)]


class Award(BaseModel):
    """What was awarded, to be found in the contract award notice."""

    reference: Annotated[Line, Says("Enter the contract reference", "Contract reference must have 300 characters or fewer")]
    title: Annotated[Title, Says("Enter the title of the contract", "Title must have 1,000 characters or fewer")]
    form: Annotated[ContractForm, Says("Select what kind of contract it is", "Select what kind of contract it is")]
    parent_id: Annotated[UUID | None, Says("", "Select the framework or lot"), Field(validate_default=True)] = None
    value: Annotated[Number | None, Says("", "Value must be a number, such as 250,000")] = None
    starts_on: Annotated[date, Says("Enter the first day of the contract", called="First day")]
    ends_on: Annotated[date, Says("Enter the last day of the contract", called="Last day")]
    legal_regime: Annotated[LegalRegime | None, Says("", "Select the legal regime from the list")] = None
    tender_days: Annotated[
        int | None, Field(ge=0, le=10_000), Says("", "Days the tender was open must be a whole number, such as 42")
    ] = None
    net_zero_and_social_value: Annotated[
        Percent | None, Says("", "Weight of net zero and social value must be a number from 0 to 100")
    ] = None
    qualitative_part: Annotated[
        Percent | None, Says("", "Qualitative part must be a number from 0 to 100"), Field(validate_default=True)
    ] = None

    @field_validator("parent_id")
    @classmethod
    def _under_something(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        if value is None and info.data.get("form") is ContractForm.CALL_OFF:
            raise ValueError("Select the framework or lot that this call-off stands under")
        return value

    @field_validator("starts_on", "ends_on")
    @classmethod
    def _in_our_time(cls, value: date) -> date:
        if not 1990 <= value.year <= 2100:
            raise ValueError("Enter a year between 1990 and 2100")
        return value

    @field_validator("ends_on")
    @classmethod
    def _after_the_start(cls, value: date, info: ValidationInfo) -> date:
        if (starts_on := info.data.get("starts_on")) is not None and value < starts_on:
            raise ValueError("Last day must be the first day or after it")
        return value

    @field_validator("qualitative_part")
    @classmethod
    def _both_or_none(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        weight = info.data.get("net_zero_and_social_value")
        if (value is None) != (weight is None):
            raise ValueError("Enter both weights, or neither")
        return value


class Parties(BaseModel):
    """Ids, in the order in which they were added; ``share-ID`` holds a supplier's share where there are several."""

    suppliers: Annotated[list[UUID], Says("Add the supplier", "Add the supplier"), Field(min_length=1, max_length=100)]
    lead: Annotated[UUID | None, Says("", "Select which supplier leads"), Field(validate_default=True)] = None
    buyers: Annotated[list[UUID], Field(max_length=99)] = []

    @field_validator("lead")
    @classmethod
    def _one_leads(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        suppliers = info.data.get("suppliers", [])
        if len(suppliers) > 1 and value not in suppliers:
            raise ValueError("Select which supplier leads")
        return value


class Places(BaseModel):
    """Shares (1 is the whole), each typed in percent."""

    shares: dict[Place, Decimal]


class Promise(BaseModel):
    reference: Annotated[Reference, Says("Enter a reference", "Reference must have 100 characters or fewer")]
    wording: Annotated[Words, Says("Enter what was promised", "What was promised must have 4,000 characters or fewer")]
    owner_id: Annotated[UUID | None, Says("", "Select the accountable owner from the list")] = None
    frequency: Annotated[Frequency, Says("Select how often figures are reported", "Select how often figures are reported")]
    evidence_required: Annotated[bool, Says("Select yes if evidence is needed", "Select yes or no")]
    method_statement: Annotated[Words | None, Says("", "Method statement must have 4,000 characters or fewer")] = None
    relevant: Annotated[Words | None, Says("", "Why it is relevant must have 4,000 characters or fewer")] = None
    proportionate: Annotated[Words | None, Says("", "Why it is proportionate must have 4,000 characters or fewer")] = None
    additional: Annotated[Words | None, Says("", "Why it is additional must have 4,000 characters or fewer")] = None


class OwnPromise(Promise):
    """With the measure itself, where no framework has it."""

    label: Annotated[Label, Says("Enter what is measured", "What is measured must have 300 characters or fewer")]
    code: Annotated[Code, Says("", "Code must have 50 characters or fewer"), Field(validate_default=True)] = ""
    kind: Annotated[Kind, Says("Select how it is measured", "Select how it is measured")]
    unit: Annotated[Unit | None, Says("", "Unit must have 50 characters or fewer"), Field(validate_default=True)] = None
    own_direction: Annotated[Direction, Says("Select which way is better", "Select which way is better")]

    @field_validator("code", mode="before")
    @classmethod
    def _from_the_label(cls, value: object, info: ValidationInfo) -> object:
        words = re.findall(r"\w+", str(info.data.get("label", "")).upper())
        return value or "-".join(words)[:50] or "MEASURE"

    @field_validator("unit")
    @classmethod
    def _fits(cls, value: str | None, info: ValidationInfo) -> str | None:
        fixed = {Kind.RATIO: "%", Kind.FLAG: "yes/no", Kind.FTE: "FTE"}.get(info.data.get("kind", Kind.FLOW))
        if value is None and fixed is None:
            raise ValueError("Enter the unit, such as hours")
        return fixed if value is None else value


class Targets(BaseModel):
    """How much in which quarter, and how quarters come together in a rating."""

    how: Annotated[Literal["each", "spread", "table"], Says("Select how to enter the targets", "Select how to enter the targets")]
    each: Annotated[Number | None, Says("", "Target must be a number, zero or more"), Field(validate_default=True)] = None
    total: Annotated[Number | None, Says("", "Total must be a number, zero or more"), Field(validate_default=True)] = None
    way: Annotated[Spread | None, Says("", "Select how to spread it"), Field(validate_default=True)] = None
    table: Annotated[
        str | None, Field(max_length=20_000, validate_default=True), Says("", "Paste fewer than 20,000 characters")
    ] = None
    basis: Annotated[Basis, Says("Select which quarters are rated together", "Select which quarters are rated together")]
    fte_counting: FteCounting = FteCounting.AVERAGE
    over_time: OverTime | None = None

    @field_validator("each", "total", "way", "table", mode="wrap")
    @classmethod
    def _said(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """What was typed for another way of entering them is left aside, whatever it says."""
        name = info.field_name
        if name not in {"each": ("each",), "spread": ("total", "way"), "table": ("table",)}.get(info.data.get("how", ""), ()):
            return None
        found = read(value)
        if found is None:
            raise ValueError(_ENTER[name])
        return found


_ENTER: dict[str | None, str] = {
    "each": "Enter the target of each quarter",
    "total": "Enter the total",
    "way": "Select how to spread the total",
    "table": "Enter or paste the targets",
}


class BandsTyped(BaseModel):
    """Where each rating ends. Shares of the target are typed in percent."""

    by: Annotated[BandsBy, Says("Select what the bands are", "Select what the bands are")]
    good: Annotated[Number, Says("Enter from where it is good", "Good must be a number, zero or more")]
    approaching: Annotated[
        Number, Says("Enter from where it is approaching target", "Approaching target must be a number, zero or more")
    ]
    improvement: Annotated[
        Number, Says("Enter from where it requires improvement", "Requires improvement must be a number, zero or more")
    ]

    @classmethod
    def of(cls, bands: Bands) -> Self:
        scale = 100 if bands.by is BandsBy.SHARE_OF_TARGET else 1
        return cls(
            by=bands.by, good=bands.good * scale, approaching=bands.approaching * scale, improvement=bands.improvement * scale
        )

    @property
    def bands(self) -> Bands:
        scale = Decimal(100) if self.by is BandsBy.SHARE_OF_TARGET else Decimal(1)
        good, approaching, improvement = (value / scale for value in (self.good, self.approaching, self.improvement))
        return Bands(by=self.by, good=good, approaching=approaching, improvement=improvement)


PLACES = {place.name.lower(): place for place in Place}
"""Fields' names of the nine places."""
