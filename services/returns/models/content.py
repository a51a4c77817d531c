"""What a supplier says on a line. Form, API and spreadsheet are read by these models alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.obligations import Amount, Frozen, Place, Sector, Text


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _yes_is_one(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _part_of_one(value: Decimal) -> Decimal:
    if not 0 < value <= 1 or value != round(value, 4):
        raise ValueError("Enter a share above 0 and up to 1, with no more than 4 decimal places, such as 0.25")
    return value


OptionalText = Annotated[Text | None, BeforeValidator(_none_if_blank)]
OptionalName = Annotated[Annotated[Text, Field(max_length=200)] | None, BeforeValidator(_none_if_blank)]


class Entered(Frozen):
    """A figure as it is typed; in a draft any part may still be empty. ``value`` is 1 or true for yes, 0 or false for no.

    A ratio has a numerator and a denominator, everything else a value.
    """

    value: Annotated[Amount | None, BeforeValidator(_yes_is_one)] = None
    numerator: Amount | None = None
    denominator: Amount | None = None

    @property
    def empty(self) -> bool:
        return self.value is None and self.numerator is None and self.denominator is None


class BreakdownPart(Frozen):
    """A part of the figure: for whom, in which sector, where."""

    recipient: OptionalName = None
    sector: Sector | None = None
    place: Place | None = None
    figure: Entered

    @model_validator(mode="after")
    def _says_of_what(self) -> BreakdownPart:
        if self.recipient is None and self.sector is None and self.place is None:
            raise ValueError("Enter a recipient, a sector or a place")
        return self


class LineContent(Frozen):
    """The figure and what is said about it, or nil with a reason."""

    figure: Entered | None = None
    months: tuple[Entered | None, Entered | None, Entered | None] | None = None
    """Instead of ``figure`` where the obligation is monthly: one per month, empty where the contract did not run."""
    nil_reason: OptionalText = None
    story: OptionalText = None
    breakdown: Annotated[tuple[BreakdownPart, ...], Field(max_length=200)] = ()
    share: Annotated[Amount, AfterValidator(_part_of_one)] = Decimal(1)
    """The part of the activity that is due to this contract: figure times share is what counts."""
    unlikely_reason: OptionalText = None
    """Why a figure that looks unlikely is right all the same."""
