"""The work list: alerts in the order in which their clocks run out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.alerts.store.sight import SeenAlert, as_seen
from shared.db import Connection
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Severity
from shared.viewer import Viewer

_RESOLVED_FROM = date(9000, 1, 1)
"""Where in the line (the database's ``place_in_line``) what is resolved begins, far behind what is not."""

_FEW = 200
"""Contracts whose alerts are found one contract after the other."""


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """What the work list is narrowed to; None is everything."""

    status: AlertStatus | None = None
    resolved_too: bool = False
    """Without a status: also what is resolved."""
    kind: AlertKind | None = None
    severity: Severity | None = None
    level: EscalationLevel | None = None
    contract_id: UUID | None = None
    contract: str | None = None
    """Words of a contract's reference or title."""
    of_person: UUID | None = None
    """Who acknowledged it, owns its obligation, or is the executive whom it has reached."""
    to_answer: bool = False
    """Only what waits for the buyer's answer: a dispute, or a proposed recovery plan."""


@dataclass(frozen=True, slots=True)
class InLine:
    seen: SeenAlert
    place: date
    """Where it stands in the line; with the alert's id, the cursor of what comes after it."""


_PLACE = "place_in_line(a.status, a.escalates_on, a.recovery_due_on, a.level_since, a.resolved_at)"

_CALLED = "($11::text IS NULL OR position(lower($11) IN lower(c.reference || ' ' || c.title)) > 0)"

# What is asked of the alert itself.
_WANTED = f"""
    ($5::text IS NULL OR a.status = $5) AND {_PLACE} BETWEEN $6 AND $16
    AND ($7::text IS NULL OR a.kind = $7) AND ($8::text IS NULL OR a.severity = $8)
    AND ($9::text IS NULL OR a.level = $9) AND ($10::uuid IS NULL OR a.contract_id = $10)
    AND ($17::uuid[] IS NULL OR a.contract_id = ANY ($17))
    AND ($12::uuid IS NULL OR a.alert_id = ANY (ARRAY(
            SELECT alert_id FROM alerts WHERE acknowledged_by = $12
            UNION ALL
            SELECT alert_id FROM obligations JOIN alerts USING (contract_id, obligation_id) WHERE owner_id = $12
            UNION ALL
            SELECT alert_id FROM organisations JOIN contracts ON lead_buyer_id = organisation_id
            JOIN alerts USING (contract_id) WHERE executive_id = $12 AND level = 'executive')))
    AND ($13::date IS NULL OR ({_PLACE}, a.alert_id) > ($13, $14::uuid))
    AND (NOT $18
         OR EXISTS (SELECT FROM disputes d WHERE d.alert_id = a.alert_id AND d.upheld IS NULL)
         OR EXISTS (SELECT FROM recovery_plans p WHERE p.alert_id = a.alert_id AND p.status = 'proposed'))
"""  # noqa: S608 - pieces of this module, no values

# A party's contracts are few: the first alerts of each, and of those the first. The ICB sees so many that it walks the line.
_OF_PARTY = f"""
    (
        SELECT a.alert_id FROM contracts c CROSS JOIN LATERAL (
            SELECT alert_id, {_PLACE} AS place FROM alerts a WHERE a.contract_id = c.contract_id AND {_WANTED}
            ORDER BY 2, 1 LIMIT $15
        ) AS a
        WHERE (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid])) AND {_CALLED}
        ORDER BY a.place, a.alert_id LIMIT $15
    ) AS found JOIN alerts a USING (alert_id) JOIN contracts_in_sight c USING (contract_id)
"""  # noqa: S608 - pieces of this module, no values
_OF_REGION = "alerts a JOIN contracts_in_sight c USING (contract_id)"


async def in_line(
    conn: Connection, viewer: Viewer, wanted: WorkFilter, *, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[InLine]:
    """What escalates first comes first; what has reached the last level, before it; what is resolved, at the end."""
    first = _RESOLVED_FROM if wanted.status is AlertStatus.RESOLVED else date.min
    last = date.max if wanted.resolved_too or wanted.status is AlertStatus.RESOLVED else _RESOLVED_FROM
    found = await conn.fetch(
        f"""
        SELECT a.*, c.reference AS contract_reference, c.title AS contract_title, c.buyer_ids, c.supplier_ids,
               c.shared_with_icb, c.escalates_to_icb, o.reference AS obligation_reference, o.label, {_PLACE} AS place
        FROM {_OF_REGION if viewer.as_icb else _OF_PARTY} LEFT JOIN obligations o ON o.obligation_id = a.obligation_id
        WHERE sees($1, $2, $3, $4 AND (a.level = 'icb' OR c.shared_with_icb), c.buyer_ids, c.supplier_ids)
          AND {_CALLED} AND {_WANTED}
        ORDER BY {_PLACE}, a.alert_id LIMIT $15
        """,  # noqa: S608 - pieces of this module, no values
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        wanted.status,
        first,
        wanted.kind,
        wanted.severity,
        wanted.level,
        wanted.contract_id,
        wanted.contract,
        wanted.of_person,
        after[0] if after else None,
        after[1] if after else None,
        limit,
        last,
        await _contracts_called(conn, wanted.contract) if wanted.contract else None,
        wanted.to_answer,
    )
    return [InLine(as_seen(row), row["place"]) for row in found]


async def to_answer(conn: Connection, alert_ids: Collection[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Those of these alerts with a dispute that waits for its answer, and those with a recovery plan that does."""
    disputed = await conn.fetch("SELECT alert_id FROM disputes WHERE alert_id = ANY ($1) AND upheld IS NULL", list(alert_ids))
    planned = await conn.fetch(
        "SELECT alert_id FROM recovery_plans WHERE alert_id = ANY ($1) AND status = 'proposed'", list(alert_ids)
    )
    return {row["alert_id"] for row in disputed}, {row["alert_id"] for row in planned}


async def _contracts_called(conn: Connection, words: str) -> list[UUID] | None:
    """The contracts with these words, where they are few enough to begin at them; None: the line is walked through."""
    found = await conn.fetch(
        "SELECT contract_id FROM contracts WHERE position(lower($1) IN lower(reference || ' ' || title)) > 0 LIMIT $2",
        words,
        _FEW + 1,
    )
    return [row["contract_id"] for row in found] if len(found) <= _FEW else None


async def names(conn: Connection, organisation_ids: Sequence[UUID]) -> list[str]:
    """The names of these organisations, as far as they are known, in the order of the alphabet."""
    found = await conn.fetch("SELECT name FROM organisations WHERE organisation_id = ANY ($1) ORDER BY name", organisation_ids)
    return [row["name"] for row in found]
