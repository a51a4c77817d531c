"""What the alerts service tells: how each obligation is rated, and what was raised about it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.envelope import Event
from shared.obligations import Amount, Side
from shared.quarters import Quarter
from shared.ratings.classes import AlertKind, AlertStatus, EscalationLevel, Rating, Severity

__all__ = [
    "AlertAcknowledged",
    "AlertChanged",
    "AlertEscalated",
    "AlertFact",
    "AlertKind",
    "AlertRaised",
    "AlertResolved",
    "AlertStatus",
    "EscalationLevel",
    "ObligationRated",
    "Rating",
    "RecoveryAgreed",
    "Severity",
]


class ObligationRated(Event, type="obligation.rated.v1", topic="alerts"):
    """The rating of one obligation at the end of one quarter; with any quarter incomplete it would be published as ``other``."""

    contract_id: UUID
    obligation_id: UUID
    quarter: Quarter
    side: Side
    measure_code: str
    unit: str
    rating: Rating
    reason: str | None = None
    """Why ``other``: nothing_due_yet, nothing_to_measure, no_approved_line."""
    incomplete: tuple[Quarter, ...] = ()
    """Quarters that are due and have no approved line."""
    delivered: Amount | None = None
    target: Amount | None = None

    @property
    def key(self) -> UUID:
        return self.contract_id


class AlertFact(Event):
    """The whole of an alert, without anybody's words."""

    alert_id: UUID
    contract_id: UUID
    obligation_id: UUID | None = None
    quarter: Quarter
    kind: AlertKind
    severity: Severity
    status: AlertStatus
    level: EscalationLevel
    raised_at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None
    recovery_due_on: date | None = None
    resolved_at: AwareDatetime | None = None
    resolved_by_itself: bool = False

    @property
    def key(self) -> UUID:
        return self.contract_id


class AlertRaised(AlertFact, type="alert.raised.v1", topic="alerts"):
    """Something fell short, came late or looks unlikely."""


class AlertChanged(AlertFact, type="alert.changed.v1", topic="alerts"):
    """Its severity changed with the figures behind it."""


class AlertAcknowledged(AlertFact, type="alert.acknowledged.v1", topic="alerts"):
    """A contract manager has taken it on."""


class RecoveryAgreed(AlertFact, type="recovery.agreed.v1", topic="alerts"):
    """Buyer and supplier agreed what will be done by when; the alert waits until then."""


class AlertEscalated(AlertFact, type="alert.escalated.v1", topic="alerts"):
    """Its clock ran out at one level, and the next was told."""


class AlertResolved(AlertFact, type="alert.resolved.v1", topic="alerts"):
    """Closed by a person with a reason, or by an approved figure that mends it."""
