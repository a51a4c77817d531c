"""Publications: written once, read for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.aggregator.models.publications import (
    EVERYTHING,
    FigureChange,
    HeardUpTo,
    Known,
    Publication,
    PublicationRecord,
)
from services.aggregator.models.totals import Total
from shared.db import Connection, Record
from shared.errors import NotFound
from shared.quarters import Quarter

_PUBLICATIONS = """
    SELECT p.*, coalesce((
        SELECT jsonb_object_agg(reason, lines) FROM (
            SELECT reason, count(*) AS lines FROM publication_changes c WHERE c.publication_id = p.publication_id GROUP BY reason
        ) AS reasons), '{}') AS reasons
    FROM publications p
"""


class NoSuchPublication(NotFound):
    """This quarter has no publication with this number."""


async def lock_heard(conn: Connection) -> None:
    """Wait for batches that are being applied, and let none begin until the transaction ends."""
    await conn.execute("LOCK TABLE consumer_positions IN SHARE MODE")
    await conn.execute("SELECT FROM feed FOR UPDATE")


async def last_entry(conn: Connection) -> int:
    """The ledger's last entry; 0 where it is empty. Hold ``lock_heard``."""
    entry: int = await conn.fetchval("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ledger_entries")
    return entry


async def anything_since(conn: Connection, quarter: date, entry: int) -> bool:
    """Whether anything was heard about a quarter after an entry of the ledger."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT FROM figures WHERE quarter = $1 AND entry > $2)
            OR EXISTS (SELECT FROM dues WHERE quarter = $1 AND entry > $2)
        """,
        quarter,
        entry,
    )
    return found


async def publications(
    conn: Connection, quarter: date | None, *, after: tuple[date, int] | None, limit: int
) -> list[Publication]:
    """The newest first: by quarter, then by number."""
    rows = await conn.fetch(
        f"""
        {_PUBLICATIONS}
        WHERE ($1::date IS NULL OR quarter = $1) AND ($2::date IS NULL OR (quarter, number) < ($2, $3::bigint))
        ORDER BY quarter DESC, number DESC LIMIT $4
        """,
        quarter,
        *(after or (None, None)),
        limit,
    )
    return [_publication(row) for row in rows]


async def last_publication(conn: Connection, quarter: date, known: Known = EVERYTHING) -> PublicationRecord | None:
    row = await conn.fetchrow(
        f"""
        {_PUBLICATIONS}
        WHERE quarter = $1 AND ($2::bigint IS NULL OR entry <= $2) AND ($3::timestamptz IS NULL OR published_at <= $3)
        ORDER BY number DESC LIMIT 1
        """,
        quarter,
        *known,
    )
    return None if row is None else PublicationRecord(_publication(row), row["entry"])


async def publication(conn: Connection, quarter: date, number: int) -> PublicationRecord:
    """Raises NoSuchPublication."""
    row = await conn.fetchrow(
        f"{_PUBLICATIONS} WHERE quarter = $1 AND number = $2",
        quarter,
        number,
    )
    if row is None:
        raise NoSuchPublication(f"{Quarter(quarter)} has no publication {number}.")
    return PublicationRecord(_publication(row), row["entry"])


async def add(conn: Connection, record: PublicationRecord, totals: Sequence[Total], changes: Sequence[FigureChange]) -> None:
    """A publication with its figures, what changed since the one before, and the positions it was made at."""
    made = record.publication
    await conn.execute(
        """
        INSERT INTO publications (publication_id, quarter, number, published_at, person_id, entry, threshold, totals)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        made.publication_id,
        made.quarter.first_day,
        made.number,
        made.published_at,
        made.person_id,
        record.entry,
        made.threshold,
        made.totals,
    )
    await conn.execute(
        """
        INSERT INTO publication_positions (publication_id, topic, partition, epoch, position)
        SELECT $1, topic, partition, epoch, position FROM consumer_positions
        """,
        made.publication_id,
    )
    await conn.execute(
        """
        INSERT INTO published_totals (publication_id, nth, total)
        SELECT $1, nth, total::jsonb FROM unnest($2::text[]) WITH ORDINALITY AS t (total, nth)
        """,
        made.publication_id,
        [total.model_dump_json() for total in totals],
    )
    await conn.execute(
        """
        INSERT INTO publication_changes (publication_id, line_id, contract_id, measure_id, reason, before, after)
        SELECT $1, line_id, contract_id, measure_id, reason, before, after
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::jsonb[])
             AS c (line_id, contract_id, measure_id, reason, before, after)
        """,
        made.publication_id,
        [change.line_id for change in changes],
        [change.contract_id for change in changes],
        [change.measure_id for change in changes],
        [change.reason for change in changes],
        [change.model_dump(mode="json")["before"] for change in changes],
        [change.model_dump(mode="json")["after"] for change in changes],
    )


async def published(
    conn: Connection, publication_id: UUID, *, codes: Sequence[str] | None = None, dimensions: Sequence[str] | None = None
) -> list[Total]:
    """The figures of a publication, as they were published."""
    rows = await conn.fetch(
        """
        SELECT total FROM published_totals
        WHERE publication_id = $1 AND ($2::text[] IS NULL OR total ->> 'measure_code' = ANY($2))
          AND ($3::text[] IS NULL OR total ->> 'dimension' = ANY($3))
        ORDER BY nth
        """,
        publication_id,
        codes,
        dimensions,
    )
    return [Total.model_validate(row["total"]) for row in rows]


async def positions(conn: Connection, publication_id: UUID) -> list[HeardUpTo]:
    rows = await conn.fetch(
        """
        SELECT topic, partition, epoch, position FROM publication_positions
        WHERE publication_id = $1 ORDER BY topic, partition
        """,
        publication_id,
    )
    return [HeardUpTo(**dict(row)) for row in rows]


def _publication(row: Record) -> Publication:
    return Publication(
        publication_id=row["publication_id"],
        quarter=Quarter(row["quarter"]),
        number=row["number"],
        published_at=row["published_at"],
        person_id=row["person_id"],
        totals=row["totals"],
        threshold=row["threshold"],
        reasons=row["reasons"],
    )
