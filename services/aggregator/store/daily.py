"""Totals at the end of each day: summed from the ledger once, and read from then on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.aggregator.models.totals import Cell
from services.aggregator.store.contributions import CELLS
from services.aggregator.store.ledger import KNOWN
from services.aggregator.store.shown import SHOWN, cells
from shared.db import Connection

_CELL = """quarter, measure_id, pledge, dimension, member, value, numerator, denominator, figures, due, received, approved,
           promised_due, promised_received, promised_approved"""

# $1 quarter, $3 the day's end, $4 the day.
_KEEP = f"""
    {KNOWN}, {CELLS}, changed AS (
        SELECT {_CELL} FROM cell EXCEPT SELECT {_CELL} FROM daily_totals WHERE quarter = $1 AND until = 'infinity'
    ), gone AS (
        SELECT {_CELL} FROM daily_totals WHERE quarter = $1 AND until = 'infinity' EXCEPT SELECT {_CELL} FROM cell
    ), ended AS (
        UPDATE daily_totals AS d SET until = $4 FROM gone AS g
        WHERE d.quarter = $1 AND d.until = 'infinity' AND (d.measure_id, d.pledge, d.dimension, d.member)
              = (g.measure_id, g.pledge, g.dimension, g.member)
    )
    INSERT INTO daily_totals ({_CELL}, day, until) SELECT {_CELL}, $4::date, 'infinity' FROM changed
"""  # noqa: S608 - pieces of this package, no values

_AT = "(SELECT * FROM daily_totals WHERE quarter = $1 AND day <= $2::date AND until > $2 AND $3::timestamptz IS NULL)"
_TOTALS = SHOWN.format(totals=_AT)


async def kept_through(conn: Connection) -> date | None:
    """The last day that was kept, with all before it; None where none was."""
    found: date | None = await conn.fetchval("SELECT through FROM days_kept")
    return found


async def keep_through(conn: Connection, day: date) -> None:
    await conn.execute(
        "INSERT INTO days_kept (through) VALUES ($1) ON CONFLICT (one) DO UPDATE SET through = excluded.through", day
    )


async def days_heard(conn: Connection, begin: datetime, end: datetime) -> list[tuple[date, date]]:
    """(quarter, day) of every day from ``begin`` to before ``end`` on which anything was heard of a quarter, in order."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT q.quarter, (heard.applied_at AT TIME ZONE 'Europe/London')::date AS day
        FROM quarter_marks q CROSS JOIN LATERAL (
            SELECT applied_at FROM dues WHERE quarter = q.quarter
            UNION ALL SELECT applied_at FROM figures WHERE quarter = q.quarter
        ) AS heard
        WHERE q.changed_at >= $1 AND heard.applied_at >= $1 AND heard.applied_at < $2
        ORDER BY day, q.quarter
        """,
        begin,
        end,
    )
    return [(row["quarter"], row["day"]) for row in rows]


async def keep(conn: Connection, quarter: date, day: date, end: datetime) -> None:
    """What the totals of a quarter were at the ``end`` of a day that is later than every day kept of it."""
    await conn.execute(_KEEP, quarter, None, end, day)


async def totals(
    conn: Connection,
    quarter: date,
    day: date,
    *,
    codes: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    own: bool | None = None,
) -> list[Cell]:
    """At the end of a day that was kept."""
    return await cells(conn, await conn.fetch(_TOTALS, quarter, day, None, codes, dimensions, own))
