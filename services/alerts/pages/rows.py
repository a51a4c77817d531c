"""Alerts as rows of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.alerts.rules.deadlines import clock
from services.alerts.rules.viewing import is_buyer
from services.alerts.rules.words import about
from services.alerts.store.worklist import InLine, to_answer
from shared.access import Caller
from shared.db import Connection
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
    waits: Sequence[str]
    """What waits for an answer: ``Disputed``, ``Plan to answer``."""


async def alert_rows(conn: Connection, found: Sequence[InLine], caller: Caller, on: date) -> list[AlertRow]:
    """In the same order."""
    disputed, planned = await to_answer(conn, [one.seen.alert.alert_id for one in found])
    rows = []
    for one in found:
        seen, alert = one.seen, one.seen.alert
        plan = "Plan to answer" if is_buyer(caller, seen.buyer_ids) else "Plan proposed"
        waits = [words for words, ids in (("Disputed", disputed), (plan, planned)) if alert.alert_id in ids]
        row = AlertRow(
            href=link("alerts", f"/{alert.alert_id}"),
            about=about(alert.kind, alert.quarter, seen.obligation_reference, seen.label),
            contract_id=alert.contract_id,
            contract_reference=seen.contract_reference,
            contract_title=seen.contract_title,
            severity=alert.severity,
            status=alert.status,
            level=alert.level,
            clock=clock(alert, on),
            waits=waits,
        )
        rows.append(row)
    return rows
