"""Contracts that somebody has begun to register: what was typed on each step, whether it is right yet or not."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.errors import NotFound
from shared.obligations import Direction, Frozen, Side
from shared.quarters import Quarter

Typed = dict[str, str | list[str]]
"""By the names of a form's fields."""


class DraftKind(StrEnum):
    BY_FORM = "by_form"
    FROM_NOTICE = "from_notice"


class ObligationDraft(Frozen):
    """One obligation, a part for each of its pages. A page that nobody saved yet is empty."""

    id: UUID
    side: Side
    measure: str | None
    """A code of the catalogue; None for a measure of the buyer's own, which the page of the promise describes."""
    kpi_id: str | None = None
    """The KPI of the notice that it stands for."""
    direction: Direction | None = None
    """What a spreadsheet says is better, where it is not as the measure of the catalogue has it."""
    said: str = ""
    """The notice's own words for its target."""
    promise: Typed = {}
    targets: Typed = {}
    bands: Typed = {}


class Addition(Frozen):
    """What an obligation is added to: a registered contract, from a quarter on, and why."""

    contract_id: UUID
    title: str
    side: Side
    from_quarter: Quarter
    starts_on: date
    """The first day of the contract within that quarter."""
    ends_on: date
    reason: str


class ContractDraft(Frozen):
    """What was typed so far. ``kpi_ids``: those of the notice, each of which stays an obligation or was left out by a person.

    With an ``addition`` it is no contract, but one obligation more.
    """

    addition: Addition | None = None
    proposal_id: UUID | None = None
    proposal_version: int | None = None
    """The one that the person has seen."""
    award: Typed = {}
    parties: Typed = {}
    places: Typed = {}
    obligations: Annotated[tuple[ObligationDraft, ...], Field(max_length=500)] = ()
    kpi_ids: tuple[str, ...] = ()

    @property
    def added(self) -> Addition:
        """Raises NotFound where it is a contract."""
        if self.addition is None:
            raise NotFound
        return self.addition

    def called(self, id: UUID) -> ObligationDraft | None:
        return next((one for one in self.obligations if one.id == id), None)


class Draft(Frozen):
    draft_id: UUID
    person_id: UUID
    kind: DraftKind
    content: ContractDraft
    updated_at: AwareDatetime
