"""What was known: sums over the ledger, as at a time or up to an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.aggregator.models.facts import REGION
from services.aggregator.models.totals import Cell, Dimension
from services.aggregator.store.contributions import CELLS, CONTRIBUTIONS
from services.aggregator.store.shown import SHOWN, cells
from shared.db import Connection, Record

# $1 quarter, $5 last entry, $6 time: NULL for everything that is known.
_KNOWN = f"""
    WITH figure AS (
        SELECT DISTINCT ON (return_id, line_id) 1 AS sign, f.* FROM figures f
        WHERE quarter = $1 AND ($5::bigint IS NULL OR entry <= $5) AND ($6::timestamptz IS NULL OR applied_at <= $6)
        ORDER BY return_id, line_id, version DESC, correction DESC
    ), due AS (
        SELECT DISTINCT ON (return_id) 1 AS sign, d.* FROM dues d
        WHERE quarter = $1 AND ($5::bigint IS NULL OR entry <= $5) AND ($6::timestamptz IS NULL OR applied_at <= $6)
        ORDER BY return_id, version DESC, correction DESC
    ), {CONTRIBUTIONS}, contribution AS (
        SELECT * FROM contract_contribution
        UNION ALL
        SELECT contract_id, supplier_id, quarter, measure_id, pledge, allocation_id, value, numerator, denominator,
               1, 0, 0, 0, NULL, NULL, NULL
        FROM (
            SELECT DISTINCT ON (supplier_id, measure_id, pledge) * FROM figure WHERE per_supplier
            ORDER BY supplier_id, measure_id, pledge, approved_at DESC, line_id DESC
        ) AS approved_last
    )
"""  # noqa: S608 - pieces of this package, no values

_TOTALS = f"{_KNOWN}, {CELLS} {SHOWN.format(totals='cell')}"

_STANDINGS = f"""
    {_KNOWN}
    SELECT c.contract_id, c.supplier_id, sum(c.figures) AS figures, sum(c.due) AS due,
           sum(part_of(c.value, a.share, a.others)) AS value, sum(part_of(c.numerator, a.share, a.others)) AS numerator,
           sum(part_of(c.denominator, a.share, a.others)) AS denominator
    FROM contribution c JOIN allocations a USING (allocation_id)
    WHERE c.measure_id = $2 AND c.pledge = $3 AND a.dimension = $4 AND a.member = $7
    GROUP BY c.contract_id, c.supplier_id
    ORDER BY c.contract_id, c.supplier_id
"""  # noqa: S608 - pieces of this package, no values


async def totals(
    conn: Connection,
    quarter: date,
    *,
    codes: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    own: bool | None = None,
    entry: int | None = None,
    at: datetime | None = None,
) -> list[Cell]:
    """As they were known up to an entry of the ledger, or at a time."""
    return cells(await conn.fetch(_TOTALS, quarter, codes, dimensions, own, entry, at))


async def standings(
    conn: Connection,
    quarter: date,
    measure_id: UUID,
    *,
    pledge: bool = False,
    dimension: Dimension = Dimension.REGION,
    member: str = REGION,
    entry: int | None = None,
    at: datetime | None = None,
) -> list[Record]:
    """What stands behind a total: per contract and supplier its ``due`` (0 or 1), ``figures`` (0: none approved) and amounts."""
    return await conn.fetch(_STANDINGS, quarter, measure_id, pledge, dimension, entry, at, member)
