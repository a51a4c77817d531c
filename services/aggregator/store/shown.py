"""Totals with the names they are shown with: one SELECT, over the totals at present as over sums of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from uuid import UUID

from services.aggregator.models.totals import Amounts, Cell, CountedMeasure, Dimension
from shared.db import Record
from shared.obligations import Kind, OverTime, Scope

MEASURE = """m.measure_id, m.framework, m.code, m.label, m.unit, m.kind, m.over_time, m.scope, m.theme, m.outcome, m.overlapping,
             m.suppress, m.buyer_id"""

SHOWN = f"""
    SELECT t.quarter, t.pledge, t.dimension, t.member, coalesce(o.name, t.member) AS member_name,
           t.value, t.numerator, t.denominator, t.figures,
           t.due, t.received, t.approved, t.promised_due, t.promised_received, t.promised_approved,
           (SELECT mark FROM quarter_marks WHERE quarter = $1) AS mark, (SELECT described FROM feed) AS described, {MEASURE}
    FROM {{totals}} t JOIN measures m USING (measure_id)
         LEFT JOIN organisations o ON t.dimension = 'buyer' AND o.organisation_id::text = t.member
    WHERE t.quarter = $1 AND (t.due <> 0 OR t.figures <> 0)
      AND ($4::text[] IS NULL OR m.code = ANY($4))
      AND ($5::text[] IS NULL OR t.dimension = ANY($5))
      AND ($6::boolean IS NULL OR (m.buyer_id IS NOT NULL) = $6)
    ORDER BY m.framework, m.code, m.unit, m.kind, m.buyer_id NULLS FIRST, t.pledge, t.dimension, t.member
"""  # noqa: S608 - pieces of this package, no values
"""$1 quarter; $4 measures' codes, $5 dimensions, $6 buyers' own measures: NULL for all. $2 and $3 say as at when."""


def cells(rows: Iterable[Record]) -> list[Cell]:
    measures: dict[UUID, CountedMeasure] = {}
    found = []
    for row in rows:
        measure = measures.get(row["measure_id"])
        if measure is None:
            measure = measures[row["measure_id"]] = counted_measure(row)
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
