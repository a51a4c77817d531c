"""The demonstration's present, where every process of it finds it. Production has none."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import NoReturn

import structlog

from shared.clock import DemonstrationClock
from shared.db import Connection, Pool, reason, unavailable

_LOOK_SECONDS = 1.0

logger = structlog.get_logger()


async def present(conn: Connection | Pool) -> datetime | None:
    found: datetime | None = await conn.fetchval("SELECT at FROM demonstration_clock")
    return found


async def move_on(conn: Connection | Pool, to: datetime) -> None:
    """Later than it was, or not at all."""
    await conn.execute(
        """
        INSERT INTO demonstration_clock (at) VALUES ($1)
        ON CONFLICT (only_row) DO UPDATE SET at = greatest(demonstration_clock.at, excluded.at)
        """,
        to,
    )


async def follow(clock: DemonstrationClock, pool: Pool) -> NoReturn:
    """Move ``clock`` on whenever the present was moved on, by whichever process."""
    while True:
        try:
            at = await present(pool)
            if at is not None and at > clock.now():
                clock.advance(at)
        except Exception as error:
            if not unavailable(error):
                raise
            logger.warning("the demonstration's present cannot be read", reason=reason(error))
        await asyncio.sleep(_LOOK_SECONDS)
