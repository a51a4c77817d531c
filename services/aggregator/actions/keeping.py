"""Totals are kept as they stood when each day ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.aggregator.rules.days import end_of, start_of
from services.aggregator.store import daily
from shared.db import Connection

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


async def keep_days(conn: Connection, on: date, at: datetime) -> None:
    """Every day before ``on`` that is not kept yet."""
    through = await daily.kept_through(conn)
    begin = _BEGINNING if through is None else start_of(through + timedelta(days=1))
    for quarter, day in await daily.days_heard(conn, begin, start_of(on)):
        await daily.keep(conn, quarter, day, end_of(day))
    await daily.keep_through(conn, on - timedelta(days=1))
