"""What follows from the facts (ratings, episodes), and the alerts that people work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from shared.events.alerts import AlertFact
from shared.quarters import Quarter
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Rating, Severity, WhyOther

_ALERTS = UUID("6f1c1f0e-6f5b-5c4e-9d0a-5a1e7c0f4b21")
"""Names alerts: the same facts give an alert the same id, whichever came first."""


class Ending(StrEnum):
    """What ended an alert."""

    RATED_GOOD = "rated_good"
    JUDGED_AGAIN = "judged_again"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    """The return is no longer asked for."""
    REVIEWED = "reviewed"
    EVIDENCE_ADDED = "evidence_added"
    FORECAST_MET = "forecast_met"
    FIGURE_RESTATED = "figure_restated"
    NO_LONGER_SHARED = "no_longer_shared"
    RESOLVED_BY_PERSON = "resolved_by_person"
    NEVER_TRUE = "never_true"
    """A fact that came late shows that it should not have been raised."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that stands and is worth an alert."""

    kind: AlertKind
    subject_id: UUID
    contract_id: UUID
    obligation_id: UUID | None
    quarter: Quarter
    severity: Severity
    because: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Episode:
    """A condition from when it began to stand until it ended: all that facts and resolutions say about one alert."""

    condition: Condition
    first_quarter: Quarter
    raised_at: datetime
    changed_at: datetime
    ended_at: datetime | None = None
    ending: Mapping[str, Any] | None = None

    @property
    def alert_id(self) -> UUID:
        condition = self.condition
        return uuid5(_ALERTS, f"{condition.kind}/{condition.subject_id}/{self.first_quarter.code}")


@dataclass(frozen=True, slots=True)
class Alert:
    """An episode, and what people and the clock made of it."""

    alert_id: UUID
    version: int
    contract_id: UUID
    kind: AlertKind
    subject_id: UUID
    obligation_id: UUID | None
    first_quarter: Quarter
    quarter: Quarter
    severity: Severity
    because: Mapping[str, Any]
    raised_at: datetime
    changed_at: datetime
    status: AlertStatus
    level: EscalationLevel
    level_since: date
    escalates_on: date | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    planned_at: datetime | None
    recovery_due_on: date | None
    resolved_at: datetime | None
    ending: Mapping[str, Any] | None

    @property
    def resolved(self) -> bool:
        return self.status is AlertStatus.RESOLVED

    def told(self) -> dict[str, Any]:
        """What events say of it, but for the version."""
        by_person = self.ending is not None and self.ending["code"] == Ending.RESOLVED_BY_PERSON
        return {name: getattr(self, name) for name in _TOLD} | {"resolved_by_itself": self.resolved and not by_person}


_TOLD = AlertFact.model_fields.keys() - {"version", "resolved_by_itself"}


@dataclass(frozen=True, slots=True)
class StoredRating:
    """The rating of an obligation at the end of a quarter, with the figures that show why."""

    obligation_id: UUID
    quarter: Quarter
    contract_id: UUID
    version: int
    rated_at: datetime
    rating: Rating
    reason: WhyOther | None
    incomplete: tuple[Quarter, ...]
    delivered: Decimal | None
    target: Decimal | None
    arithmetic: Mapping[str, Any]


class PlanStatus(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    plan_id: UUID
    alert_id: UUID
    plan: str
    due_on: date
    status: PlanStatus
    proposed_at: datetime
    proposed_by: UUID
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    dispute_id: UUID
    alert_id: UUID
    reason: str
    raised_at: datetime
    raised_by: UUID
    upheld: bool | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What the ICB said about an alert that came to it."""

    note: str
    left_at: datetime
    left_by: UUID


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has to do with an alert, and what its contract is called."""

    reference: str
    title: str
    buyer_ids: tuple[UUID, ...]
    supplier_ids: tuple[UUID, ...]
    owner_id: UUID | None
    executive_id: UUID | None
