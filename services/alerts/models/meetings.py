"""What is agreed at a review meeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.quarters import Quarter


@dataclass(frozen=True, slots=True)
class Task:
    """Something that somebody does by a day. ``owner``: as people call them."""

    task_id: UUID
    contract_id: UUID
    quarter: Quarter
    """That the meeting was about."""
    what: str
    owner: str
    due_on: date
    agreed_at: datetime
    agreed_by: UUID
    done_at: datetime | None = None
    done_by: UUID | None = None
    removed_at: datetime | None = None
    removed_by: UUID | None = None
    removed_because: str | None = None
