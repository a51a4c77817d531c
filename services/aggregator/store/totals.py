"""Totals at present: read as they are kept, never summed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.aggregator.models.coverage import ReturnsCoverage
from services.aggregator.models.publications import EVERYTHING, Known
from services.aggregator.models.totals import Cell, CountedMeasure
from services.aggregator.store.shown import MEASURE, SHOWN, cells, counted_measure
from shared.db import Connection, Pool, Record
from shared.errors import NotFound

# $2 and $3 say as at when: here, at present.
_TOTALS = SHOWN.format(totals="(SELECT * FROM totals WHERE $2::bigint IS NULL AND $3::timestamptz IS NULL)")


class NoSuchMeasure(NotFound):
    """No contract has owed a measure with this code."""


async def totals(
    conn: Connection,
    quarter: date,
    *,
    codes: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    own: bool | None = None,
) -> tuple[list[Cell], str]:
    """All members of a dimension stand together; with the tag of what was read.

    ``own``: buyers' own measures only, or none of them.
    """
    rows = await conn.fetch(_TOTALS, quarter, None, None, codes, dimensions, own)
    tag = f"{rows[0]['mark']}.{rows[0]['described']}" if rows else await quarter_tag(conn, quarter)
    return await cells(conn, rows), tag


async def quarter_tag(conn: Connection, quarter: date) -> str:
    """Changes whenever totals of the quarter, or the names they are shown with, change."""
    tag: str = await conn.fetchval(
        """
        SELECT concat(coalesce((SELECT mark FROM quarter_marks WHERE quarter = $1), 0), '.', described) FROM feed
        """,
        quarter,
    )
    return tag


async def unchanged_since(conn: Connection, quarter: date, known: Known) -> bool:
    """Whether no total of the quarter has changed since that time."""
    found = await conn.fetchval("SELECT changed_at <= $2 FROM quarter_marks WHERE quarter = $1", quarter, known.at)
    return found is True


async def quarters(conn: Connection) -> list[date]:
    """Every quarter that anything is known of, in order."""
    return [row["quarter"] for row in await conn.fetch("SELECT quarter FROM quarter_marks ORDER BY quarter")]


async def changed_groups(conn: Connection, after: tuple[int, date, UUID, bool], limit: int) -> list[tuple[int, date, UUID, bool]]:
    """(mark, quarter, measure, pledge) of what changed after a place in the order of changes; each once, at its last change."""
    rows = await conn.fetch(
        """
        SELECT max(mark) AS mark, quarter, measure_id, pledge FROM totals
        GROUP BY quarter, measure_id, pledge
        HAVING (max(mark), quarter, measure_id, pledge) > ($1::bigint, $2::date, $3::uuid, $4::boolean)
        ORDER BY 1, 2, 3, 4 LIMIT $5
        """,
        *after,
        limit,
    )
    return [tuple(row) for row in rows]


async def measures(conn: Connection, code: str) -> list[CountedMeasure]:
    """Measures with this code: of the framework first, then buyers' own. Raises NoSuchMeasure."""
    rows = await conn.fetch(
        f"SELECT {MEASURE} FROM measures m WHERE code = $1 ORDER BY buyer_id NULLS FIRST, framework, unit, kind",  # noqa: S608
        code,
    )
    if not rows:
        raise NoSuchMeasure
    return [counted_measure(row) for row in rows]


async def returns_coverage(conn: Connection, quarter: date, known: Known = EVERYTHING) -> dict[bool, ReturnsCoverage]:
    """Returns due, received and approved: of contracts (False) and of pledges (True)."""
    rows = await conn.fetch(
        """
        SELECT pledge, count(*) AS due, count(*) FILTER (WHERE received) AS received,
               count(*) FILTER (WHERE NOT (false = ANY(approved))) AS approved
        FROM (
            SELECT DISTINCT ON (return_id) pledge, received, approved FROM dues
            WHERE quarter = $1 AND ($2::bigint IS NULL OR entry <= $2) AND ($3::timestamptz IS NULL OR applied_at <= $3)
            ORDER BY return_id, version DESC, correction DESC
        ) AS newest
        GROUP BY pledge ORDER BY pledge
        """,
        quarter,
        *known,
    )
    none = ReturnsCoverage(due=0, received=0, approved=0)
    return {False: none, True: none} | {
        row["pledge"]: ReturnsCoverage(due=row["due"], received=row["received"], approved=row["approved"]) for row in rows
    }


async def recent_coverage(pool: Pool) -> list[Record]:
    """Of the last four quarters that anything is known of: ``due``, ``received`` and ``approved`` over all measures."""
    return await pool.fetch(
        """
        SELECT quarter, pledge, sum(due)::bigint AS due, sum(received)::bigint AS received, sum(approved)::bigint AS approved,
               (SELECT count(*) FROM publications p WHERE p.quarter = t.quarter) AS publications
        FROM totals t
        WHERE dimension = 'region' AND quarter IN (SELECT quarter FROM quarter_marks ORDER BY quarter DESC LIMIT 4)
        GROUP BY quarter, pledge ORDER BY quarter, pledge
        """
    )


async def buried(conn: Connection) -> int:
    """Events that wait as dead letters: totals and coverage may lack them."""
    found: int = await conn.fetchval("SELECT count(*) FROM dead_letters")
    return found
