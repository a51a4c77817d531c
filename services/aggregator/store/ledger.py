"""What was known: sums over the ledger, as at a time or up to an entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import get_args
from uuid import UUID

from services.aggregator.models.facts import REGION
from services.aggregator.models.pledges import PartnerStanding
from services.aggregator.models.publications import EVERYTHING, Known
from services.aggregator.models.totals import Cell, Dimension
from services.aggregator.store.contributions import CELLS, CONTRIBUTIONS
from services.aggregator.store.shown import SHOWN, cells
from services.aggregator.store.standings import Whom
from shared.db import Connection, Record
from shared.events.icb_totals import Coverage
from shared.quarters import Quarter

# $1 quarter, $2 last entry, $3 time: NULL for everything that is known.
_WHEN = "quarter = $1 AND ($2::bigint IS NULL OR entry <= $2) AND ($3::timestamptz IS NULL OR applied_at <= $3)"

_CONTRIBUTION = f"""
    {CONTRIBUTIONS}, contribution AS (
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

KNOWN = f"""
    WITH figure AS (
        SELECT DISTINCT ON (return_id, line_id) 1 AS sign, f.* FROM figures f WHERE {_WHEN}
        ORDER BY return_id, line_id, version DESC, correction DESC
    ), due AS (
        SELECT DISTINCT ON (return_id) 1 AS sign, d.* FROM dues d WHERE {_WHEN}
        ORDER BY return_id, version DESC, correction DESC
    ), {_CONTRIBUTION}
"""  # noqa: S608 - pieces of this package, no values
"""Defines ``contribution``, as it was known then. $1 quarter, $2 last entry, $3 time: NULL for everything that is known."""


def _known_of(some: str = "") -> str:
    """The same of a few measures, $4: of the lines alone that were ever about one of them. ``some``: of some returns only."""
    return f"""
    WITH said AS MATERIALIZED (
        SELECT DISTINCT return_id, line_id FROM figures WHERE quarter = $1 AND measure_id = ANY($4::uuid[]) {some}
    ), owing AS MATERIALIZED (
        SELECT return_id FROM dues WHERE quarter = $1 AND measure_ids && $4::uuid[] {some} UNION SELECT return_id FROM said
    ), newest AS MATERIALIZED (
        SELECT d.* FROM owing o CROSS JOIN LATERAL (
            SELECT * FROM dues WHERE return_id = o.return_id AND {_WHEN} ORDER BY version DESC, correction DESC LIMIT 1) AS d
    ), owed AS MATERIALIZED (
        SELECT return_id, o.* FROM newest CROSS JOIN LATERAL unnest(line_ids, measure_ids, promised, approved)
             AS o (line_id, measure_id, promised, approved)
    ), wanted AS MATERIALIZED (
        SELECT return_id, line_id FROM owed WHERE measure_id = ANY($4::uuid[]) UNION SELECT return_id, line_id FROM said
    ), figure AS MATERIALIZED (
        SELECT 1 AS sign, f.* FROM wanted w CROSS JOIN LATERAL (
            SELECT * FROM figures WHERE return_id = w.return_id AND line_id = w.line_id AND {_WHEN}
            ORDER BY version DESC, correction DESC LIMIT 1) AS f
    ), lines AS (
        SELECT return_id, array_agg(line_id) AS line_ids, array_agg(measure_id) AS measure_ids,
               array_agg(promised) AS promised, array_agg(approved) AS approved
        FROM owed JOIN wanted USING (return_id, line_id) GROUP BY return_id
    ), due AS (
        SELECT 1 AS sign, n.return_id, n.contract_id, n.supplier_id, n.quarter, n.pledge, n.allocation_id, n.received,
               l.line_ids, l.measure_ids, l.promised, l.approved
        FROM newest n LEFT JOIN lines l USING (return_id)
    ), {_CONTRIBUTION}
"""  # noqa: S608 - pieces of this package, no values


_OF_SOME = """AND return_id = ANY(ARRAY(
        SELECT return_id FROM dues WHERE quarter = $1 AND {whom} = ANY($8::uuid[])
        UNION SELECT return_id FROM figures WHERE quarter = $1 AND measure_id = ANY($4::uuid[]) AND {whom} = ANY($8::uuid[])))"""
_KNOWN_OF = _known_of()

_TOTALS = f"{KNOWN}, {CELLS} {SHOWN.format(totals='cell')}"

# The same of measures with a few codes, whose ids are $7.
_TOTALS_OF = f"{_KNOWN_OF.replace('$4', '$7')}, {CELLS} {SHOWN.format(totals='cell')}"

_BY_CONTRACT = """
    SELECT c.contract_id, c.supplier_id, sum(c.figures) AS figures, sum(c.due) AS due,
           array_agg(DISTINCT c.allocation_id) AS allocations,
           sum(part_of(c.value, a.share, a.others)) AS value, sum(part_of(c.numerator, a.share, a.others)) AS numerator,
           sum(part_of(c.denominator, a.share, a.others)) AS denominator
    FROM contribution c JOIN allocations a USING (allocation_id)
    WHERE c.measure_id = ANY($4) AND c.pledge = $5 AND a.dimension = $6 AND a.member = $7
    GROUP BY c.contract_id, c.supplier_id
    ORDER BY c.contract_id, c.supplier_id
"""
_STANDINGS = _KNOWN_OF + _BY_CONTRACT
_STANDINGS_OF_SOME = {whom: _known_of(_OF_SOME.format(whom=whom)) + _BY_CONTRACT for whom in get_args(Whom)}

_PARTNER = f"""
    {_KNOWN_OF}
    SELECT m.code, m.unit, c.pledge, c.contract_id, c.supplier_id, CASE WHEN sum(c.figures) > 0 THEN sum(c.value) END AS value,
           sum(c.due) AS due, sum(c.received) AS received, sum(c.approved) AS approved,
           coalesce(sum(c.promised_due), 0) AS promised_due, coalesce(sum(c.promised_received), 0) AS promised_received,
           coalesce(sum(c.promised_approved), 0) AS promised_approved
    FROM contribution c JOIN measures m USING (measure_id)
    WHERE c.measure_id = ANY($4)
    GROUP BY m.code, m.unit, c.pledge, c.contract_id, c.supplier_id
    ORDER BY m.code, m.unit, c.pledge, c.contract_id, c.supplier_id
"""  # noqa: S608 - pieces of this package, no values


async def totals(
    conn: Connection,
    quarter: date,
    *,
    codes: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    own: bool | None = None,
    known: Known = EVERYTHING,
) -> list[Cell]:
    if codes is None:
        return await cells(conn, await conn.fetch(_TOTALS, quarter, *known, codes, dimensions, own))
    measures = await conn.fetchval(
        """
        SELECT coalesce(array_agg(measure_id), '{}') FROM measures
        WHERE code = ANY($1) AND ($2::boolean IS NULL OR (buyer_id IS NOT NULL) = $2)
        """,
        codes,
        own,
    )
    return await cells(conn, await conn.fetch(_TOTALS_OF, quarter, *known, codes, dimensions, own, measures))


async def standings(
    conn: Connection,
    quarter: date,
    measure_id: UUID,
    *,
    pledge: bool = False,
    dimension: Dimension = Dimension.REGION,
    member: str = REGION,
    known: Known = EVERYTHING,
    some: tuple[Whom, Collection[UUID]] | None = None,
) -> list[Record]:
    """What stands behind a total, per contract and supplier: of these contracts or suppliers (and perhaps others), or of all.

    ``due`` (0 or 1), ``figures`` (0: none approved), ``value``, ``numerator``, ``denominator``, ``allocations``.
    """
    asked = (quarter, *known, [measure_id], pledge, dimension, member)
    if some is None:
        return await conn.fetch(_STANDINGS, *asked)
    whom, ids = some
    return await conn.fetch(_STANDINGS_OF_SOME[whom], *asked, list(ids))


async def members_of(conn: Connection, allocations: Collection[UUID]) -> dict[UUID, set[tuple[Dimension, str]]]:
    """The members, of every dimension, among whom each allocation spreads its figures."""
    rows = await conn.fetch(
        "SELECT allocation_id, dimension, member FROM allocations WHERE allocation_id = ANY($1)", list(allocations)
    )
    found: dict[UUID, set[tuple[Dimension, str]]] = {allocation: set() for allocation in allocations}
    for row in rows:
        found[row["allocation_id"]].add((Dimension(row["dimension"]), row["member"]))
    return found


async def partner_standings(conn: Connection, quarter: date, *, at: datetime | None = None) -> list[PartnerStanding]:
    measures = await conn.fetchval("SELECT coalesce(array_agg(measure_id), '{}') FROM measures WHERE partner_vcfse")
    rows = await conn.fetch(_PARTNER, quarter, None, at, measures)
    return [
        PartnerStanding(
            quarter=Quarter(quarter),
            code=row["code"],
            unit=row["unit"],
            pledge=row["pledge"],
            contract_id=row["contract_id"],
            supplier_id=row["supplier_id"],
            value=row["value"],
            coverage=Coverage(**{name: row[name] for name in Coverage.model_fields}),
        )
        for row in rows
    ]
