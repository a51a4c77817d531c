"""What a person may see: every query here looks through a Viewer's eyes, and what is out of sight is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.alerts.models.alerts import Alert
from services.alerts.models.facts import KnownContract, KnownObligation
from services.alerts.store.alerts import as_alert
from shared.db import Connection, Record
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Severity
from shared.viewer import Viewer


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What a list of alerts is narrowed to; None is everything."""

    status: AlertStatus | None = None
    unresolved: bool = False
    kind: AlertKind | None = None
    severity: Severity | None = None
    level: EscalationLevel | None = None
    contract_id: UUID | None = None
    obligation_id: UUID | None = None
    quarter: Quarter | None = None


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """An alert with the names around it."""

    alert: Alert
    contract_reference: str
    contract_title: str
    obligation_reference: str | None
    label: str | None
    buyer_ids: tuple[UUID, ...]
    supplier_ids: tuple[UUID, ...]
    shared_with_icb: bool
    escalates_to_icb: bool


async def alerts(
    conn: Connection,
    viewer: Viewer,
    wanted: AlertFilter,
    *,
    limit: int,
    alert_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> list[SeenAlert]:
    """The newest first; ``before`` is where the last page ended."""
    found = await conn.fetch(
        """
        SELECT a.*, c.reference AS contract_reference, c.title AS contract_title, c.buyer_ids, c.supplier_ids,
               c.shared_with_icb, c.escalates_to_icb, o.reference AS obligation_reference, o.label
        FROM alerts a JOIN contracts_in_sight c USING (contract_id) LEFT JOIN obligations o ON o.obligation_id = a.obligation_id
        WHERE sees($1, $2, $3, $4 AND (a.level = 'icb' OR c.shared_with_icb), c.buyer_ids, c.supplier_ids)
          AND ($5::text IS NULL OR a.status = $5) AND (NOT $6 OR a.status <> 'resolved')
          AND ($7::text IS NULL OR a.kind = $7) AND ($8::text IS NULL OR a.severity = $8)
          AND ($9::text IS NULL OR a.level = $9) AND ($10::uuid IS NULL OR a.contract_id = $10)
          AND ($11::uuid IS NULL OR a.obligation_id = $11) AND ($12::date IS NULL OR a.quarter = $12)
          AND ($13::uuid IS NULL OR a.alert_id = $13)
          AND ($14::timestamptz IS NULL OR (a.raised_at, a.alert_id) < ($14, $15::uuid))
        ORDER BY a.raised_at DESC, a.alert_id DESC LIMIT $16
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        wanted.status,
        wanted.unresolved,
        wanted.kind,
        wanted.severity,
        wanted.level,
        wanted.contract_id,
        wanted.obligation_id,
        wanted.quarter.first_day if wanted.quarter else None,
        alert_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [as_seen(row) for row in found]


_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class SeenLine:
    """An approved line that an alert is about, with the names around it."""

    line_id: UUID
    quarter: Quarter
    contract_reference: str
    obligation_reference: str
    label: str


async def lines_about(conn: Connection, viewer: Viewer, alert: Alert) -> list[SeenLine]:
    """The lines that this viewer may open, the newest first: one, but for a shared file. None where a whole return is late.

    The ICB opens those of approved returns only.
    """
    found = await conn.fetch(
        """
        SELECT l.line_id, l.quarter, c.reference AS contract_reference, o.reference AS obligation_reference, o.label
        FROM (
            SELECT DISTINCT ON (line_id) * FROM line_versions
            WHERE line_id IN (
                SELECT line_id FROM line_versions
                WHERE line_id = $5 OR (obligation_id = $6 AND quarter = $7) OR evidence @> ARRAY[$8::text]
            )
            ORDER BY line_id, version DESC
        ) AS l
        JOIN contracts_in_sight c USING (contract_id) JOIN obligations o USING (obligation_id)
        LEFT JOIN returns r USING (return_id)
        WHERE sees($1, $2, $3, $4 AND c.shared_with_icb, c.buyer_ids, c.supplier_ids) AND (NOT $4 OR r.status = 'approved')
          AND ($8 IS NULL OR (l.evidence @> ARRAY[$8] AND NOT l.pledge))
        ORDER BY l.quarter DESC, c.reference, o.reference, l.line_id LIMIT $9
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        alert.subject_id if alert.kind in _ABOUT_A_LINE else None,
        alert.obligation_id if alert.kind in _ABOUT_AN_OBLIGATION else None,
        alert.quarter.first_day,
        alert.because["sha256"] if alert.kind is AlertKind.SHARED_EVIDENCE else None,
        _MOST_LINES,
    )
    return [SeenLine(**{**row, "quarter": Quarter(row["quarter"])}) for row in found]


_ABOUT_A_LINE = frozenset({AlertKind.STORY_NOT_MET, AlertKind.MISSING_EVIDENCE, AlertKind.UNLIKELY_FIGURE})
_ABOUT_AN_OBLIGATION = frozenset({AlertKind.SHORTFALL, AlertKind.FORECAST})


def as_seen(row: Record) -> SeenAlert:
    """From a row that holds the alert's own columns and the names around it."""
    own = {name: value for name, value in row.items() if name in Alert.__dataclass_fields__}
    around = {name: row[name] for name in SeenAlert.__dataclass_fields__ if name != "alert"}
    return SeenAlert(as_alert(own), **around | {"buyer_ids": tuple(row["buyer_ids"]), "supplier_ids": tuple(row["supplier_ids"])})


async def contract(conn: Connection, viewer: Viewer, contract_id: UUID) -> KnownContract | None:
    row = await conn.fetchrow(
        """
        SELECT contract_id, version, reference, title, starts_on, ends_on, buyer_ids, supplier_ids, lead_buyer_id
        FROM contracts_in_sight
        WHERE contract_id = $5
          AND sees($1, $2, $3, $4 AND shared_with_icb, buyer_ids, supplier_ids)
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        contract_id,
    )
    return KnownContract(**row) if row else None


async def obligations_of(conn: Connection, contract_id: UUID) -> dict[UUID, KnownObligation]:
    found = await conn.fetch("SELECT * FROM obligations WHERE contract_id = $1 ORDER BY obligation_id", contract_id)
    return {row["obligation_id"]: KnownObligation(**{**row, "side": Side(row["side"])}) for row in found}
