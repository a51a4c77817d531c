"""Lines and their versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.returns.models.returns import Line, LineVersion
from services.returns.store.rows import rows
from shared.db import Connection
from shared.obligations import Figure
from shared.quarters import Quarter


async def save(conn: Connection, lines: Sequence[Line]) -> None:
    """Add or replace lines, and keep each as a version."""
    await conn.execute(
        """
        WITH saved AS (
            INSERT INTO lines SELECT * FROM jsonb_populate_recordset(NULL::lines, $1)
            ON CONFLICT (line_id) DO UPDATE SET
                (position, reference, owner_id, terms, owed, status, version, content, filled_from, figure, unlikely, judgement,
                 change_reason, approved_at, saved_at, saved_by) =
                (excluded.position, excluded.reference, excluded.owner_id, excluded.terms, excluded.owed, excluded.status,
                 excluded.version, excluded.content, excluded.filled_from, excluded.figure, excluded.unlikely,
                 excluded.judgement, excluded.change_reason, excluded.approved_at, excluded.saved_at, excluded.saved_by)
            RETURNING *
        )
        INSERT INTO line_versions (line_id, version, at, person_id, status, terms, content, filled_from, figure, judgement,
                                   change_reason)
        SELECT line_id, version, saved_at, saved_by, status, terms, content, filled_from, figure, judgement, change_reason
        FROM saved
        """,
        rows(lines),
    )


async def of_returns(conn: Connection, return_ids: Collection[UUID]) -> Mapping[UUID, list[Line]]:
    """The lines that are owed, by return, in the contract's order."""
    found: dict[UUID, list[Line]] = {return_id: [] for return_id in return_ids}
    for row in await conn.fetch(
        "SELECT * FROM lines WHERE return_id = ANY ($1) AND owed ORDER BY return_id, position, line_id", list(return_ids)
    ):
        found[row["return_id"]].append(Line.model_validate(dict(row)))
    return found


async def dropped_from(conn: Connection, return_ids: Collection[UUID]) -> list[Line]:
    """Lines that an amendment took out."""
    found = await conn.fetch("SELECT * FROM lines WHERE return_id = ANY ($1) AND NOT owed ORDER BY line_id", list(return_ids))
    return [Line.model_validate(dict(row)) for row in found]


async def ids_on(conn: Connection, return_id: UUID) -> list[UUID]:
    """Every line that was ever owed on a return."""
    return [
        row["line_id"] for row in await conn.fetch("SELECT line_id FROM lines WHERE return_id = $1 ORDER BY line_id", return_id)
    ]


async def return_of(conn: Connection, line_id: UUID) -> UUID | None:
    """The return on which a line is owed."""
    found: UUID | None = await conn.fetchval("SELECT return_id FROM lines WHERE line_id = $1 AND owed", line_id)
    return found


async def filled_from(conn: Connection, obligation_id: UUID, activity_id: UUID) -> UUID | None:
    """The line that an activity stands behind."""
    found: UUID | None = await conn.fetchval(
        "SELECT line_id FROM lines WHERE obligation_id = $1 AND filled_from @> ARRAY[$2::uuid] AND owed LIMIT 1",
        obligation_id,
        activity_id,
    )
    return found


async def figures_before(conn: Connection, obligation_ids: Collection[UUID], quarter: Quarter) -> Mapping[UUID, list[Figure]]:
    """What was submitted for each obligation in the quarters before, oldest first, as long as it was counted in the same way."""
    found: dict[UUID, list[Figure]] = {obligation_id: [] for obligation_id in obligation_ids}
    for row in await conn.fetch(
        """
        SELECT before.obligation_id, before.figure FROM lines before JOIN lines now USING (obligation_id)
        WHERE now.obligation_id = ANY ($1) AND now.quarter = $2 AND now.owed AND before.quarter < $2
          AND before.owed AND before.figure IS NOT NULL
          AND before.terms #> '{measure,kind}' = now.terms #> '{measure,kind}'
          AND before.terms #> '{measure,unit}' = now.terms #> '{measure,unit}'
        ORDER BY before.obligation_id, before.quarter
        """,
        list(obligation_ids),
        quarter.first_day,
    ):
        found[row["obligation_id"]].append(Figure.model_validate(row["figure"]))
    return found


async def earlier(conn: Connection, obligation_id: UUID, quarter: Quarter) -> list[Line]:
    """The lines of an obligation in the quarters before, the latest first."""
    return (await earlier_of_each(conn, [obligation_id], quarter))[obligation_id]


async def earlier_of_each(conn: Connection, obligation_ids: Collection[UUID], quarter: Quarter) -> Mapping[UUID, list[Line]]:
    """As ``earlier``, of several obligations at once."""
    found: dict[UUID, list[Line]] = {obligation_id: [] for obligation_id in obligation_ids}
    for row in await conn.fetch(
        "SELECT * FROM lines WHERE obligation_id = ANY ($1) AND quarter < $2 AND owed ORDER BY quarter DESC",
        list(obligation_ids),
        quarter.first_day,
    ):
        found[row["obligation_id"]].append(Line.model_validate(dict(row)))
    return found


async def answered(conn: Connection, return_id: UUID) -> set[UUID]:
    """The lines sent back of which something was changed since they were submitted: what they say, or their files."""
    found = await conn.fetch(
        """
        SELECT l.line_id FROM lines l CROSS JOIN LATERAL (
            SELECT v.content, v.at FROM line_versions v
            WHERE v.line_id = l.line_id AND v.status = 'submitted' ORDER BY v.version DESC LIMIT 1) AS sent
        WHERE l.return_id = $1 AND l.status = 'changes_requested' AND (
            l.content <> sent.content OR EXISTS (
                SELECT FROM evidence_files e WHERE e.line_id = l.line_id AND e.added_at > sent.at AND e.removed_at IS NULL))
        """,
        return_id,
    )
    return {row["line_id"] for row in found}


async def versions(conn: Connection, line_id: UUID) -> list[LineVersion]:
    found = await conn.fetch("SELECT * FROM line_versions WHERE line_id = $1 ORDER BY version", line_id)
    return [LineVersion.model_validate(dict(row)) for row in found]
