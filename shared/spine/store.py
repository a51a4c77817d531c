"""Every SQL statement of the relay and the consumer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.db import Connection, Pool, Record
from shared.log.interface import PARTITIONS, Partition
from shared.spine.positions import Standing

_TOLD = "o.number, o.id, o.topic, o.partition, o.position, o.type, o.key, o.time, o.traceparent, o.data::text AS data"

# Rows are found again by their place on disk (ctid): nobody else changes them while we hold the relay's lock.
_NUMBER = f"""
    WITH fresh AS (
        SELECT place, topic, partition, row_number() OVER (PARTITION BY topic, partition ORDER BY number) AS nth
        FROM (
            SELECT ctid AS place, number, topic, partition FROM outbox
            WHERE position IS NULL AND topic = ANY($1) ORDER BY number LIMIT {{chunk}}
        ) AS unnumbered
    ), counted AS (
        UPDATE relay_watermarks w SET numbered = w.numbered + c.fresh
        FROM (SELECT topic, partition, count(*) AS fresh FROM fresh GROUP BY topic, partition) c
        WHERE w.topic = c.topic AND w.partition = c.partition
        RETURNING w.topic, w.partition, w.numbered - c.fresh AS base
    )
    UPDATE outbox o SET position = counted.base + fresh.nth
    FROM fresh JOIN counted USING (topic, partition)
    WHERE o.ctid = fresh.place
    RETURNING {_TOLD}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Watermark:
    epoch: int
    numbered: int
    """The last position given."""
    sent: int
    """The last position that the log acknowledged without a hole."""


async def prepare_watermarks(conn: Connection, topics: Collection[str], epoch: int) -> None:
    await conn.execute(
        """
        INSERT INTO relay_watermarks (topic, partition, epoch)
        SELECT topic, n, $3 FROM unnest($1::text[]) AS topic, generate_series(0, $2::smallint - 1) AS n
        ON CONFLICT (topic, partition) DO NOTHING
        """,
        list(topics),
        PARTITIONS,
        epoch,
    )


async def watermarks(conn: Connection, topics: Collection[str]) -> dict[Partition, Watermark]:
    rows = await conn.fetch("SELECT * FROM relay_watermarks WHERE topic = ANY($1)", list(topics))
    return {Partition(row["topic"], row["partition"]): Watermark(row["epoch"], row["numbered"], row["sent"]) for row in rows}


async def raise_relay_epoch(conn: Connection, topics: Collection[str], epoch: int) -> None:
    """The topics of a new epoch are empty: they are filled from position 1."""
    await conn.execute(
        "UPDATE relay_watermarks SET epoch = $2, sent = 0 WHERE topic = ANY($1) AND epoch < $2", list(topics), epoch
    )


async def number(conn: Connection, topics: Collection[str], *, chunk: int) -> Sequence[Record]:
    """Give the next ``chunk`` rows of the outbox their positions, and return them in the order to send."""
    rows = await conn.fetch(_NUMBER.format(chunk=int(chunk)), list(topics))
    return sorted(rows, key=lambda row: row["number"])


async def unsent(conn: Connection, topics: Collection[str], *, chunk: int) -> Sequence[Record]:
    """Rows above their partition's watermark, numbered before: up to ``chunk`` in each partition's order."""
    return await conn.fetch(
        f"""
        SELECT {_TOLD} FROM relay_watermarks w CROSS JOIN LATERAL (
            SELECT * FROM outbox o WHERE o.topic = w.topic AND o.partition = w.partition AND o.position > w.sent
            ORDER BY o.position LIMIT $2
        ) AS o
        WHERE w.topic = ANY($1) AND w.sent < w.numbered
        ORDER BY o.number
        """,  # noqa: S608
        list(topics),
        -(-chunk // PARTITIONS),
    )


async def anything_to_send(conn: Connection, topics: Collection[str]) -> bool:
    """Whether there are rows without a position, or above their partition's watermark."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT FROM outbox WHERE position IS NULL AND topic = ANY($1))
            OR EXISTS (SELECT FROM relay_watermarks WHERE sent < numbered AND topic = ANY($1))
        """,
        list(topics),
    )
    return found


async def move_watermarks(conn: Connection, sent: Mapping[Partition, tuple[int, int]]) -> bool:
    """Move each partition's watermark from its first to its second position. False where one stood elsewhere: it was set back."""
    moved = await conn.execute(
        """
        UPDATE relay_watermarks w SET sent = m.upto
        FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) AS m (topic, partition, after, upto)
        WHERE w.topic = m.topic AND w.partition = m.partition AND w.sent = m.after
        """,
        [partition.topic for partition in sent],
        [partition.number for partition in sent],
        [after for after, _ in sent.values()],
        [upto for _, upto in sent.values()],
    )
    return moved == f"UPDATE {len(sent)}"


async def set_back_watermark(conn: Connection, partition: Partition, position: int) -> bool:
    """Have everything after ``position`` sent again. False where the watermark is not above it."""
    moved = await conn.execute(
        "UPDATE relay_watermarks SET sent = $3 WHERE topic = $1 AND partition = $2 AND sent > $3", *partition, position
    )
    return moved == "UPDATE 1"


async def prepare_positions(conn: Connection | Pool, topics: Collection[str], epoch: int) -> int:
    """Make the rows that are missing; move older ones to ``epoch``, where offsets start anew and positions stay.

    Returns the highest epoch that the rows have seen.
    """
    await conn.execute(
        """
        INSERT INTO consumer_positions (topic, partition, epoch)
        SELECT topic, n, $3 FROM unnest($1::text[]) AS topic, generate_series(0, $2::smallint - 1) AS n
        ON CONFLICT (topic, partition) DO UPDATE
            SET epoch = excluded.epoch, next_offset = 0, furthest = consumer_positions.position, hole_since = NULL
            WHERE consumer_positions.epoch < excluded.epoch
        """,
        list(topics),
        PARTITIONS,
        epoch,
    )
    highest: int | None = await conn.fetchval("SELECT max(epoch) FROM consumer_positions WHERE topic = ANY($1)", list(topics))
    return highest or epoch


async def standings(pool: Pool, topics: Collection[str]) -> dict[Partition, Standing]:
    rows = await pool.fetch(
        "SELECT topic, partition, next_offset, position, furthest, buried_in_a_row FROM consumer_positions WHERE topic = ANY($1)",
        list(topics),
    )
    return {Partition(row["topic"], row["partition"]): Standing(*tuple(row)[2:]) for row in rows}


async def swap(conn: Connection, epoch: int, moves: Mapping[Partition, tuple[Standing, Standing]], at: datetime) -> bool:
    """Move each partition from its first standing to its second, if it still stands there. False where one does not.

    A hole is as old as the last progress in its partition. From here on the transaction may not rest for a minute: a process that
    was stopped in the middle would keep the partition from whoever takes it over.
    """
    before = [move[0] for move in moves.values()]
    after = [move[1] for move in moves.values()]
    swapped = await conn.execute(
        """
        UPDATE consumer_positions p
        SET next_offset = m.next_offset, position = m.position, furthest = m.furthest, buried_in_a_row = m.buried,
            hole_since = CASE WHEN m.position >= m.furthest THEN NULL
                              WHEN m.position > p.position THEN $2
                              ELSE coalesce(p.hole_since, $2) END
        FROM unnest($3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::int[])
             AS m (topic, partition, old_offset, old_position, next_offset, position, furthest, buried),
             set_config('idle_in_transaction_session_timeout', '60s', true)
        WHERE p.topic = m.topic AND p.partition = m.partition
          AND p.epoch = $1 AND p.next_offset = m.old_offset AND p.position = m.old_position
        """,
        epoch,
        at,
        [partition.topic for partition in moves],
        [partition.number for partition in moves],
        [standing.next_offset for standing in before],
        [standing.position for standing in before],
        [standing.next_offset for standing in after],
        [standing.position for standing in after],
        [standing.furthest for standing in after],
        [standing.buried_in_a_row for standing in after],
    )
    return swapped == f"UPDATE {len(moves)}"


async def holes(conn: Connection | Pool, before: datetime) -> Sequence[Record]:
    """Partitions in which something has been missing since ``before``: topic, partition, first, last, hole_since."""
    return await conn.fetch(
        """
        SELECT topic, partition, position + 1 AS first, furthest - 1 AS last, hole_since FROM consumer_positions
        WHERE hole_since < $1 ORDER BY topic, partition
        """,
        before,
    )


async def buried_keys(conn: Connection, topics: Collection[str]) -> set[tuple[str, str]]:
    rows = await conn.fetch("SELECT DISTINCT topic, key FROM dead_letters WHERE topic = ANY($1)", list(topics))
    return {(row["topic"], row["key"]) for row in rows}


async def bury(conn: Connection, letters: Sequence[tuple[Any, ...]]) -> None:
    """Rows of (topic, partition, position, key, type, value, error)."""
    await conn.executemany(
        """
        INSERT INTO dead_letters (topic, partition, position, key, type, value, error, attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7::text IS NULL THEN 0 ELSE 1 END)
        """,
        letters,
    )


async def waiting(conn: Connection | Pool, missing_since: datetime) -> Record:
    """One row: ``unsent`` events, the ``oldest`` one's age in seconds, ``dead_letters``, partitions with ``holes``."""
    row: Record | None = await conn.fetchrow(
        """
        WITH unsent AS (
            SELECT written_at FROM outbox WHERE position IS NULL
            UNION ALL
            SELECT o.written_at FROM relay_watermarks w
            JOIN outbox o ON o.topic = w.topic AND o.partition = w.partition AND o.position > w.sent
            WHERE w.sent < w.numbered
        )
        SELECT count(*) AS unsent, coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8 AS oldest,
               (SELECT count(*) FROM dead_letters) AS dead_letters,
               (SELECT count(*) FROM consumer_positions WHERE hole_since < $1) AS holes
        FROM unsent
        """,
        missing_since,
    )
    assert row is not None  # noqa: S101
    return row


async def dead_letters(conn: Connection | Pool, *, limit: int) -> Sequence[Record]:
    return await conn.fetch(
        """
        SELECT topic, partition, position, key, type, error, buried_at, attempts FROM dead_letters
        ORDER BY topic, partition, position LIMIT $1
        """,
        limit,
    )


async def dead_letter_keys(conn: Connection | Pool, topic: str | None, key: str | None) -> Sequence[Record]:
    return await conn.fetch(
        """
        SELECT topic, partition, key, min(position) AS first FROM dead_letters
        WHERE ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR key = $2)
        GROUP BY topic, partition, key ORDER BY topic, partition, min(position)
        """,
        topic,
        key,
    )


async def lock_position(conn: Connection, partition: Partition) -> None:
    """Keep the consumer from moving on in this partition until the transaction ends."""
    await conn.execute("SELECT FROM consumer_positions WHERE topic = $1 AND partition = $2 FOR UPDATE", *partition)


async def letters_of(conn: Connection, topic: str, key: str) -> Sequence[Record]:
    return await conn.fetch(
        "SELECT partition, position, value FROM dead_letters WHERE topic = $1 AND key = $2 ORDER BY position", topic, key
    )


async def remove_letters(conn: Connection, topic: str, key: str) -> None:
    await conn.execute("DELETE FROM dead_letters WHERE topic = $1 AND key = $2", topic, key)


async def note_failure(conn: Connection | Pool, partition: Partition, position: int, error: str) -> None:
    await conn.execute(
        """
        UPDATE dead_letters SET attempts = attempts + 1, error = $4
        WHERE topic = $1 AND partition = $2 AND position = $3
        """,
        *partition,
        position,
        error,
    )
