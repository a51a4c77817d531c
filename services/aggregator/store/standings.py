"""How contracts stand with a measure at present: read as it is kept, and together where nobody asks who they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal
from uuid import UUID

from services.aggregator.models.facts import REGION
from services.aggregator.models.totals import Dimension
from shared.db import Connection, Record

Whom = Literal["contract_id", "supplier_id"]
"""Who stands apart in a bridge: contracts, or suppliers where a measure counts once per supplier."""

_AMOUNTS = """
    sum(figures) AS figures, sum(part_of(value, share, others)) AS value, sum(part_of(numerator, share, others)) AS numerator,
    sum(part_of(denominator, share, others)) AS denominator
    FROM contract_totals JOIN allocations USING (allocation_id)
    WHERE quarter = {quarter} AND measure_id = $1 AND pledge = $2 AND dimension = $3 AND member = $4
      AND (due <> 0 OR figures <> 0)
"""

_SIDE = f"SELECT {{whom}}, sum(due) > 0 AS owed, {_AMOUNTS} GROUP BY {{whom}}"

_PAIRED = f"""
    WITH one AS ({_SIDE.replace("{quarter}", "$5")}), other AS ({_SIDE.replace("{quarter}", "$6")})
    SELECT CASE WHEN {{whom}} = ANY($7::uuid[]) THEN {{whom}} END AS whom,
           coalesce(one.owed, false) AS before_owed, coalesce(one.figures, 0) <> 0 AS before_known,
           coalesce(other.owed, false) AS after_owed, coalesce(other.figures, 0) <> 0 AS after_known, count(*) AS members,
           sum(one.value) AS before_value, sum(one.numerator) AS before_numerator, sum(one.denominator) AS before_denominator,
           sum(other.value) AS after_value, sum(other.numerator) AS after_numerator, sum(other.denominator) AS after_denominator
    FROM one FULL JOIN other USING ({{whom}}) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608 - pieces of this module, no values


async def of_contracts(
    conn: Connection,
    quarter: date,
    measure_id: UUID,
    *,
    pledge: bool = False,
    dimension: Dimension = Dimension.REGION,
    member: str = REGION,
) -> list[Record]:
    """Per contract and supplier: the same rows as ``ledger.standings``."""
    query = f"""
        SELECT contract_id, supplier_id, sum(due) AS due, array_agg(DISTINCT allocation_id) AS allocations,
        {_AMOUNTS.format(quarter="$5")} GROUP BY contract_id, supplier_id ORDER BY contract_id, supplier_id
    """
    return await conn.fetch(query, measure_id, pledge, dimension, member, quarter)


async def paired(
    conn: Connection,
    earlier: date,
    later: date,
    measure_id: UUID,
    *,
    pledge: bool,
    dimension: Dimension,
    member: str,
    whom: Whom,
    apart: Collection[UUID],
) -> list[Record]:
    """Of the contracts (or suppliers) that owe or report the measure in either quarter: each that is ``apart``, and the others
    together by ``before_owed``, ``before_known``, ``after_owed`` and ``after_known``; how many (``members``), and their amounts.
    """
    query = _PAIRED.format(whom=whom)
    return await conn.fetch(query, measure_id, pledge, dimension, member, earlier, later, list(apart))


async def heard_since(conn: Connection, quarter: date, entry: int, whom: Whom) -> set[UUID]:
    """The contracts (or suppliers) of which anything was heard about a quarter after an entry of the ledger."""
    rows = await conn.fetch(
        f"""
        SELECT {whom} FROM dues WHERE quarter = $1 AND entry > $2
        UNION SELECT {whom} FROM figures WHERE quarter = $1 AND entry > $2
        """,  # noqa: S608 - a name of this module
        quarter,
        entry,
    )
    return {row[0] for row in rows}
