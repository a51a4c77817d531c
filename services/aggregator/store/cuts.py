"""The list of provisional cuts."""

from __future__ import annotations

from datetime import date

from services.aggregator.models.cuts import Cut
from shared.db import Connection, Record
from shared.errors import NotFound
from shared.quarters import Quarter

_CUTS = """
    SELECT c.*, (SELECT max(number) FROM publications p WHERE p.quarter = c.quarter) AS publication FROM cuts c
"""


class NoSuchCut(NotFound):
    """Nobody has made a provisional cut of this quarter at the end of this day."""


async def add(conn: Connection, cut: Cut) -> bool:
    """False where this cut was made before."""
    return (
        await conn.fetchval(
            """
            INSERT INTO cuts (cut_id, quarter, day, made_at, person_id) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (quarter, day) DO NOTHING RETURNING true
            """,
            cut.cut_id,
            cut.quarter.first_day,
            cut.day,
            cut.made_at,
            cut.person_id,
        )
    ) is True


async def cut(conn: Connection, quarter: Quarter, day: date) -> Cut:
    """Raises NoSuchCut."""
    row = await conn.fetchrow(f"{_CUTS} WHERE quarter = $1 AND day = $2", quarter.first_day, day)
    if row is None:
        raise NoSuchCut
    return _cut(row)


async def cuts(conn: Connection, quarter: date | None, *, after: tuple[date, date] | None = None, limit: int) -> list[Cut]:
    """The newest first: by quarter, then by day. ``after``: both of the last one seen."""
    found = await conn.fetch(
        f"""
        {_CUTS}
        WHERE ($1::date IS NULL OR quarter = $1) AND ($2::date IS NULL OR (quarter, day) < ($2, $3::date))
        ORDER BY quarter DESC, day DESC LIMIT $4
        """,
        quarter,
        *(after or (None, None)),
        limit,
    )
    return [_cut(row) for row in found]


def _cut(row: Record) -> Cut:
    return Cut.model_validate(dict(row))
