"""Contracts that people have begun to register."""

from __future__ import annotations

from uuid import UUID

from services.commitments.models.drafts import Draft
from shared.db import Connection, Record


def _draft(row: Record) -> Draft:
    return Draft.model_validate(dict(row))


async def of_person(conn: Connection, person_id: UUID, *, limit: int) -> list[Draft]:
    """The latest touched first."""
    rows = await conn.fetch(
        "SELECT * FROM drafts WHERE person_id = $1 ORDER BY updated_at DESC, draft_id LIMIT $2", person_id, limit
    )
    return [_draft(row) for row in rows]


async def count(conn: Connection, person_id: UUID) -> int:
    found: int = await conn.fetchval("SELECT count(*) FROM drafts WHERE person_id = $1", person_id)
    return found


async def of_proposal(conn: Connection, person_id: UUID, proposal_id: UUID) -> Draft | None:
    """What this person has begun of it, the latest touched."""
    row = await conn.fetchrow(
        """
        SELECT * FROM drafts WHERE person_id = $1 AND content->>'proposal_id' = $2::text ORDER BY updated_at DESC LIMIT 1
        """,
        person_id,
        str(proposal_id),
    )
    return row and _draft(row)


async def find(conn: Connection, draft_id: UUID, person_id: UUID) -> Draft | None:
    row = await conn.fetchrow("SELECT * FROM drafts WHERE draft_id = $1 AND person_id = $2", draft_id, person_id)
    return row and _draft(row)


async def lock(conn: Connection, draft_id: UUID, person_id: UUID) -> Draft | None:
    row = await conn.fetchrow("SELECT * FROM drafts WHERE draft_id = $1 AND person_id = $2 FOR UPDATE", draft_id, person_id)
    return row and _draft(row)


async def save(conn: Connection, draft: Draft) -> None:
    await conn.execute(
        """
        INSERT INTO drafts (draft_id, person_id, kind, content, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (draft_id) DO UPDATE SET (content, updated_at) = (excluded.content, excluded.updated_at)
        """,
        draft.draft_id,
        draft.person_id,
        draft.kind,
        draft.content.model_dump(mode="json"),
        draft.updated_at,
    )


async def delete(conn: Connection, draft_id: UUID) -> None:
    await conn.execute("DELETE FROM drafts WHERE draft_id = $1", draft_id)
