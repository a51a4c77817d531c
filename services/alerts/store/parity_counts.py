"""What the region's parity report is made of, as it was counted last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from services.alerts.store.sides import Place
from shared.db import Connection
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import Counts, What


async def keep(conn: Connection, counts: Mapping[Place, Counts], *, at: datetime) -> None:
    """In place of what was kept."""
    rows = [
        (quarter.first_day, side, what, by, number)
        for (quarter, side), counted in counts.items()
        for (what, by), number in counted.items()
    ]
    await conn.execute("DELETE FROM parity_counts")
    await conn.execute(
        """
        INSERT INTO parity_counts (quarter, side, what, by, number)
        SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        """,
        *([row[n] for row in rows] for n in range(5)),
    )
    await conn.execute("INSERT INTO parity_counted (at) VALUES ($1) ON CONFLICT (one) DO UPDATE SET at = excluded.at", at)


async def counted_at(conn: Connection) -> datetime | None:
    found: datetime | None = await conn.fetchval("SELECT at FROM parity_counted")
    return found


async def kept(conn: Connection, first: Quarter, last: Quarter) -> dict[Side, Counts]:
    """The counts of these quarters in sum."""
    rows = await conn.fetch(
        """
        SELECT side, what, by, sum(number)::bigint AS number FROM parity_counts WHERE quarter BETWEEN $1 AND $2
        GROUP BY side, what, by ORDER BY side, what, by
        """,
        first.first_day,
        last.first_day,
    )
    sides: dict[Side, Counts] = {side: Counter() for side in Side}
    for row in rows:
        sides[Side(row["side"])][What(row["what"]), row["by"]] = row["number"]
    return sides
