"""Lines whose figure differs: between what was known twice, and as it was kept with a publication."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.aggregator.models.publications import EVERYTHING, Differing, FigureChange, Known, Reason, RestatedLine
from services.aggregator.models.totals import Amounts
from shared.db import Connection, Record

# $1 quarter; $2 and $3 say what was known, $4 and $5 what is known now. A line that nothing was heard about since is the same.
_BETWEEN = """
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT return_id, line_id FROM figures
        WHERE quarter = $1 AND ($2::bigint IS NULL OR entry > $2) AND ($3::timestamptz IS NULL OR applied_at > $3)
    ), now AS (
        SELECT f.* FROM touched t CROSS JOIN LATERAL (
            SELECT * FROM figures
            WHERE return_id = t.return_id AND line_id = t.line_id AND quarter = $1
              AND ($4::bigint IS NULL OR entry <= $4) AND ($5::timestamptz IS NULL OR applied_at <= $5)
            ORDER BY version DESC, correction DESC LIMIT 1) AS f
    ), was AS (
        SELECT f.* FROM touched t CROSS JOIN LATERAL (
            SELECT * FROM figures
            WHERE return_id = t.return_id AND line_id = t.line_id AND quarter = $1
              AND ($2::bigint IS NULL OR entry <= $2) AND ($3::timestamptz IS NULL OR applied_at <= $3)
            ORDER BY version DESC, correction DESC LIMIT 1) AS f
    ), due AS (
        SELECT DISTINCT ON (return_id) return_id, received FROM dues
        WHERE return_id IN (SELECT return_id FROM touched) AND quarter = $1
          AND ($2::bigint IS NULL OR entry <= $2) AND ($3::timestamptz IS NULL OR applied_at <= $3)
        ORDER BY return_id, version DESC, correction DESC
    ), differing AS (
        SELECT line_id, now.contract_id, now.measure_id, was.line_id IS NOT NULL AS known,
               was.value AS was_value, was.numerator AS was_numerator, was.denominator AS was_denominator,
               now.value, now.numerator, now.denominator,
               CASE WHEN was.line_id IS NULL THEN CASE WHEN due.received THEN 'newly_approved' ELSE 'newly_reported' END
                    WHEN (was.value, was.numerator, was.denominator) IS DISTINCT FROM (now.value, now.numerator, now.denominator)
                    THEN 'restated' ELSE 'moved' END AS reason
        FROM now LEFT JOIN was USING (return_id, line_id) LEFT JOIN due USING (return_id)
        WHERE was.line_id IS NULL
           OR (was.value, was.numerator, was.denominator, was.measure_id, was.pledge, was.allocation_id)
              IS DISTINCT FROM (now.value, now.numerator, now.denominator, now.measure_id, now.pledge, now.allocation_id)
    )
"""

_KEPT = """
    WITH differing AS (
        SELECT line_id, contract_id, measure_id, reason,
               (before ->> 'value')::numeric AS was_value, (before ->> 'numerator')::numeric AS was_numerator,
               (before ->> 'denominator')::numeric AS was_denominator,
               (after ->> 'value')::numeric AS value, (after ->> 'numerator')::numeric AS numerator,
               (after ->> 'denominator')::numeric AS denominator
        FROM publication_changes WHERE publication_id = $1
    )
"""

_LINES = f"{_BETWEEN} SELECT * FROM differing ORDER BY measure_id, line_id"  # noqa: S608 - a piece of this module, no values

_TOGETHER = """
    SELECT measure_id, reason, count(*) AS lines, array_agg(DISTINCT contract_id) AS contracts,
           array_agg(contract_id ORDER BY line_id) FILTER (WHERE reason = 'restated') AS restated_contracts,
           array_agg(line_id ORDER BY line_id) FILTER (WHERE reason = 'restated') AS restated_lines,
           sum(coalesce(value, 0) - coalesce(was_value, 0)) FILTER (WHERE coalesce(value, was_value) IS NOT NULL) AS value,
           sum(coalesce(numerator, 0) - coalesce(was_numerator, 0))
               FILTER (WHERE coalesce(numerator, was_numerator) IS NOT NULL) AS numerator,
           sum(coalesce(denominator, 0) - coalesce(was_denominator, 0))
               FILTER (WHERE coalesce(denominator, was_denominator) IS NOT NULL) AS denominator
    FROM differing GROUP BY measure_id, reason ORDER BY measure_id, reason
"""


async def lines_between(conn: Connection, quarter: date, was: Known, now: Known = EVERYTHING) -> list[FigureChange]:
    """Lines of a quarter whose figure differs; ``now`` knows no less than ``was``."""
    rows = await conn.fetch(_LINES, quarter, *was, *now)
    return [_change(row) for row in rows]


async def between(conn: Connection, quarter: date, was: Known, now: Known = EVERYTHING) -> list[Differing]:
    """The same lines together, by measure and reason."""
    rows = await conn.fetch(f"{_BETWEEN} {_TOGETHER}", quarter, *was, *now)
    return [_differing(row) for row in rows]


async def kept(conn: Connection, publication_id: UUID) -> list[Differing]:
    """What differs from the publication before, as it was kept."""
    return [_differing(row) for row in await conn.fetch(f"{_KEPT} {_TOGETHER}", publication_id)]


def _change(row: Record) -> FigureChange:
    return FigureChange(
        line_id=row["line_id"],
        contract_id=row["contract_id"],
        measure_id=row["measure_id"],
        reason=Reason(row["reason"]),
        before={name: row[f"was_{name}"] for name in _AMOUNTS if row[f"was_{name}"] is not None} if row["known"] else None,
        after={name: row[name] for name in _AMOUNTS if row[name] is not None},
    )


def _differing(row: Record) -> Differing:
    amounts = Amounts(row["value"], row["numerator"], row["denominator"])
    pairs = zip(row["restated_contracts"] or (), row["restated_lines"] or (), strict=True)
    restated = tuple(RestatedLine(contract_id=contract_id, line_id=line_id) for contract_id, line_id in pairs)
    return Differing(row["measure_id"], Reason(row["reason"]), row["lines"], amounts, frozenset(row["contracts"]), restated)


_AMOUNTS = ("value", "numerator", "denominator")
