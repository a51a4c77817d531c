"""Quarterly returns with their lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.models.views import ReturnSummary
from services.returns.store import lines
from services.returns.store.rows import rows
from shared.access import NOBODY
from shared.db import Connection, Pool, Record
from shared.events.returns import ReturnStatus
from shared.quarters import Quarter
from shared.viewer import Viewer


async def save(conn: Connection, returns: Sequence[QuarterlyReturn], *, lines_changed: Sequence[Line]) -> None:
    """Add or replace returns, and the lines that changed with them; every version of a line is kept."""
    await conn.execute(
        """
        INSERT INTO quarterly_returns SELECT * FROM jsonb_populate_recordset(NULL::quarterly_returns, $1)
        ON CONFLICT (return_id) DO UPDATE SET
            (version, status, contract, due_on, remind_on, reminded_on, overdue_on, submissions, submitted_at, submitted_by,
             on_behalf, first_submitted_at, review_due_on, reviewed_at, review_overdue_on, sent_back_on, answer_due_on) =
            (excluded.version, excluded.status, excluded.contract, excluded.due_on, excluded.remind_on, excluded.reminded_on,
             excluded.overdue_on, excluded.submissions, excluded.submitted_at, excluded.submitted_by, excluded.on_behalf,
             excluded.first_submitted_at, excluded.review_due_on, excluded.reviewed_at, excluded.review_overdue_on,
             excluded.sent_back_on, excluded.answer_due_on)
        """,
        rows(returns),
    )
    await lines.save(conn, lines_changed)


async def mark_ready(conn: Connection, return_id: UUID, ready: bool) -> None:
    """Nothing else changes it, whatever else of the return is saved."""
    await conn.execute("UPDATE quarterly_returns SET ready = $2 WHERE return_id = $1", return_id, ready)


async def find(conn: Connection, return_id: UUID) -> QuarterlyReturn | None:
    return await _one(conn, await conn.fetchrow("SELECT * FROM quarterly_returns WHERE return_id = $1", return_id))


async def lock(conn: Connection, return_id: UUID) -> QuarterlyReturn | None:
    row = await conn.fetchrow("SELECT * FROM quarterly_returns WHERE return_id = $1 FOR UPDATE", return_id)
    return await _one(conn, row)


async def lock_of_contract(conn: Connection, contract_id: UUID) -> list[QuarterlyReturn]:
    found = await conn.fetch("SELECT * FROM quarterly_returns WHERE contract_id = $1 ORDER BY quarter FOR UPDATE", contract_id)
    return await _with_lines(conn, found)


async def lock_in(conn: Connection, contract_id: UUID, quarters: Collection[Quarter]) -> list[QuarterlyReturn]:
    """Those of a contract in these quarters."""
    found = await conn.fetch(
        "SELECT * FROM quarterly_returns WHERE contract_id = $1 AND quarter = ANY ($2) ORDER BY quarter FOR UPDATE",
        contract_id,
        [quarter.first_day for quarter in quarters],
    )
    return await _with_lines(conn, found)


async def lock_to_remind(conn: Connection, on: date) -> list[QuarterlyReturn]:
    """Returns that nobody submitted, due soon, of which nobody was reminded."""
    found = await conn.fetch(
        """
        SELECT * FROM quarterly_returns
        WHERE first_submitted_at IS NULL AND status = 'open' AND due_on >= $1 AND remind_on <= $1 AND reminded_on IS NULL
        ORDER BY return_id FOR UPDATE
        """,
        on,
    )
    return await _with_lines(conn, found)


async def lock_to_remind_again(conn: Connection, on: date) -> list[QuarterlyReturn]:
    """Returns that were sent back, to be sent again soon, of which nobody was reminded since."""
    found = await conn.fetch(
        """
        SELECT * FROM quarterly_returns WHERE answer_due_on >= $1 AND remind_on <= $1 AND reminded_on IS NULL
        ORDER BY return_id FOR UPDATE
        """,
        on,
    )
    return await _with_lines(conn, found)


async def lock_overdue(conn: Connection, on: date) -> list[QuarterlyReturn]:
    """Returns that nobody submitted and that were due before ``on``, not found overdue yet."""
    found = await conn.fetch(
        """
        SELECT * FROM quarterly_returns
        WHERE first_submitted_at IS NULL AND status = 'open' AND due_on < $1 AND overdue_on IS NULL
        ORDER BY return_id FOR UPDATE
        """,
        on,
    )
    return await _with_lines(conn, found)


async def lock_reviews_overdue(conn: Connection, on: date) -> list[QuarterlyReturn]:
    """Returns submitted and untouched, whose review was due before ``on``, not found overdue yet."""
    found = await conn.fetch(
        """
        SELECT * FROM quarterly_returns
        WHERE status = 'submitted' AND review_due_on < $1 AND reviewed_at IS NULL AND review_overdue_on IS NULL
        ORDER BY return_id FOR UPDATE
        """,
        on,
    )
    return await _with_lines(conn, found)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which returns a list shows; None: any. ``with_supplier``: open, or sent back; ``in_review``: a line waits for the reviewer;
    ``begun``: somebody has saved something on it; ``words``: part of the contract's reference or title."""

    status: ReturnStatus | None = None
    quarter: Quarter | None = None
    contract_id: UUID | None = None
    supplier_id: UUID | None = None
    with_supplier: bool = False
    overdue: bool = False
    in_review: bool = False
    begun: bool = False
    words: str | None = None


async def page(
    conn: Connection, viewer: Viewer, wanted: Wanted, *, today: date, after: tuple[date, UUID] | None, limit: int
) -> list[ReturnSummary]:
    """What a viewer may see, the earliest due first."""
    found = await conn.fetch(
        """
        SELECT r.return_id, r.contract_id, r.contract ->> 'reference' AS reference, r.contract ->> 'title' AS title, r.quarter,
               r.version, r.status, r.opened_on, r.due_on, r.ready, r.submitted_at, r.on_behalf, r.review_due_on,
               r.answer_due_on, (r.status = 'open' AND r.due_on < $10) OR coalesce(r.answer_due_on < $10, false) AS overdue,
               coalesce(r.status = 'submitted' AND r.reviewed_at IS NULL AND r.review_due_on < $10, false) AS review_overdue,
               count(l.line_id) AS lines,
               count(l.line_id) FILTER (WHERE l.status IN ('open', 'changes_requested')) AS lines_with_supplier,
               count(l.line_id) FILTER (WHERE l.status = 'submitted') AS lines_in_review,
               count(l.line_id) FILTER (WHERE l.status = 'approved') AS lines_approved
        FROM (
            SELECT r.* FROM quarterly_returns r JOIN contracts c USING (contract_id)
            WHERE (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid])
                   OR ($4 AND r.status = 'approved' AND NOT EXISTS (
                       SELECT FROM unnest(c.buyer_ids) AS b (id) LEFT JOIN organisations o ON o.organisation_id = b.id
                       WHERE o.icb_sees IS DISTINCT FROM 'contracts' AND b.id <> $1)))
              AND ($5::text IS NULL OR r.status = $5)
              AND ($6::date IS NULL OR r.quarter = $6)
              AND ($7::uuid IS NULL OR r.contract_id = $7)
              AND ($8::uuid IS NULL OR c.supplier_ids @> ARRAY[$8::uuid])
              AND (NOT $9 OR r.status IN ('open', 'changes_requested'))
              AND (NOT $11 OR (r.status = 'open' AND r.due_on < $10) OR r.answer_due_on < $10)
              AND (NOT $15 OR r.status = 'submitted' OR (r.status = 'changes_requested' AND EXISTS (
                  SELECT FROM lines w WHERE w.return_id = r.return_id AND w.status = 'submitted' AND w.owed)))
              AND (NOT $17 OR EXISTS (
                  SELECT FROM lines w JOIN line_versions v USING (line_id)
                  WHERE w.return_id = r.return_id AND v.person_id <> $18))
              AND ($16::text IS NULL OR position(lower($16) IN lower(c.reference || ' ' || c.title)) > 0)
              AND ($12::date IS NULL OR (r.due_on, r.return_id) > ($12, $13::uuid))
            ORDER BY r.due_on, r.return_id LIMIT $14
        ) AS r
        LEFT JOIN lines l ON l.return_id = r.return_id AND l.owed
        GROUP BY r.return_id, r.contract_id, r.contract, r.quarter, r.version, r.status, r.opened_on, r.due_on, r.submitted_at,
                 r.on_behalf, r.review_due_on, r.reviewed_at, r.answer_due_on, r.ready
        ORDER BY r.due_on, r.return_id
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        wanted.status,
        wanted.quarter and wanted.quarter.first_day,
        wanted.contract_id,
        wanted.supplier_id,
        wanted.with_supplier,
        today,
        wanted.overdue,
        after and after[0],
        after and after[1],
        limit,
        wanted.in_review,
        wanted.words,
        wanted.begun,
        NOBODY,
    )
    return [ReturnSummary.model_validate(dict(row)) for row in found]


async def any_with_supplier(conn: Connection, viewer: Viewer) -> bool:
    """Whether a return that waits for the supplier is on a contract of the viewer's, as buyer or as supplier."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM contracts c JOIN quarterly_returns r USING (contract_id)
            WHERE (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid]))
              AND r.status IN ('open', 'changes_requested'))
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
    )
    return found


async def suppliers_due(conn: Connection, buyer_id: UUID) -> list[tuple[UUID, str]]:
    """Suppliers of a buyer with whom a return is: id and name, by name."""
    found = await conn.fetch(
        """
        SELECT DISTINCT o.organisation_id, o.name
        FROM contracts c JOIN quarterly_returns r USING (contract_id)
             JOIN organisations o ON o.organisation_id = ANY (c.supplier_ids)
        WHERE c.buyer_ids @> ARRAY[$1::uuid] AND r.status IN ('open', 'changes_requested')
        ORDER BY o.name, o.organisation_id
        """,
        buyer_id,
    )
    return [(row["organisation_id"], row["name"]) for row in found]


async def find_all(conn: Connection, return_ids: Collection[UUID]) -> list[QuarterlyReturn]:
    """In the order in which they are due."""
    found = await conn.fetch(
        "SELECT * FROM quarterly_returns WHERE return_id = ANY ($1) ORDER BY due_on, return_id", list(return_ids)
    )
    return await _with_lines(conn, found)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many returns wait for somebody, for the business gauges."""

    due: int
    overdue: int
    reviews_overdue: int


async def standing(conn: Connection | Pool) -> Standing:
    """As this service has decided by now: no clock is asked."""
    row = await conn.fetchrow(
        """
        SELECT count(*) FILTER (WHERE status = 'open') AS due,
               count(*) FILTER (WHERE status = 'open' AND overdue_on IS NOT NULL) AS overdue,
               count(*) FILTER (WHERE status = 'submitted' AND review_overdue_on IS NOT NULL AND reviewed_at IS NULL)
                   AS reviews_overdue
        FROM quarterly_returns WHERE status IN ('open', 'submitted')
        """
    )
    return Standing(**dict(row or {}))


async def _one(conn: Connection, row: Record | None) -> QuarterlyReturn | None:
    return (await _with_lines(conn, [row]))[0] if row is not None else None


async def _with_lines(conn: Connection, found: Sequence[Record]) -> list[QuarterlyReturn]:
    by_return = await lines.of_returns(conn, [row["return_id"] for row in found])
    return [QuarterlyReturn.model_validate({**row, "lines": by_return[row["return_id"]]}) for row in found]
