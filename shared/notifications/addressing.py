"""Finds the people behind a notice: whoever holds the roles when it goes out."""

from __future__ import annotations

import structlog

from shared.db import Pool
from shared.identity import people
from shared.notifications.recording import notify

logger = structlog.get_logger()


async def address_next(pool: Pool, identity: Pool) -> bool:
    """Make the oldest notice a notification per person. False where none waits."""
    async with pool.acquire() as conn, conn.transaction():
        notice = await conn.fetchrow(
            "SELECT * FROM notices WHERE addressed_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        if notice is None:
            return False
        found = await people.with_role(identity, notice["organisation_ids"], *notice["roles"])
        if not found:
            logger.warning("nobody is there to be told", notice=notice["key"], roles=notice["roles"])
        await notify(
            conn,
            at=notice["recorded_at"],
            key=notice["key"],
            person_ids=[person.id for person in found],
            template=notice["template"],
            data=notice["data"],
        )
        await conn.execute("UPDATE notices SET addressed_at = clock_timestamp() WHERE id = $1", notice["id"])
    return True
