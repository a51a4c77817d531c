"""The part of an OCDS 1.1 release that Parity reads, with its fields as the standard names them.

Everything else is dropped before merging: it cannot clash, takes no memory, and is nobody's business here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel

from shared.obligations import plain
from shared.quarters import LONDON, local_date

LONGEST_TEXT = 4000
_LARGEST_AMOUNT = Decimal(10) ** 14
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?")


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.match(value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip().upper())
            return (moment if moment.tzinfo else moment.replace(tzinfo=LONDON)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("This is not a date and time: write it like 2026-06-25T14:18:15+01:00")


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    try:
        return local_date(_moment(value))
    except (ValueError, OverflowError):
        raise ValueError("This is not a date: write it like 2026-06-25 or 2026-06-25T14:18:15+01:00") from None


def _text(value: Any) -> Any:
    """One line or paragraph; nothing where nothing is said. Numbers and identifiers are often confused in JSON."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = plain(Decimal(value))
    if isinstance(value, str):
        value = value.strip()
        return (value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…") or None
    return value


def _amount(value: Any) -> Decimal:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise ValueError("This is not a number")
    amount = Decimal(value)
    if not 0 <= amount < _LARGEST_AMOUNT:
        raise ValueError("An amount is not below zero, and below 100,000,000,000,000")
    return amount.quantize(Decimal("0.000001")).normalize()


def _flag(value: Any) -> bool | None:
    """Of use for suggestions only: what is no yes or no is not worth refusing a release."""
    return value if isinstance(value, bool) else None


def _months(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1200 else None


def _words(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""UTC. A time without a zone is read as local."""
Day = Annotated[date, BeforeValidator(_day)]
"""The Europe/London date of a moment: 2026-06-30T23:00:00Z is 1 July."""
Said = Annotated[str | None, BeforeValidator(_text)]
Identifier = Annotated[str, BeforeValidator(_text), Field(max_length=200)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Words = Annotated[list[str], BeforeValidator(_words)]
Number = Annotated[Decimal, BeforeValidator(_amount), PlainSerializer(plain, return_type=str, when_used="json")]


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True, frozen=True)


def _once(parts: Sequence[Thing | Observation] | None, what: str) -> None:
    """ocdsmerge would silently lay two things of one id over each other."""
    for id, times in Counter(part.id for part in parts or ()).items():
        if times > 1:
            raise ValueError(f"{what} {id} stands here {times} times: ids must differ")


class Thing(Part):
    """What merges by its id."""

    id: Identifier


class Named(Part):
    """An organisation, or a reference to one; some have a name only, which then is its id."""

    id: Identifier
    name: Said = None

    @model_validator(mode="before")
    @classmethod
    def _known_by_something(cls, said: Any) -> Any:
        if isinstance(said, dict) and _text(said.get("id")) is None:
            name = _text(said.get("name"))
            if not isinstance(name, str):
                raise ValueError("An organisation has an id or a name")
            return said | {"id": name[:200]}
        return said


class Value(Part):
    amount: Number | None = None
    currency: Annotated[str | None, BeforeValidator(_text), Field(pattern=r"^[A-Z]{3}$")] = None


class Period(Part):
    start_date: Day | None = None
    end_date: Day | None = None
    max_extent_date: Day | None = None
    duration_in_months: Annotated[int | None, BeforeValidator(_months)] = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValueError("This period ends before it starts")
        return self


class Unit(Part):
    id: Said = None
    name: Said = None


class Observation(Part):
    id: Identifier | None = None
    period: Period | None = None
    value: Value | None = None
    measure: Said = None
    unit: Unit | None = None


class Metric(Thing):
    title: Said = None
    description: Said = None
    observations: list[Observation] | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _once([one for one in self.observations or () if one.id], "Observation")
        return self


class Implementation(Part):
    metrics: list[Metric] | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _once(self.metrics, "Metric")
        return self


class PartyIdentifier(Part):
    scheme: Said = None
    id: Said = None


class Address(Part):
    locality: Said = None
    region: Said = None


class PartyDetails(Part):
    vcse: Flag = None


class Party(Named):
    identifier: PartyIdentifier | None = None
    address: Address | None = None
    roles: Words = []
    details: PartyDetails | None = None


class LegalBasis(Part):
    id: Said = None


class Techniques(Part):
    has_framework_agreement: Flag = None


class Tender(Part):
    title: Said = None
    status: Said = None
    legal_basis: LegalBasis | None = None
    procurement_method_details: Said = None
    special_regime: Words = []
    techniques: Techniques | None = None


class Award(Thing):
    title: Said = None
    status: Said = None
    value: Value | None = None
    suppliers: list[Named] | None = None
    contract_period: Period | None = None
    agreed_metrics: list[Metric] | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _once(self.agreed_metrics, "Metric")
        return self


class Contract(Thing):
    award_id: Annotated[str | None, BeforeValidator(_text)] = Field(default=None, alias="awardID")
    title: Said = None
    status: Said = None
    value: Value | None = None
    period: Period | None = None
    date_signed: Day | None = None
    end_date: Day | None = None
    """When it came to a close, by the extension for contract completion."""
    agreed_metrics: list[Metric] | None = None
    implementation: Implementation | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _once(self.agreed_metrics, "Metric")
        return self


class Release(Part):
    ocid: Identifier
    id: Identifier
    date: Moment
    buyer: Named | None = None
    parties: list[Party] | None = None
    tender: Tender | None = None
    awards: list[Award] | None = None
    contracts: list[Contract] | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _once(self.awards, "Award")
        _once(self.contracts, "Contract")
        return self

    @cached_property
    def award_ids(self) -> frozenset[str]:
        return frozenset(award.id for award in self.awards or ())

    @cached_property
    def contract_ids(self) -> frozenset[str]:
        return frozenset(contract.id for contract in self.contracts or ())

    def as_said(self) -> dict[str, Any]:
        """By the standard's names, without what was not said; an explicit null stays, for it takes a value away."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def stored(self) -> dict[str, Any]:
        """The same as JSON, from which ``Release.model_validate`` makes it again."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
