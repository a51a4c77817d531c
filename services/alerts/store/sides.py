"""Core service beside social value over a period, for the parity report: counted through a Viewer's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from services.alerts.models.alerts import Viewer
from shared.db import Connection
from shared.obligations import Side
from shared.quarters import Quarter, local_date
from shared.ratings import AlertDates, Approvals, Rating


async def ratings_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter
) -> Mapping[Side, Mapping[tuple[Rating, bool], int]]:
    """How many ratings of each class, by whether incomplete. The ICB counts over everybody: these are totals."""
    found = await conn.fetch(
        """
        SELECT o.side, r.rating, cardinality(r.incomplete) > 0 AS incomplete, count(*) AS ratings
        FROM ratings r JOIN obligations o USING (obligation_id) JOIN contracts c ON c.contract_id = r.contract_id
        WHERE r.quarter BETWEEN $5 AND $6
          AND (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid]) OR $4)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
    )
    counts: dict[Side, dict[tuple[Rating, bool], int]] = {side: {} for side in Side}
    for row in found:
        counts[Side(row["side"])][Rating(row["rating"]), row["incomplete"]] = row["ratings"]
    return counts


async def returns_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter, *, today: date
) -> Mapping[Side, tuple[int, int]]:
    """Returns that asked for a line of that side: how many were due by today or have come, and how many came on time."""
    found = await conn.fetch(
        """
        WITH latest AS (
            SELECT DISTINCT ON (return_id) return_id, contract_id, due_on,
                   (first_submitted_at AT TIME ZONE 'Europe/London')::date AS submitted_on
            FROM return_versions WHERE quarter BETWEEN $5 AND $6 ORDER BY return_id, version DESC
        )
        SELECT s.side, count(*) AS due, count(*) FILTER (WHERE l.submitted_on <= l.due_on) AS on_time
        FROM latest l JOIN contracts c USING (contract_id)
        JOIN (SELECT DISTINCT w.return_id, o.side FROM owed w JOIN obligations o USING (obligation_id)) s USING (return_id)
        WHERE (l.due_on < $7 OR l.submitted_on IS NOT NULL)
          AND (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid]) OR $4)
        GROUP BY s.side ORDER BY s.side
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
        today,
    )
    return dict.fromkeys(Side, (0, 0)) | {Side(row["side"]): (row["due"], row["on_time"]) for row in found}


async def alert_dates_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter
) -> Mapping[Side, Sequence[AlertDates]]:
    """The dates of the alerts first raised about these quarters; one about a whole return stands on each side in it."""
    found = await conn.fetch(
        """
        SELECT s.side, a.raised_at, a.acknowledged_at, a.planned_at, a.resolved_at
        FROM alerts a JOIN contracts c USING (contract_id)
        JOIN LATERAL (
            SELECT DISTINCT o.side FROM obligations o
            WHERE o.obligation_id = a.obligation_id
               OR (a.obligation_id IS NULL
                   AND o.obligation_id IN (SELECT w.obligation_id FROM owed w WHERE w.return_id = a.subject_id))
        ) s ON true
        WHERE a.first_quarter BETWEEN $5 AND $6
          AND (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid]) OR $4)
        ORDER BY s.side, a.raised_at, a.alert_id
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
    )
    dates: dict[Side, list[AlertDates]] = {side: [] for side in Side}
    for row in found:
        later = (local_date(row[name]) if row[name] else None for name in ("acknowledged_at", "planned_at", "resolved_at"))
        dates[Side(row["side"])].append(AlertDates(local_date(row["raised_at"]), *later))
    return dates


async def approvals_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter
) -> Mapping[Side, Sequence[Approvals]]:
    """When the lines of these quarters were approved, and their returns submitted."""
    found = await conn.fetch(
        """
        WITH approved AS (
            SELECT l.line_id, o.side, r.first_submitted_at, min(l.at) AS at
            FROM returns r JOIN contracts c USING (contract_id)
            JOIN line_versions l USING (return_id) JOIN obligations o ON o.obligation_id = l.obligation_id
            WHERE r.quarter BETWEEN $5 AND $6 AND r.first_submitted_at IS NOT NULL
              AND (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid]) OR $4)
            GROUP BY l.line_id, o.side, r.first_submitted_at
        )
        SELECT side, (first_submitted_at AT TIME ZONE 'Europe/London')::date AS submitted_on,
               (at AT TIME ZONE 'Europe/London')::date AS approved_on, count(*) AS lines
        FROM approved GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
    )
    approvals: dict[Side, list[Approvals]] = {side: [] for side in Side}
    for row in found:
        approvals[Side(row["side"])].append(Approvals(row["submitted_on"], row["approved_on"], row["lines"]))
    return approvals
