"""How contracts stand with a measure at present: read as it is kept, and together where nobody asks who they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from shared.db import Connection, Record

_SIDE = """
    SELECT contract_id, sum(due) > 0 AS owed, sum(figures) AS figures, sum(value) AS value, sum(numerator) AS numerator,
           sum(denominator) AS denominator
    FROM contract_totals WHERE quarter = {quarter} AND measure_id = $3 AND pledge = $4 AND (due <> 0 OR figures <> 0)
    GROUP BY contract_id
"""

_PAIRED = f"""
    WITH one AS ({_SIDE.format(quarter="$1")}), other AS ({_SIDE.format(quarter="$2")})
    SELECT CASE WHEN contract_id = ANY($5::uuid[]) THEN contract_id END AS contract_id,
           coalesce(one.owed, false) AS before_owed, coalesce(one.figures, 0) <> 0 AS before_known,
           coalesce(other.owed, false) AS after_owed, coalesce(other.figures, 0) <> 0 AS after_known, count(*) AS members,
           sum(one.value) AS before_value, sum(one.numerator) AS before_numerator, sum(one.denominator) AS before_denominator,
           sum(other.value) AS after_value, sum(other.numerator) AS after_numerator, sum(other.denominator) AS after_denominator
    FROM one FULL JOIN other USING (contract_id) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608 - pieces of this module, no values


async def of_contracts(conn: Connection, quarter: date, measure_id: UUID, *, pledge: bool) -> list[Record]:
    """Per contract and supplier, in the region: the same rows as ``ledger.standings``."""
    return await conn.fetch(
        """
        SELECT contract_id, supplier_id, sum(figures) AS figures, sum(due) AS due,
               array_agg(DISTINCT allocation_id) AS allocations,
               sum(value) AS value, sum(numerator) AS numerator, sum(denominator) AS denominator
        FROM contract_totals WHERE quarter = $1 AND measure_id = $2 AND pledge = $3 AND (due <> 0 OR figures <> 0)
        GROUP BY contract_id, supplier_id ORDER BY contract_id, supplier_id
        """,
        quarter,
        measure_id,
        pledge,
    )


async def paired(
    conn: Connection, earlier: date, later: date, measure_id: UUID, *, pledge: bool, apart: Collection[UUID]
) -> list[Record]:
    """Of the contracts that owe or report the measure in either quarter, in the region: each that is ``apart``, and the others
    together by ``before_owed``, ``before_known``, ``after_owed`` and ``after_known``; how many (``members``), and their amounts.
    """
    return await conn.fetch(_PAIRED, earlier, later, measure_id, pledge, list(apart))


async def heard_since(conn: Connection, quarter: date, entry: int) -> list[UUID]:
    """The contracts of which anything was heard about a quarter after an entry of the ledger."""
    rows = await conn.fetch(
        """
        SELECT contract_id FROM dues WHERE quarter = $1 AND entry > $2
        UNION SELECT contract_id FROM figures WHERE quarter = $1 AND entry > $2
        """,
        quarter,
        entry,
    )
    return [row["contract_id"] for row in rows]
