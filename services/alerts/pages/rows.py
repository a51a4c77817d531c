"""An alert as a row of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.alerts.rules.deadlines import clock
from services.alerts.rules.words import about
from services.alerts.store.sight import SeenAlert
from shared.origin import link
from shared.ratings import AlertStatus, EscalationLevel, Severity


@dataclass(frozen=True, slots=True)
class AlertRow:
    href: str
    about: str
    contract_id: UUID
    contract_reference: str
    contract_title: str
    severity: Severity
    status: AlertStatus
    level: EscalationLevel
    clock: str

    @classmethod
    def of(cls, seen: SeenAlert, on: date) -> AlertRow:
        alert = seen.alert
        return cls(
            href=link("alerts", f"/{alert.alert_id}"),
            about=about(alert.kind, alert.quarter, seen.obligation_reference, seen.label),
            contract_id=alert.contract_id,
            contract_reference=seen.contract_reference,
            contract_title=seen.contract_title,
            severity=alert.severity,
            status=alert.status,
            level=alert.level,
            clock=clock(alert, on),
        )
