"""Returns as they stand: the newest version of each, for lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.alerts.models.facts import ReturnVersion
from services.alerts.store.rows import rows
from shared.db import Connection, Record
from shared.events.returns import ReturnStatus
from shared.quarters import Quarter


async def add(conn: Connection, versions: Sequence[ReturnVersion]) -> None:
    """The newest version of each stays."""
    if not versions:
        return
    await conn.execute(
        """
        INSERT INTO returns AS known
        SELECT DISTINCT ON (return_id)
               return_id, version, contract_id, quarter, status, due_on, review_due_on, first_submitted_at, answer_due_on
        FROM jsonb_populate_recordset(NULL::return_versions, $1) ORDER BY return_id, version DESC
        ON CONFLICT (return_id) DO UPDATE
        SET (version, status, due_on, review_due_on, first_submitted_at, answer_due_on)
            = (excluded.version, excluded.status, excluded.due_on, excluded.review_due_on, excluded.first_submitted_at,
               excluded.answer_due_on)
        WHERE excluded.version > known.version
        """,
        rows(versions),
    )


@dataclass(frozen=True, slots=True)
class StandingReturn:
    """A return as it stands, with its contract's names."""

    return_id: UUID
    contract_id: UUID
    contract_reference: str
    contract_title: str
    quarter: Quarter
    status: ReturnStatus
    due_on: date
    review_due_on: date | None
    first_submitted_at: datetime | None
    answer_due_on: date | None


async def to_review(conn: Connection, buyer_id: UUID, *, limit: int) -> list[StandingReturn]:
    """What this buyer has to review, the earliest due first."""
    found = await conn.fetch(
        """
        SELECT r.*, c.reference AS contract_reference, c.title AS contract_title
        FROM returns r JOIN contracts c USING (contract_id)
        WHERE c.buyer_ids @> ARRAY[$1::uuid] AND r.status = 'submitted' ORDER BY r.review_due_on, r.return_id LIMIT $2
        """,
        buyer_id,
        limit,
    )
    return [_standing(row) for row in found]


async def overdue(conn: Connection, buyer_id: UUID, *, on: date, limit: int) -> list[StandingReturn]:
    """What this buyer's suppliers should have submitted, or sent again, before the day ``on``, the longest overdue first."""
    found = await conn.fetch(
        """
        SELECT r.*, c.reference AS contract_reference, c.title AS contract_title
        FROM returns r JOIN contracts c USING (contract_id)
        WHERE c.buyer_ids @> ARRAY[$1::uuid]
          AND ((r.first_submitted_at IS NULL AND r.status <> 'withdrawn' AND r.due_on < $2) OR r.answer_due_on < $2)
        ORDER BY coalesce(r.answer_due_on, r.due_on), r.return_id LIMIT $3
        """,
        buyer_id,
        on,
        limit,
    )
    return [_standing(row) for row in found]


async def of_contract(conn: Connection, contract_id: UUID) -> list[StandingReturn]:
    """By quarter. Whoever asks has seen the contract."""
    found = await conn.fetch(
        """
        SELECT r.*, c.reference AS contract_reference, c.title AS contract_title
        FROM returns r JOIN contracts c USING (contract_id) WHERE r.contract_id = $1 ORDER BY r.quarter, r.return_id
        """,
        contract_id,
    )
    return [_standing(row) for row in found]


def _standing(row: Record) -> StandingReturn:
    known = {name: row[name] for name in StandingReturn.__dataclass_fields__}
    return StandingReturn(**known | {"quarter": Quarter(row["quarter"]), "status": ReturnStatus(row["status"])})
