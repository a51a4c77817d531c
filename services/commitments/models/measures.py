"""The catalogue: what may be measured."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.obligations import Direction, Frozen, Kind, Measure, OverTime, Scope, Text, Words

OWN = "own"
"""Stands for the framework in a buyer's own measures."""

Code = Annotated[Words, Field(max_length=50)]
Label = Annotated[Words, Field(max_length=300)]
Unit = Annotated[Words, Field(max_length=50)]


class MeasureStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    """Cannot be promised."""
    TO_CONFIRM = "to_confirm"
    """Can be promised, with a warning: the ICB has not confirmed its wording or unit."""


class MeasureRow(Frozen):
    """A line of a framework, as a file of measures has it."""

    framework: Annotated[Words, Field(max_length=100)]
    theme: Annotated[Text, Field(max_length=300)] = ""
    outcome: Annotated[Text, Field(max_length=300)] = ""
    code: Code
    label: Label
    unit: Unit
    kind: Kind
    direction: Direction
    over_time: OverTime
    scope: Scope = Scope.CONTRACT
    overlaps: tuple[str, ...] = ()
    suppress: bool = False
    """Whether small numbers are hidden."""
    partner_vcfse: bool = False
    status: MeasureStatus = MeasureStatus.ACTIVE
    note: Annotated[Text, Field(max_length=2000)] = ""


class Framework(Frozen):
    """A version of a catalogue. ``event_version`` counts the changes of its measures."""

    framework_id: UUID
    name: str
    version: int
    event_version: int
    loaded_at: AwareDatetime


class CatalogueMeasure(Frozen):
    """A measure of a framework's newest version, or a buyer's own."""

    measure: Measure
    status: MeasureStatus
    note: str


class Confirmation(Frozen):
    """The ICB's word on a measure's wording and unit; what is left out stays as it is."""

    label: Label | None = None
    unit: Unit | None = None
    note: Annotated[Text, Field(max_length=2000)] = ""


class Deactivation(Frozen):
    """Why a measure is no longer to be promised."""

    note: Annotated[Words, Field(max_length=2000)]
