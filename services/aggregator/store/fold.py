"""The fold of the topic ``returns`` into totals: a few statements for a whole batch.

Totals change by the difference between the newest facts known before and after, so facts that are known already change nothing.
The caller holds the feed's lock: nobody else folds meanwhile, and a statement sees everything that was folded before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from services.aggregator.models.facts import AllocationPart, DueFact, FigureFact, MeasureDescription
from services.aggregator.store.contributions import CELLS, CONTRIBUTIONS
from shared.db import Connection

_APPLY_CELLS = """
    changed AS (
        SELECT * FROM cell
        WHERE (value, numerator, denominator, figures, due, received, approved,
               promised_due, promised_received, promised_approved) IS DISTINCT FROM (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    ), marked AS (
        INSERT INTO quarter_marks AS q (quarter, mark, changed_at)
        SELECT DISTINCT quarter, $1::bigint, $2::timestamptz FROM changed
        ON CONFLICT (quarter) DO UPDATE
        SET mark = excluded.mark, changed_at = greatest(q.changed_at, excluded.changed_at)
    )
    INSERT INTO totals AS t (quarter, measure_id, pledge, dimension, member, value, numerator, denominator, figures,
                             due, received, approved, promised_due, promised_received, promised_approved, mark)
    SELECT *, $1::bigint FROM changed
    ON CONFLICT (quarter, measure_id, pledge, dimension, member) DO UPDATE SET
        value = t.value + excluded.value, numerator = t.numerator + excluded.numerator,
        denominator = t.denominator + excluded.denominator, figures = t.figures + excluded.figures,
        due = t.due + excluded.due, received = t.received + excluded.received, approved = t.approved + excluded.approved,
        promised_due = t.promised_due + excluded.promised_due,
        promised_received = t.promised_received + excluded.promised_received,
        promised_approved = t.promised_approved + excluded.promised_approved, mark = excluded.mark
"""

_KEEP_CONTRACTS = """
    of_contract AS (
        SELECT quarter, measure_id, pledge, contract_id, supplier_id, allocation_id, coalesce(sum(value), 0) AS value,
               coalesce(sum(numerator), 0) AS numerator, coalesce(sum(denominator), 0) AS denominator,
               sum(figures) AS figures, sum(due) AS due
        FROM contract_contribution GROUP BY quarter, measure_id, pledge, contract_id, supplier_id, allocation_id
    ), kept AS (
        INSERT INTO contract_totals AS k
        SELECT * FROM of_contract WHERE (value, numerator, denominator, figures, due) IS DISTINCT FROM (0, 0, 0, 0, 0)
        ON CONFLICT (quarter, measure_id, pledge, contract_id, supplier_id, allocation_id) DO UPDATE SET
            value = k.value + excluded.value, numerator = k.numerator + excluded.numerator,
            denominator = k.denominator + excluded.denominator, figures = k.figures + excluded.figures, due = k.due + excluded.due
    )
"""

_FIGURE = """return_id, line_id, version, contract_id, supplier_id, quarter, measure_id, pledge, per_supplier, allocation_id,
             value, numerator, denominator, promised"""
_DUE = """return_id, version, contract_id, supplier_id, quarter, pledge, allocation_id, received,
          line_ids, measure_ids, promised, approved"""

_FOLD = f"""
    WITH new_figure AS (
        INSERT INTO figures (return_id, line_id, version, contract_id, supplier_id, quarter, measure_id, pledge, per_supplier,
                             allocation_id, value, numerator, denominator, reported, promised, nil, approved_at, event_time,
                             partition, position, epoch, applied_at)
        SELECT return_id::uuid, line_id::uuid, version, contract_id::uuid, supplier_id::uuid, quarter::date, measure_id::uuid,
               pledge, per_supplier, allocation_id::uuid, value::numeric, numerator::numeric, denominator::numeric,
               reported::numeric, promised::numeric, nil, approved_at::timestamptz, event_time::timestamptz,
               partition, position, coalesce(epoch, 0), $2::timestamptz
        FROM unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bool[],
                    $11::bool[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::bool[],
                    $19::text[], $20::text[], $21::smallint[], $22::bigint[])
             AS n (return_id, line_id, version, contract_id, supplier_id, quarter, measure_id, pledge, per_supplier,
                   allocation_id, value, numerator, denominator, reported, promised, nil, approved_at, event_time,
                   partition, position)
             LEFT JOIN (SELECT partition, epoch FROM consumer_positions WHERE topic = 'returns') AS p USING (partition)
        ON CONFLICT (return_id, line_id, version, correction) DO NOTHING
        RETURNING {_FIGURE}
    ), new_due AS (
        INSERT INTO dues (return_id, version, contract_id, supplier_id, quarter, pledge, allocation_id, received,
                          line_ids, measure_ids, promised, approved, event_time, partition, position, epoch, applied_at)
        SELECT return_id::uuid, version, contract_id::uuid, supplier_id::uuid, quarter::date, pledge, allocation_id::uuid,
               received, line_ids::uuid[], measure_ids::uuid[], promised::numeric[], approved::boolean[],
               event_time::timestamptz, partition, position, coalesce(epoch, 0), $2::timestamptz
        FROM unnest($23::text[], $24::int[], $25::text[], $26::text[], $27::text[], $28::bool[], $29::text[], $30::bool[],
                    $31::text[], $32::text[], $33::text[], $34::text[], $35::text[], $36::smallint[], $37::bigint[])
             AS n (return_id, version, contract_id, supplier_id, quarter, pledge, allocation_id, received,
                   line_ids, measure_ids, promised, approved, event_time, partition, position)
             LEFT JOIN (SELECT partition, epoch FROM consumer_positions WHERE topic = 'returns') AS p USING (partition)
        ON CONFLICT (return_id, version, correction) DO NOTHING
        RETURNING {_DUE}
    ), touched AS MATERIALIZED (
        SELECT return_id FROM new_figure UNION SELECT return_id FROM new_due
    ), old_figure AS MATERIALIZED (
        SELECT k.* FROM touched CROSS JOIN LATERAL (
            SELECT DISTINCT ON (line_id) {_FIGURE} FROM figures k WHERE k.return_id = touched.return_id
            ORDER BY line_id, version DESC, correction DESC
        ) AS k
    ), old_due AS MATERIALIZED (
        SELECT k.* FROM touched CROSS JOIN LATERAL (
            SELECT {_DUE} FROM dues k WHERE k.return_id = touched.return_id ORDER BY version DESC, correction DESC LIMIT 1
        ) AS k
    ), figure AS (
        SELECT -1 AS sign, * FROM old_figure
        UNION ALL
        SELECT 1, newest.* FROM (
            SELECT DISTINCT ON (return_id, line_id) *
            FROM (SELECT {_FIGURE} FROM old_figure UNION ALL SELECT {_FIGURE} FROM new_figure) AS either
            ORDER BY return_id, line_id, version DESC
        ) AS newest
    ), due AS (
        SELECT -1 AS sign, * FROM old_due
        UNION ALL
        SELECT 1, newest.* FROM (
            SELECT DISTINCT ON (return_id) *
            FROM (SELECT {_DUE} FROM old_due UNION ALL SELECT {_DUE} FROM new_due) AS either
            ORDER BY return_id, version DESC
        ) AS newest
    ), {CONTRIBUTIONS}, contribution AS (SELECT * FROM contract_contribution), {_KEEP_CONTRACTS}, {CELLS}, {_APPLY_CELLS}
"""  # noqa: S608 - pieces of this package, no values

_NOTE_HEARD = """
    UPDATE quarter_marks SET changed_at = $2 WHERE quarter = ANY($1::text[]::date[]) AND changed_at < $2
"""

_WHOLE = "contract_id, supplier_id, quarter, measure_id, pledge, allocation_id, value, numerator, denominator"

_SETTLE_SUPPLIERS = f"""
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT f.supplier_id, f.quarter, f.measure_id, f.pledge
        FROM unnest($3::text[], $4::text[]) AS given (return_id, line_id)
        JOIN figures f ON f.return_id = given.return_id::uuid AND f.line_id = given.line_id::uuid
        WHERE f.per_supplier
    ), newest AS (
        SELECT DISTINCT ON (f.return_id, f.line_id) f.*
        FROM (
            SELECT DISTINCT return_id, line_id
            FROM touched JOIN figures USING (supplier_id, quarter, measure_id) WHERE per_supplier
        ) AS heard JOIN figures f USING (return_id, line_id)
        ORDER BY f.return_id, f.line_id, f.version DESC, f.correction DESC
    ), latest AS MATERIALIZED (
        SELECT DISTINCT ON (supplier_id, quarter, measure_id, pledge) newest.*
        FROM newest JOIN touched USING (supplier_id, quarter, measure_id, pledge) WHERE per_supplier
        ORDER BY supplier_id, quarter, measure_id, pledge, approved_at DESC, line_id DESC
    ), before AS MATERIALIZED (
        SELECT s.*, f.contract_id FROM supplier_figures s JOIN touched USING (supplier_id, quarter, measure_id, pledge)
        CROSS JOIN LATERAL (
            SELECT contract_id FROM figures k
            WHERE (k.supplier_id, k.quarter, k.measure_id, k.line_id) = (s.supplier_id, s.quarter, s.measure_id, s.line_id)
              AND per_supplier LIMIT 1) AS f
    ), settled AS (
        INSERT INTO supplier_figures (supplier_id, quarter, measure_id, pledge, line_id, version, allocation_id,
                                      value, numerator, denominator)
        SELECT supplier_id, quarter, measure_id, pledge, line_id, version, allocation_id, value, numerator, denominator
        FROM latest
        ON CONFLICT (supplier_id, quarter, measure_id, pledge) DO UPDATE SET
            line_id = excluded.line_id, version = excluded.version, allocation_id = excluded.allocation_id,
            value = excluded.value, numerator = excluded.numerator, denominator = excluded.denominator
    ), gone AS (
        DELETE FROM supplier_figures s USING before b
        WHERE (s.supplier_id, s.quarter, s.measure_id, s.pledge) = (b.supplier_id, b.quarter, b.measure_id, b.pledge)
          AND NOT EXISTS (
              SELECT FROM latest l
              WHERE (l.supplier_id, l.quarter, l.measure_id, l.pledge) = (b.supplier_id, b.quarter, b.measure_id, b.pledge))
    ), contract_contribution AS (
        SELECT contract_id, supplier_id, quarter, measure_id, pledge, allocation_id, sign * value AS value,
               sign * numerator AS numerator, sign * denominator AS denominator, sign AS figures,
               0 AS due, 0 AS received, 0 AS approved,
               NULL::numeric AS promised_due, NULL::numeric AS promised_received, NULL::numeric AS promised_approved
        FROM (
            SELECT -1 AS sign, {_WHOLE} FROM before
            UNION ALL
            SELECT 1, {_WHOLE} FROM latest
        ) AS signed
    ), contribution AS (SELECT * FROM contract_contribution), {_KEEP_CONTRACTS}, {CELLS}, {_APPLY_CELLS}
"""  # noqa: S608 - pieces of this package, no values


async def lock_feed(conn: Connection) -> int:
    """Let nobody else change totals until the transaction ends. Returns the mark of what is changed now."""
    mark: int = await conn.fetchval("UPDATE feed SET mark = mark + 1 RETURNING mark")
    return mark


async def fold(conn: Connection, figures: Collection[FigureFact], dues: Collection[DueFact], *, mark: int, at: datetime) -> None:
    """Enter facts into the ledger and move the totals that they change; allocations and measures must be there."""
    await conn.execute(_FOLD, mark, at, *_columns(figures, FigureFact), *_columns(dues, DueFact))
    # Also where changes cancel each other out: no total has moved, and yet what stands behind it has.
    await conn.execute(_NOTE_HEARD, list({fact.quarter for fact in figures} | {fact.quarter for fact in dues}), at)


async def settle_suppliers(conn: Connection, figures: Collection[FigureFact], *, mark: int, at: datetime) -> None:
    """Of measures that speak of the whole supplier: let the figure approved last count, after ``fold`` of these figures."""
    ids = [figure.return_id for figure in figures], [figure.line_id for figure in figures]
    await conn.execute(_SETTLE_SUPPLIERS, mark, at, *ids)


async def keep_allocations(conn: Connection, parts: Collection[AllocationPart]) -> None:
    await conn.execute(
        """
        INSERT INTO allocations (allocation_id, dimension, member, share, others)
        SELECT allocation_id::uuid, dimension, member, share::numeric, others::numeric[]
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
             AS n (allocation_id, dimension, member, share, others)
        ON CONFLICT DO NOTHING
        """,
        *_columns(parts, AllocationPart),
    )


async def describe_measures(conn: Connection, measures: Collection[MeasureDescription]) -> bool:
    """The newest description wins: by the framework's version, then by the catalogue's. Returns whether any is new."""
    described = await conn.execute(
        """
        INSERT INTO measures AS m
        SELECT DISTINCT ON (measure_id) measure_id::uuid, framework, code, unit, kind, buyer_id::uuid, label, over_time, scope,
               theme, outcome, overlapping::text[], suppress, partner_vcfse, framework_version, catalogue_version, content::uuid
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                    $10::text[], $11::text[], $12::text[], $13::bool[], $14::bool[], $15::int[], $16::int[], $17::text[])
             AS n (measure_id, framework, code, unit, kind, buyer_id, label, over_time, scope, theme, outcome, overlapping,
                   suppress, partner_vcfse, framework_version, catalogue_version, content)
        ORDER BY measure_id, framework_version DESC, catalogue_version DESC, content DESC
        ON CONFLICT (measure_id) DO UPDATE SET
            label = excluded.label, over_time = excluded.over_time, scope = excluded.scope, theme = excluded.theme,
            outcome = excluded.outcome, overlapping = excluded.overlapping, suppress = excluded.suppress,
            partner_vcfse = excluded.partner_vcfse, framework_version = excluded.framework_version,
            catalogue_version = excluded.catalogue_version, content = excluded.content
        WHERE (m.framework_version, m.catalogue_version, m.content)
              < (excluded.framework_version, excluded.catalogue_version, excluded.content)
        """,
        *_columns(measures, MeasureDescription),
    )
    return described != "INSERT 0 0"


async def note_described(conn: Connection, mark: int) -> None:
    """Measures or organisations are described anew: whatever shows totals looks different from now on."""
    await conn.execute("UPDATE feed SET described = $1", mark)


def _columns(rows: Iterable[Sequence[Any]], kind: type[Any]) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) or [()] * len(kind._fields)
