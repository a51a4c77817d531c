"""What a supplier did, over all its contracts, and what it can note."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from uuid import UUID

from services.returns.models.activities import Activity, Noted, Owed
from shared.db import Connection, Record

# What is owed under each contract c.
_OBLIGATIONS = """
    CROSS JOIN LATERAL (
        SELECT (one ->> 'obligation_id')::uuid AS obligation_id, one ->> 'reference' AS reference,
               one #> '{versions,-1,terms}' AS terms, number
        FROM jsonb_array_elements(c.fact -> 'obligations') WITH ORDINALITY AS found (one, number)
    ) AS o
"""


async def noted_last(
    conn: Connection, supplier_id: UUID, *, from_day: date, to_day: date, unit: str | None = None, limit: int
) -> list[Owed]:
    """What is owed under the supplier's contracts that ran between these days: what was noted last first, then by contract.

    ``unit``: only what is counted in it.
    """
    rows = await conn.fetch(
        f"""
        SELECT c.contract_id, c.reference AS contract_reference, c.title, o.obligation_id, o.reference, o.terms
        FROM contracts c {_OBLIGATIONS}
        LEFT JOIN (
            SELECT noted.* FROM contracts mine
            CROSS JOIN LATERAL (
                SELECT obligation_id, max(happened_on) AS happened_on FROM activities
                WHERE contract_id = mine.contract_id AND removed_at IS NULL AND happened_on BETWEEN $2 AND $3
                GROUP BY obligation_id
            ) AS noted
            WHERE mine.supplier_ids @> ARRAY[$1::uuid]
        ) AS last USING (obligation_id)
        WHERE c.supplier_ids @> ARRAY[$1::uuid] AND c.starts_on <= $3 AND c.ends_on >= $2
          AND ($4::text IS NULL OR o.terms #>> '{{measure,unit}}' = $4)
        ORDER BY last.happened_on DESC NULLS LAST, c.title, c.reference, c.contract_id, o.number
        LIMIT $5
        """,  # noqa: S608 - a piece of this module, no values
        supplier_id,
        from_day,
        to_day,
        unit,
        limit,
    )
    return [Owed.model_validate(dict(row)) for row in rows]


async def by_contract(
    conn: Connection, supplier_id: UUID, *, from_day: date, to_day: date, after: tuple[str, str, UUID] | None, limit: int
) -> list[list[Owed]]:
    """What is owed, contract by contract, of up to ``limit`` contracts; ``after``: title, reference and id of one."""
    rows = await conn.fetch(
        f"""
        SELECT c.contract_id, c.reference AS contract_reference, c.title, o.obligation_id, o.reference, o.terms
        FROM (
            SELECT * FROM contracts
            WHERE supplier_ids @> ARRAY[$1::uuid] AND starts_on <= $3 AND ends_on >= $2
              AND ($4::text IS NULL OR (title, reference, contract_id) > ($4, $5::text, $6::uuid))
              AND jsonb_array_length(fact -> 'obligations') > 0
            ORDER BY title, reference, contract_id LIMIT $7
        ) AS c {_OBLIGATIONS}
        ORDER BY c.title, c.reference, c.contract_id, o.number
        """,  # noqa: S608 - a piece of this module, no values
        supplier_id,
        from_day,
        to_day,
        *(after or (None, None, None)),
        limit,
    )
    found = [Owed.model_validate(dict(row)) for row in rows]
    return [list(of_contract) for _, of_contract in groupby(found, key=lambda owed: owed.contract_id)]


async def page(conn: Connection, supplier_id: UUID, *, after: tuple[date, UUID] | None, limit: int) -> list[Noted]:
    """What the supplier noted, what happened last first."""
    found = await conn.fetch(
        """
        SELECT a.*, c.reference AS contract_reference, c.title,
               (SELECT one FROM jsonb_array_elements(c.fact -> 'obligations') AS one
                WHERE one ->> 'obligation_id' = a.obligation_id::text) AS obligation,
               (SELECT count(*) FROM evidence_files e WHERE e.activity_id = a.activity_id AND e.removed_at IS NULL) AS files
        FROM contracts c
        CROSS JOIN LATERAL (
            SELECT * FROM activities a WHERE a.contract_id = c.contract_id AND a.removed_at IS NULL
              AND ($2::date IS NULL OR (a.happened_on, a.activity_id) < ($2, $3::uuid))
            ORDER BY a.happened_on DESC, a.activity_id DESC LIMIT $4
        ) AS a
        WHERE c.supplier_ids @> ARRAY[$1::uuid]
        ORDER BY a.happened_on DESC, a.activity_id DESC LIMIT $4
        """,
        supplier_id,
        after and after[0],
        after and after[1],
        limit,
    )
    return [_noted(row) for row in found if row["obligation"] is not None]


def _noted(row: Record) -> Noted:
    activity = Activity.model_validate({name: row[name] for name in Activity.model_fields})
    obligation = row["obligation"]
    owed = Owed(
        contract_id=activity.contract_id,
        contract_reference=row["contract_reference"],
        title=row["title"],
        obligation_id=activity.obligation_id,
        reference=obligation["reference"],
        terms=obligation["versions"][-1]["terms"],
    )
    return Noted(activity=activity, owed=owed, files=row["files"])
