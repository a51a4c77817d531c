"""Live tables beside those that a rebuild made from the log, in schema ``rebuild``."""

from __future__ import annotations

from datetime import datetime

from services.aggregator.models.rebuilding import Difference
from shared.db import Connection, Pool

_DERIVED = ("totals", "contract_totals", "supplier_figures", "measures", "organisations", "contracts", "pledges")

_FIGURE = """return_id, line_id, version, contract_id, supplier_id, quarter, measure_id, pledge, per_supplier, allocation_id,
             value, numerator, denominator, reported, promised, nil, approved_at, event_time"""
_DUE = """return_id, version, contract_id, supplier_id, quarter, pledge, allocation_id, received,
          line_ids, measure_ids, promised, approved, event_time"""

_ROWS = {
    "totals": """
        SELECT quarter, measure_id, pledge, dimension, member, value, numerator, denominator, figures,
               due, received, approved, promised_due, promised_received, promised_approved
        FROM {schema}.totals WHERE due <> 0 OR figures <> 0
    """,
    "contract_totals": "SELECT * FROM {schema}.contract_totals WHERE due <> 0 OR figures <> 0",
    "supplier_figures": "SELECT * FROM {schema}.supplier_figures",
    "measures": "SELECT * FROM {schema}.measures",
    "organisations": "SELECT * FROM {schema}.organisations",
    "contracts": "SELECT * FROM {schema}.contracts",
    "pledges": "SELECT * FROM {schema}.pledges",
    "figures": f"""
        SELECT DISTINCT ON (return_id, line_id) {_FIGURE} FROM {{schema}}.figures
        ORDER BY return_id, line_id, version DESC, correction DESC
    """,  # noqa: S608 - names of this module
    "dues": f"""
        SELECT DISTINCT ON (return_id) {_DUE} FROM {{schema}}.dues ORDER BY return_id, version DESC, correction DESC
    """,  # noqa: S608 - names of this module
}
"""What of each table must be equal: not where and when it was heard."""

_KEYS = {
    "totals": "quarter, measure_id, pledge, dimension, member",
    "contract_totals": "quarter, measure_id, pledge, contract_id, supplier_id, allocation_id",
    "supplier_figures": "supplier_id, quarter, measure_id, pledge",
    "measures": "measure_id",
    "organisations": "organisation_id",
    "contracts": "contract_id",
    "pledges": "contract_id",
    "figures": "return_id, line_id",
    "dues": "return_id",
}
TABLES = tuple(_KEYS)

_EMPTIED = (
    *(
        "state",
        "totals",
        "contract_totals",
        "supplier_figures",
        "figures",
        "dues",
        "allocations",
        "measures",
        "organisations",
        "contracts",
        "pledges",
    ),
    *("quarter_marks", "feed", "consumer_positions", "dead_letters"),
)


async def compared_at(conn: Connection | Pool) -> datetime | None:
    """When the rebuild that lies there was finished; None where one is under way, or none was begun."""
    found: datetime | None = await conn.fetchval("SELECT compared_at FROM rebuild.state")
    return found


async def empty(conn: Connection) -> None:
    """Forget the last rebuild."""
    for table in _EMPTIED:
        await conn.execute(f"DELETE FROM rebuild.{table}")  # noqa: S608 - names of this module


async def begin(conn: Connection) -> None:
    """Begin a rebuild, or go on with the one that was interrupted."""
    await conn.execute("INSERT INTO rebuild.feed (mark, described) VALUES (0, 0) ON CONFLICT DO NOTHING")
    await conn.execute("INSERT INTO rebuild.state (compared_at) VALUES (NULL) ON CONFLICT (one) DO UPDATE SET compared_at = NULL")


async def finish(conn: Connection, at: datetime) -> None:
    await conn.execute("UPDATE rebuild.state SET compared_at = $1", at)


async def positions(conn: Connection | Pool) -> dict[tuple[str, int], int]:
    """How far each partition of a topic was heard."""
    rows = await conn.fetch("SELECT topic, partition, position FROM public.consumer_positions")
    return {(row["topic"], row["partition"]): row["position"] for row in rows}


async def rebuilt_positions(conn: Connection | Pool) -> dict[tuple[str, int], int]:
    rows = await conn.fetch("SELECT topic, partition, position FROM rebuild.consumer_positions")
    return {(row["topic"], row["partition"]): row["position"] for row in rows}


async def count(conn: Connection, table: str) -> int:
    found: int = await conn.fetchval(f"SELECT count(*) FROM ({_ROWS[table].format(schema='public')}) AS live")  # noqa: S608
    return found


async def differences(conn: Connection, table: str, limit: int) -> tuple[int, list[Difference]]:
    """How many rows differ, and the first of them."""
    live, rebuilt = (_ROWS[table].format(schema=schema) for schema in ("public", "rebuild"))
    rows = await conn.fetch(
        f"""
        WITH live AS MATERIALIZED ({live}), rebuilt AS MATERIALIZED ({rebuilt}),
             only_live AS (SELECT * FROM live EXCEPT SELECT * FROM rebuilt),
             only_rebuilt AS (SELECT * FROM rebuilt EXCEPT SELECT * FROM live)
        SELECT to_jsonb(l) AS live, to_jsonb(r) AS rebuilt, count(*) OVER () AS number
        FROM only_live l FULL JOIN only_rebuilt r USING ({_KEYS[table]})
        ORDER BY {_KEYS[table]} LIMIT $1
        """,  # noqa: S608 - pieces of this module, no values
        limit,
    )
    found = [Difference(table=table, live=row["live"], rebuilt=row["rebuilt"]) for row in rows]
    return rows[0]["number"] if rows else 0, found


async def ledger_knows_more(conn: Connection) -> bool:
    """Whether the ledger has facts that the log does not tell (any more)."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT return_id, line_id, version FROM public.figures
                       EXCEPT SELECT return_id, line_id, version FROM rebuild.figures)
            OR EXISTS (SELECT return_id, version FROM public.dues EXCEPT SELECT return_id, version FROM rebuild.dues)
        """
    )
    return found


async def swap(conn: Connection, *, mark: int, at: datetime) -> None:
    """Make the live tables equal to the rebuilt ones. The ledger keeps what it has, and enters what it lacks as heard ``at``."""
    await conn.execute(
        """
        INSERT INTO public.allocations SELECT * FROM rebuild.allocations ON CONFLICT DO NOTHING
        """
    )
    await _correct_figures(conn, at)
    await _correct_dues(conn, at)
    for table in _DERIVED:
        await _replace(conn, table, mark)
    await conn.execute(
        """
        INSERT INTO public.quarter_marks (quarter, mark) SELECT DISTINCT quarter, $1::bigint FROM public.totals WHERE mark = $1
        ON CONFLICT (quarter) DO UPDATE SET mark = excluded.mark
        """,
        mark,
    )
    await conn.execute("UPDATE public.quarter_marks SET changed_at = $1", at)
    await conn.execute("UPDATE public.feed SET described = $1", mark)


async def _correct_figures(conn: Connection, at: datetime) -> None:
    await conn.execute(
        f"""
        INSERT INTO public.figures ({_FIGURE}, partition, position, epoch, applied_at, correction)
        SELECT {_FIGURE}, r.partition, r.position, r.epoch, $1, coalesce((
            SELECT max(l.correction) + 1 FROM public.figures l
            WHERE l.return_id = r.return_id AND l.line_id = r.line_id AND l.version = r.version), 0)
        FROM rebuild.figures r WHERE NOT EXISTS (
            SELECT FROM (
                SELECT * FROM public.figures l
                WHERE l.return_id = r.return_id AND l.line_id = r.line_id AND l.version = r.version
                ORDER BY correction DESC LIMIT 1
            ) AS l
            WHERE ({_of("l", _FIGURE)}) IS NOT DISTINCT FROM ({_of("r", _FIGURE)}))
        """,  # noqa: S608 - pieces of this module, no values
        at,
    )


async def _correct_dues(conn: Connection, at: datetime) -> None:
    await conn.execute(
        f"""
        INSERT INTO public.dues ({_DUE}, partition, position, epoch, applied_at, correction)
        SELECT {_DUE}, r.partition, r.position, r.epoch, $1, coalesce((
            SELECT max(l.correction) + 1 FROM public.dues l WHERE l.return_id = r.return_id AND l.version = r.version), 0)
        FROM rebuild.dues r WHERE NOT EXISTS (
            SELECT FROM (
                SELECT * FROM public.dues l WHERE l.return_id = r.return_id AND l.version = r.version
                ORDER BY correction DESC LIMIT 1
            ) AS l
            WHERE ({_of("l", _DUE)}) IS NOT DISTINCT FROM ({_of("r", _DUE)}))
        """,  # noqa: S608 - pieces of this module, no values
        at,
    )


async def _replace(conn: Connection, table: str, mark: int) -> None:
    """Rows that differ are taken away and put in as they were rebuilt; the others stay untouched."""
    columns = [row["column_name"] for row in await conn.fetch(_COLUMNS, table)]
    compared = ", ".join(column for column in columns if column != "mark")
    taken = ", ".join("$1::bigint" if column == "mark" else f"r.{column}" for column in columns)
    keys = [key.strip() for key in _KEYS[table].split(",")]
    same_key = " AND ".join(f"l.{key} = r.{key}" for key in keys)
    await conn.execute(
        f"""
        DELETE FROM public.{table} l WHERE NOT EXISTS (
            SELECT FROM rebuild.{table} r
            WHERE {same_key} AND ({_of("l", compared)}) IS NOT DISTINCT FROM ({_of("r", compared)}))
        """  # noqa: S608 - names of this module and of the catalogue
    )
    await conn.execute(
        f"""
        INSERT INTO public.{table} ({", ".join(columns)})
        SELECT {taken} FROM rebuild.{table} r
        WHERE ($1::bigint IS NOT NULL) AND NOT EXISTS (SELECT FROM public.{table} l WHERE {same_key})
        """,  # noqa: S608 - names of this module and of the catalogue
        mark,
    )


_COLUMNS = """
    SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position
"""


def _of(alias: str, columns: str) -> str:
    return ", ".join(f"{alias}.{column.strip()}" for column in columns.split(","))
