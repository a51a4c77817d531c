"""Core service beside social value in the quarters of a period, for the parity report: counted through a Viewer's eyes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from shared.db import Connection, Record
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import AlertDates, Approvals, Rating
from shared.viewer import Viewer

Place = tuple[Quarter, Side]

# The sides of the viewer's obligations, found before anything is counted: those of a buyer are few among the region's.
_MINE = """
    mine AS MATERIALIZED (
        SELECT o.obligation_id, o.side FROM contracts c JOIN obligations o USING (contract_id)
        WHERE sees($1, $2, $3, $4, c.buyer_ids, c.supplier_ids)
    )
"""


async def ratings_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter
) -> Mapping[Place, Mapping[tuple[Rating, bool], int]]:
    """How many ratings of each class, by whether incomplete. The ICB counts over everybody: these are totals."""
    found = await conn.fetch(
        f"""
        WITH {_MINE}
        SELECT r.quarter, o.side, r.rating, cardinality(r.incomplete) > 0 AS incomplete, count(*) AS ratings
        FROM contracts c JOIN ratings r USING (contract_id) JOIN mine o USING (obligation_id)
        WHERE r.quarter BETWEEN $5 AND $6
          AND sees($1, $2, $3, $4, c.buyer_ids, c.supplier_ids)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """,  # noqa: S608 - a piece of this module, no values
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
    )
    counts: dict[Place, dict[tuple[Rating, bool], int]] = defaultdict(dict)
    for row in found:
        counts[_place(row)][Rating(row["rating"]), row["incomplete"]] = row["ratings"]
    return counts


async def returns_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter, *, today: date
) -> Mapping[Place, tuple[int, int]]:
    """Returns that asked for a line of that side: how many were due by today or have come, and how many came on time."""
    found = await conn.fetch(
        """
        WITH filed AS (
            SELECT r.return_id, r.quarter, r.due_on, (r.first_submitted_at AT TIME ZONE 'Europe/London')::date AS submitted_on
            FROM returns r JOIN contracts c USING (contract_id)
            WHERE r.quarter BETWEEN $5 AND $6 AND (r.due_on < $7 OR r.first_submitted_at IS NOT NULL)
              AND sees($1, $2, $3, $4, c.buyer_ids, c.supplier_ids)
        )
        SELECT f.quarter, side, count(*) AS due, count(*) FILTER (WHERE submitted_on <= due_on) AS on_time
        FROM filed f CROSS JOIN unnest($8::text[]) AS side
        WHERE EXISTS (SELECT FROM owed w JOIN obligations o USING (obligation_id)
                      WHERE w.return_id = f.return_id AND o.side = side)
        GROUP BY f.quarter, side ORDER BY f.quarter, side
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
        today,
        list(Side),
    )
    return {_place(row): (row["due"], row["on_time"]) for row in found}


async def alert_dates_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter
) -> Mapping[Place, Sequence[AlertDates]]:
    """The dates of the alerts first raised about these quarters; one about a whole return stands on each side in it."""
    found = await conn.fetch(
        f"""
        WITH {_MINE}, raised AS (
            SELECT a.* FROM alerts a JOIN contracts c USING (contract_id)
            WHERE a.first_quarter BETWEEN $5 AND $6
              AND sees($1, $2, $3, $4, c.buyer_ids, c.supplier_ids)
        ), sided AS (
            SELECT o.side, a.* FROM raised a JOIN mine o USING (obligation_id)
            UNION ALL
            SELECT side, a.* FROM raised a CROSS JOIN unnest($7::text[]) AS side
            WHERE a.obligation_id IS NULL
              AND EXISTS (SELECT FROM owed w JOIN obligations o ON o.obligation_id = w.obligation_id
                          WHERE w.return_id = a.subject_id AND o.side = side)
        )
        SELECT first_quarter AS quarter, side, (raised_at AT TIME ZONE 'Europe/London')::date AS raised_on,
               (acknowledged_at AT TIME ZONE 'Europe/London')::date AS acknowledged_on,
               (planned_at AT TIME ZONE 'Europe/London')::date AS planned_on,
               (resolved_at AT TIME ZONE 'Europe/London')::date AS resolved_on, count(*) AS alerts
        FROM sided GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        """,  # noqa: S608 - a piece of this module, no values
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
        list(Side),
    )
    dates: dict[Place, list[AlertDates]] = defaultdict(list)
    for row in found:
        later = (row[name] for name in ("acknowledged_on", "planned_on", "resolved_on", "alerts"))
        dates[_place(row)].append(AlertDates(row["raised_on"], *later))
    return dates


async def approvals_by_side(
    conn: Connection, viewer: Viewer, first: Quarter, last: Quarter
) -> Mapping[Place, Sequence[Approvals]]:
    """When the lines of these quarters were approved, and their returns submitted."""
    found = await conn.fetch(
        f"""
        WITH {_MINE}, approved AS (
            SELECT r.quarter, l.line_id, o.side, r.first_submitted_at, min(l.at) AS at
            FROM returns r JOIN contracts c USING (contract_id)
            JOIN line_versions l USING (return_id) JOIN mine o USING (obligation_id)
            WHERE r.quarter BETWEEN $5 AND $6 AND r.first_submitted_at IS NOT NULL
              AND sees($1, $2, $3, $4, c.buyer_ids, c.supplier_ids)
            GROUP BY r.quarter, l.line_id, o.side, r.first_submitted_at
        )
        SELECT quarter, side, (first_submitted_at AT TIME ZONE 'Europe/London')::date AS submitted_on,
               (at AT TIME ZONE 'Europe/London')::date AS approved_on, count(*) AS lines
        FROM approved GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """,  # noqa: S608 - a piece of this module, no values
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        first.first_day,
        last.first_day,
    )
    approvals: dict[Place, list[Approvals]] = defaultdict(list)
    for row in found:
        approvals[_place(row)].append(Approvals(row["submitted_on"], row["approved_on"], row["lines"]))
    return approvals


def _place(row: Record) -> Place:
    return Quarter(row["quarter"]), Side(row["side"])
