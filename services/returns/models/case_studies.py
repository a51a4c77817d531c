"""Stories worth telling, and the consent to tell them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.returns import ContractSnapshot
from shared.obligations import Figure, Frozen, Terms, Words
from shared.quarters import Quarter

ShortText = Annotated[Words, Field(max_length=200)]


class ConsentHow(StrEnum):
    EMAIL = "email"
    LETTER = "letter"
    FORM = "form"
    IN_PERSON = "in_person"
    PHONE = "phone"


class Consent(Frozen):
    """Who agreed that the story is told, how and when."""

    given_by: ShortText
    """A name with a role, such as the head of a school; it never leaves this service in an event."""
    given_on: date
    how: ConsentHow


class RecordedConsent(Consent):
    story: str
    """The words that were consented to."""
    recorded_at: AwareDatetime
    recorded_by: UUID


class CaseStudy(Frozen):
    """An approved line's story, marked to be told."""

    case_study_id: UUID
    line_id: UUID
    contract_id: UUID
    title: str
    marked_at: AwareDatetime
    marked_by: UUID
    consent: RecordedConsent | None = None


class Story(Frozen):
    """An approved line with what is told of it. ``marked``: the case study that it is already."""

    line_id: UUID
    return_id: UUID
    reference: str
    quarter: Quarter
    contract: ContractSnapshot
    terms: Terms
    figure: Figure
    story: str | None
    approved_at: AwareDatetime
    marked: CaseStudy | None = None

    @property
    def consent(self) -> RecordedConsent | None:
        return self.marked.consent if self.marked is not None else None

    @property
    def changed(self) -> bool:
        """Whether the story was restated after somebody consented to it."""
        return self.consent is not None and self.consent.story != self.story
