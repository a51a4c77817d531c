"""What a supplier did, noted as it happened, and the files that stand behind it or behind a line."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from services.returns.models.content import Entered, OptionalText
from shared.obligations import Frozen


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
    version: int = 1
    recorded_at: AwareDatetime
    recorded_by: UUID
    changed_at: AwareDatetime
    changed_by: UUID


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
