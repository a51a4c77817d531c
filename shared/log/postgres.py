"""The event log as tables in a PostgreSQL database: for one machine, without a broker.

Appending is one statement. It notifies the readers: once per append of the relay, never once per writer's commit, since the lock
behind a notification would make every commit four times slower.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from shared.db import Pool, connect, connect_pool, reason, unavailable
from shared.locks import lock_key
from shared.log.interface import PARTITIONS, Appended, Delivered, LogMisfit, LogUnavailable, Partition, ReadFrom, Record

MIGRATIONS = Path(__file__).parent / "migrations"

_SHARE_SECONDS = 0.5
"""How often a member looks whether it has its fair share of the partitions."""

_APPEND = """
    WITH new AS (
        SELECT n.*, row_number() OVER (PARTITION BY topic, partition ORDER BY nth) - 1 AS ahead
        FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[])
             WITH ORDINALITY AS n (topic, partition, position, key, value, nth)
    ), ends AS (
        UPDATE partitions p SET next_offset = p.next_offset + c.number, last_position = greatest(p.last_position, c.position)
        FROM (SELECT topic, partition, count(*) AS number, max(position) AS position FROM new GROUP BY topic, partition) c
        WHERE p.topic = c.topic AND p.partition = c.partition
        RETURNING p.topic, p.partition, p.next_offset - c.number AS first
    ), appended AS (
        INSERT INTO records (topic, partition, log_offset, position, key, value)
        SELECT topic, partition, first + ahead, position, key, value FROM new JOIN ends USING (topic, partition)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM appended) AS number, (SELECT count(pg_notify('appended', topic)) FROM ends) AS told
"""


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if unavailable(error):
            says = f"The event log in PostgreSQL does not answer: {reason(error)}. Is PARITY_LOG its address?"
            raise LogUnavailable(says) from error
        raise


class PostgresLog:
    """``session_seconds``: a member that does nothing for so long (a stopped process) loses its partitions to the others."""

    def __init__(self, url: str, pool: Pool, *, session_seconds: float = 30) -> None:
        self._url = url
        self._pool = pool
        self._session_seconds = session_seconds

    @classmethod
    async def open(cls, url: str, *, session_seconds: float = 30) -> PostgresLog:
        return cls(url, await connect_pool(url, name="parity log", min_size=0, max_size=8), session_seconds=session_seconds)

    async def close(self) -> None:
        await self._pool.close()

    async def create(self, topics: Collection[str]) -> None:
        with _available():
            there = await self._pool.fetch(
                "SELECT topic, count(*) AS partitions FROM partitions WHERE topic = ANY($1) GROUP BY topic", list(topics)
            )
            for row in there:
                if row["partitions"] != PARTITIONS:
                    raise LogMisfit(f"The topic {row['topic']} has {row['partitions']} partitions; it must have {PARTITIONS}.")
            if missing := set(topics) - {row["topic"] for row in there}:
                await self._pool.execute(
                    """
                    INSERT INTO partitions (topic, partition)
                    SELECT topic, n FROM unnest($1::text[]) AS topic, generate_series(0, $2::smallint - 1) AS n
                    ON CONFLICT DO NOTHING
                    """,
                    sorted(missing),
                    PARTITIONS,
                )

    async def append(self, records: Sequence[Record]) -> Appended:
        try:
            with _available():
                row = await self._pool.fetchrow(
                    _APPEND,
                    [record.partition.topic for record in records],
                    [record.partition.number for record in records],
                    [record.position for record in records],
                    [record.key for record in records],
                    [record.value for record in records],
                )
        except LogUnavailable as error:
            return Appended(error=error)
        if row is None or row["number"] != len(records):
            topics = sorted({record.partition.topic for record in records})
            raise LogMisfit(f"One of the topics {', '.join(topics)} is not in the event log any more.")
        return Appended({record.partition: record.position for record in records})

    async def last_positions(self, topics: Collection[str]) -> Mapping[Partition, int]:
        with _available():
            rows = await self._pool.fetch("SELECT * FROM partitions WHERE topic = ANY($1)", list(topics))
        return {Partition(row["topic"], row["partition"]): row["last_position"] for row in rows}

    async def reader(self, topics: Collection[str], read_from: ReadFrom, *, group: str | None) -> PostgresReader:
        reader = PostgresReader(self._pool, topics, read_from)
        with _available():
            if group is None:
                await reader.take_everything()
            else:
                await reader.join(self._url, group, self._session_seconds)
        return reader


class PostgresReader:
    """Members of a group share the partitions out by advisory locks: each takes up to its fair share of those that are free."""

    def __init__(self, pool: Pool, topics: Collection[str], read_from: ReadFrom) -> None:
        self._pool = pool
        self._topics = sorted(topics)
        self._all = [Partition(topic, number) for topic in self._topics for number in range(PARTITIONS)]
        self._read_from = read_from
        self._next: dict[Partition, int] = {}
        self._locks: Any = None
        self._listening: Any = None
        self._group = ""
        self._shared_at = 0.0
        self._news = asyncio.Event()

    async def take_everything(self) -> None:
        self._next = dict(await self._read_from(self._all))

    async def join(self, url: str, group: str, session_seconds: float) -> None:
        self._group = group
        self._listening = await connect(url, name=f"parity listener {group}")
        await self._listening.add_listener("appended", self._appended)
        # Not on the same connection: while the server waits for a stopped process to take its news, no timeout ends the session.
        self._locks = await connect(url, name=f"parity reader {group}")
        await self._locks.execute("SELECT set_config('idle_session_timeout', $1, false)", f"{int(session_seconds * 1000)}ms")
        await self._locks.execute("SELECT pg_advisory_lock_shared($1)", lock_key("group", group))

    async def close(self) -> None:
        for conn in (self._locks, self._listening):
            if conn is not None:
                with suppress(Exception):
                    await conn.close(timeout=5)

    async def read(self, limit: int, patience: float) -> Sequence[Delivered]:
        until = time.monotonic() + patience
        with _available():
            while True:
                self._news.clear()
                await self._share()
                found = await self._fetch(limit)
                left = until - time.monotonic()
                if found or left <= 0:
                    return found
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), min(left, _SHARE_SECONDS))

    async def lag(self) -> Mapping[Partition, int]:
        with _available():
            ends = await self._ends()
        return {partition: max(ends[partition] - offset, 0) for partition, offset in self._next.items() if partition in ends}

    def _appended(self, conn: object, pid: int, channel: str, topic: object) -> None:
        if topic in self._topics:
            self._news.set()

    async def _ends(self) -> dict[Partition, int]:
        rows = await self._pool.fetch("SELECT topic, partition, next_offset FROM partitions WHERE topic = ANY($1)", self._topics)
        return {Partition(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def _fetch(self, limit: int) -> list[Delivered]:
        ends = await self._ends()
        found: list[Delivered] = []
        for partition, offset in list(self._next.items()):
            end = ends.get(partition, 0)
            if offset > end:  # out of range: the topic was emptied and filled again; positions sort it out
                offset = self._next[partition] = 0
            if offset == end or len(found) == limit:
                continue
            rows = await self._pool.fetch(
                """
                SELECT log_offset, position, key, value FROM records
                WHERE topic = $1 AND partition = $2 AND log_offset >= $3 ORDER BY log_offset LIMIT $4
                """,
                *partition,
                offset,
                limit - len(found),
            )
            found += [Delivered(partition, *row) for row in rows]
            # Taken out and put back last, so that a busy partition does not keep the others waiting.
            del self._next[partition]
            self._next[partition] = found[-1].offset + 1 if rows else end
        return found

    async def _share(self) -> None:
        """Take or leave partitions, between two batches, until every member has its fair share."""
        if self._locks is None or time.monotonic() < self._shared_at + _SHARE_SECONDS:
            return
        if self._listening.is_closed():
            raise LogUnavailable("The event log in PostgreSQL has closed the connection that tells its news.")
        self._shared_at = time.monotonic()
        key = lock_key("group", self._group)
        members = await self._locks.fetchval(
            """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND objsubid = 1
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND classid::bigint = $1 AND objid::bigint = $2
            """,
            (key >> 32) & 0xFFFFFFFF,
            key & 0xFFFFFFFF,
        )
        share = -(-len(self._all) // max(members, 1))
        held = list(self._next)
        if extra := held[share:]:
            for partition in extra:
                del self._next[partition]
            await self._locks.execute("SELECT pg_advisory_unlock(key) FROM unnest($1::bigint[]) AS key", self._keys(extra))
        elif len(held) < share:
            wanted = [partition for partition in self._all if partition not in self._next]
            taken = await self._locks.fetch(
                "SELECT key FROM unnest($1::bigint[]) AS key WHERE pg_try_advisory_lock(key) LIMIT $2",
                self._keys(wanted),
                share - len(held),
            )
            keys = {row["key"] for row in taken}
            if new := [partition for partition in wanted if self._key(partition) in keys]:
                self._next.update(await self._read_from(new))

    def _key(self, partition: Partition) -> int:
        return lock_key("group", self._group, partition.topic, str(partition.number))

    def _keys(self, partitions: Sequence[Partition]) -> list[int]:
        return [self._key(partition) for partition in partitions]
