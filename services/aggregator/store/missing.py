"""What a quarter still lacks: by buyer, and by contract where its buyers let the ICB see single contracts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.aggregator.models.coverage import BuyerCoverage, IncompleteReturn, ReturnsCoverage
from services.aggregator.models.publications import EVERYTHING, Known
from shared.db import Connection

# $1 quarter, $2 last entry, $3 time: NULL for everything that is known.
_NEWEST = """
    WITH newest AS (
        SELECT return_id, contract_id, pledge, received, cardinality(approved) AS lines,
               cardinality(array_positions(approved, true)) AS approved
        FROM (
            SELECT DISTINCT ON (return_id) return_id, contract_id, pledge, received, approved FROM dues
            WHERE quarter = $1 AND ($2::bigint IS NULL OR entry <= $2) AND ($3::timestamptz IS NULL OR applied_at <= $3)
            ORDER BY return_id, version DESC, correction DESC
        ) AS last
    )
"""


async def coverage_by_buyer(conn: Connection, quarter: date, known: Known = EVERYTHING) -> list[BuyerCoverage]:
    """In the order of names. A contract of several buyers stands under each of them."""
    rows = await conn.fetch(
        f"""
        {_NEWEST}, of_same AS (
            SELECT c.buyers, count(*) AS due, count(*) FILTER (WHERE received) AS received,
                   count(*) FILTER (WHERE approved = lines) AS approved
            FROM newest JOIN contracts c USING (contract_id) GROUP BY c.buyers
        )
        SELECT coalesce(o.name, b.id::text) AS buyer, coalesce(o.shares_contracts, false) AS shares_contracts,
               sum(due)::bigint AS due, sum(received)::bigint AS received, sum(approved)::bigint AS approved
        FROM of_same CROSS JOIN LATERAL unnest(buyers) AS b (id) LEFT JOIN organisations o ON o.organisation_id = b.id
        GROUP BY 1, 2 ORDER BY 1, 2
        """,  # noqa: S608 - a piece of this module, no values
        quarter,
        *known,
    )
    return [
        BuyerCoverage(
            row["buyer"],
            row["shares_contracts"],
            ReturnsCoverage(due=row["due"], received=row["received"], approved=row["approved"]),
        )
        for row in rows
    ]


async def incomplete_returns(
    conn: Connection,
    quarter: date,
    known: Known = EVERYTHING,
    *,
    after: tuple[bool, str, UUID] | None = None,
    limit: int | None = None,
) -> list[IncompleteReturn]:
    """Those not received first, then by reference; ``after`` the place of one: received, reference, return."""
    rows = await conn.fetch(
        f"""
        {_NEWEST}, incomplete AS (
            SELECT n.*, c.reference, c.title, c.suppliers FROM newest n JOIN contracts c USING (contract_id)
            WHERE approved < lines AND c.buyers <@ ARRAY(SELECT organisation_id FROM organisations WHERE shares_contracts)
              AND ($4::boolean IS NULL OR (received, reference, return_id) > ($4, $5::text, $6::uuid))
            ORDER BY received, reference, return_id LIMIT $7
        )
        SELECT i.return_id, i.contract_id, i.reference, i.title, i.pledge, i.received, i.lines, i.approved,
               ARRAY(SELECT coalesce(o.name, s.id::text) FROM unnest(i.suppliers) WITH ORDINALITY AS s (id, nth)
                     LEFT JOIN organisations o ON o.organisation_id = s.id ORDER BY s.nth) AS suppliers
        FROM incomplete i ORDER BY received, reference, return_id
        """,  # noqa: S608 - a piece of this module, no values
        quarter,
        *known,
        *(after or (None, None, None)),
        limit,
    )
    return [
        IncompleteReturn(
            row["return_id"],
            row["contract_id"],
            row["reference"],
            row["title"],
            tuple(row["suppliers"]),
            row["pledge"],
            row["received"],
            row["lines"],
            row["approved"],
        )
        for row in rows
    ]
