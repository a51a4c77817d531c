"""Many examples in one database: each in a transaction that never happened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.db import Connection, Pool


@asynccontextmanager
async def rolled_back(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        try:
            yield conn
        finally:
            await transaction.rollback()
