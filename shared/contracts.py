"""What people call a contract. Every service keeps those it has heard of in a table ``contracts``, with reference and title."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from shared.db import Connection


async def ids_called(conn: Connection, containing: str, *, limit: int) -> list[UUID]:
    """Of contracts whose reference contains this, however it is capitalised."""
    rows = await conn.fetch(
        """
        SELECT contract_id FROM contracts WHERE position(lower($1) IN lower(reference)) > 0
        ORDER BY reference, contract_id LIMIT $2
        """,
        containing,
        limit,
    )
    return [row["contract_id"] for row in rows]


async def references(conn: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """Of those of these contracts that are known here."""
    rows = await conn.fetch("SELECT contract_id, reference FROM contracts WHERE contract_id = ANY($1)", list(ids))
    return {row["contract_id"]: row["reference"] for row in rows}
