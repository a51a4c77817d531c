"""Which evidence stands behind which line or activity. The bytes are in ``files``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from services.returns.models.activities import EvidenceFile
from services.returns.store.rows import insert
from shared.db import Connection, Record


async def add(conn: Connection, file: EvidenceFile) -> bool:
    """False where the same bytes stand there already."""
    return await insert(conn, "evidence_files", file)


async def find(conn: Connection, evidence_id: UUID) -> EvidenceFile | None:
    row = await conn.fetchrow("SELECT * FROM evidence_files WHERE evidence_id = $1 AND removed_at IS NULL", evidence_id)
    return _file(row) if row is not None else None


async def of_lines(conn: Connection, line_ids: Collection[UUID]) -> Mapping[UUID, list[EvidenceFile]]:
    """The files behind each line: its own, and those of the activities that it was filled from."""
    found: dict[UUID, list[EvidenceFile]] = {line_id: [] for line_id in line_ids}
    for row in await conn.fetch(
        """
        SELECT l.line_id AS behind, e.* FROM lines l JOIN evidence_files e ON e.line_id = l.line_id
        WHERE l.line_id = ANY ($1) AND e.removed_at IS NULL
        UNION ALL
        SELECT l.line_id, e.* FROM lines l JOIN evidence_files e ON e.activity_id = ANY (l.filled_from)
        WHERE l.line_id = ANY ($1) AND e.removed_at IS NULL
        ORDER BY evidence_id
        """,
        list(line_ids),
    ):
        found[row["behind"]].append(_file(row))
    return found


async def of_activity(conn: Connection, activity_id: UUID) -> list[EvidenceFile]:
    found = await conn.fetch(
        "SELECT * FROM evidence_files WHERE activity_id = $1 AND removed_at IS NULL ORDER BY evidence_id", activity_id
    )
    return [_file(row) for row in found]


async def remove(conn: Connection, evidence_id: UUID, *, by: UUID, at: datetime) -> None:
    await conn.execute(
        "UPDATE evidence_files SET removed_at = $2, removed_by = $3 WHERE evidence_id = $1 AND removed_at IS NULL",
        evidence_id,
        at,
        by,
    )


def _file(row: Record) -> EvidenceFile:
    return EvidenceFile.model_validate({name: row[name] for name in EvidenceFile.model_fields})
