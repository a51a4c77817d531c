"""What a supplier did, noted as it happened, and the files that stand behind it or behind a line."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from services.returns.models.content import Entered, OptionalText
from shared.events.commitments import ContractFact, ObligationFact
from shared.obligations import Amount, Frozen, Terms


class ActivityContent(Frozen):
    """What was done on a day, how much, and a note."""

    happened_on: date
    quantity: Entered
    note: OptionalText = None


class NewActivity(ActivityContent):
    contract_id: UUID
    obligation_id: UUID


class Activity(ActivityContent):
    activity_id: UUID
    contract_id: UUID
    obligation_id: UUID
    whole_id: UUID | None = None
    """The same on each part of an activity that was done for several contracts."""
    whole: Amount | None = None
    """How much was done in all, where this is a part."""
    version: int = 1
    recorded_at: AwareDatetime
    recorded_by: UUID
    changed_at: AwareDatetime
    changed_by: UUID


class ActivityPart(Frozen):
    """What of an activity was done for one obligation, in the unit of the whole."""

    contract_id: UUID
    obligation_id: UUID
    quantity: Amount


class Owed(Frozen):
    """An obligation for which something can be noted."""

    contract_id: UUID
    contract_reference: str
    title: str
    obligation_id: UUID
    reference: str
    terms: Terms
    """Those of the latest version; the target is not this quarter's."""

    @classmethod
    def of(cls, contract: ContractFact, obligation: ObligationFact) -> Self:
        return cls(
            contract_id=contract.contract_id,
            contract_reference=contract.reference,
            title=contract.title,
            obligation_id=obligation.obligation_id,
            reference=obligation.reference,
            terms=obligation.versions[-1].terms,
        )

    @property
    def name(self) -> str:
        return f"{self.reference} {self.terms.measure.label}"


class Noted(Frozen):
    """An activity as it stands in a list."""

    activity: Activity
    owed: Owed
    files: int


def _plain_name(name: str) -> str:
    """Only the last part of a path, without control characters: it goes into a header when the file is downloaded."""
    name = "".join(char for char in name.replace("\\", "/").rsplit("/", 1)[-1] if char.isprintable()).strip()
    if not name:
        raise ValueError("Enter the file's name")
    return name


FileName = Annotated[str, AfterValidator(_plain_name), Field(max_length=200)]


class EvidenceFile(Frozen):
    """A file behind a line or an activity, and who added it."""

    evidence_id: UUID
    contract_id: UUID
    line_id: UUID | None = None
    activity_id: UUID | None = None
    sha256: str
    name: str
    media_type: str
    size: int
    added_at: AwareDatetime
    added_by: UUID
