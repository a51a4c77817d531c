"""Totals with the names they are shown with: one SELECT, over the totals at present as over sums of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from uuid import UUID

from services.aggregator.models.totals import Amounts, Cell, CountedMeasure, Dimension
from shared.db import Connection, Record
from shared.obligations import Kind, OverTime, Scope

MEASURE = """m.measure_id, m.framework, m.code, m.label, m.unit, m.kind, m.over_time, m.scope, m.theme, m.outcome, m.overlapping,
             m.suppress, m.buyer_id"""

SHOWN = """
    SELECT t.quarter, t.pledge, t.dimension, t.member, coalesce(o.name, t.member) AS member_name,
           t.value, t.numerator, t.denominator, t.figures,
           t.due, t.received, t.approved, t.promised_due, t.promised_received, t.promised_approved,
           t.measure_id, (SELECT mark FROM quarter_marks WHERE quarter = $1) AS mark, (SELECT described FROM feed) AS described
    FROM {totals} t JOIN measures m USING (measure_id)
         LEFT JOIN organisations o ON t.dimension = 'buyer' AND o.organisation_id::text = t.member
    WHERE t.quarter = $1 AND (t.due <> 0 OR t.figures <> 0)
      AND ($4::text[] IS NULL OR m.code = ANY($4))
      AND ($5::text[] IS NULL OR t.dimension = ANY($5))
      AND ($6::boolean IS NULL OR (m.buyer_id IS NOT NULL) = $6)
    ORDER BY t.measure_id, t.pledge, t.dimension, t.member
"""
"""$1 quarter; $4 measures' codes, $5 dimensions, $6 buyers' own measures: NULL for all. $2 and $3 say as at when."""


async def cells(conn: Connection, rows: Sequence[Record]) -> list[Cell]:
    """In the order of the rows: all members of a dimension stand together."""
    measures = await measures_by_id(conn, {row["measure_id"] for row in rows})
    found = []
    for row in rows:
        measure = measures[row["measure_id"]]
        known = row["figures"] != 0
        found.append(
            Cell(
                row["quarter"],
                measure,
                row["pledge"],
                _dimension(row["dimension"]),
                row["member"],
                row["member_name"],
                Amounts.of(measure.kind, row["value"], row["numerator"], row["denominator"]) if known else None,
                row["due"],
                row["received"],
                row["approved"],
                row["promised_due"],
                row["promised_received"],
                row["promised_approved"],
            )
        )
    return found


async def measures_by_id(conn: Connection, measure_ids: Collection[UUID]) -> dict[UUID, CountedMeasure]:
    rows = await conn.fetch(f"SELECT {MEASURE} FROM measures m WHERE measure_id = ANY($1)", list(measure_ids))  # noqa: S608
    return {row["measure_id"]: counted_measure(row) for row in rows}


def counted_measure(row: Record) -> CountedMeasure:
    return CountedMeasure(
        measure_id=row["measure_id"],
        framework=row["framework"],
        code=row["code"],
        label=row["label"],
        unit=row["unit"],
        kind=Kind(row["kind"]),
        over_time=OverTime(row["over_time"]),
        scope=Scope(row["scope"]),
        theme=row["theme"],
        outcome=row["outcome"],
        overlaps=tuple(row["overlapping"]),
        suppress=row["suppress"],
        buyer_id=row["buyer_id"],
    )


_dimension = cache(Dimension)
