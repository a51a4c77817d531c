"""The relay against a bare loop that does the same numbering and sends the same bytes, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from deploy.local.postgres import PostgresServer
from shared.db import Record as Row
from shared.db import connect
from shared.ids import new_id
from shared.log.interface import EventLog, Partition, Record, partition_of, topic_in
from shared.log.kafka import KafkaLog
from shared.migrations import SPINE
from shared.spine import store
from shared.spine.relay import Relay
from tests.bench import servers
from tests.bench.figures import Figure, against

TOPIC = "returns"
MOST = 100_000
ROUNDS = 3
CHUNK = 4000
DATA = '{"version":1,"words":"' + "x" * 600 + '"}'


async def measure(size: int) -> AsyncIterator[Figure]:
    events = min(size, MOST) // 10_000 * 10_000
    with servers.postgres() as server:
        async for name, log in servers.logs(server):
            bare, relayed = [], []
            for epoch in range(1, ROUNDS + 1):
                await log.create([topic_in(epoch, "bare"), topic_in(epoch, TOPIC)])
                bare.append(await _bare(await _outbox(server, events), await _sender(log, topic_in(epoch, "bare"))))
                relayed.append(await _relay(await _outbox(server, events), log, epoch))
            yield against("relay", name, relayed, bare, "events/s", "ratio >= 0.7")


async def _outbox(server: PostgresServer, events: int) -> str:
    """A service's database with events that nobody has sent."""
    url = await servers.database(server, SPINE)
    keys = [new_id() for _ in range(500)]
    conn = await connect(url)
    for _ in range(events // 10_000):
        chosen = keys * 20
        await conn.execute(
            """
            INSERT INTO outbox (id, topic, partition, type, key, time, data)
            SELECT gen_random_uuid(), $1, n.partition, 'line.approved.v1', n.key, now(), $2::text::json
            FROM unnest($3::uuid[], $4::smallint[]) AS n (key, partition)
            """,
            TOPIC,
            DATA,
            chosen,
            [partition_of(key) for key in chosen],
        )
    await conn.execute("VACUUM ANALYZE outbox")
    await conn.close()
    return url


async def _relay(url: str, log: EventLog, epoch: int) -> float:
    relay = Relay(service="bench", topics=(TOPIC,), url=url, log=log, source="/icb/bench/returns", epoch=epoch)
    began = time.perf_counter()
    return await relay.drain() / (time.perf_counter() - began)


async def _bare(url: str, send: Callable[[Sequence[Row]], Awaitable[None]]) -> float:
    conn = await connect(url)
    await store.prepare_watermarks(conn, [TOPIC], 1)
    sent = 0
    began = time.perf_counter()
    while rows := await store.number(conn, [TOPIC], chunk=CHUNK):
        await send(rows)
        sent += len(rows)
    seconds = time.perf_counter() - began
    await conn.close()
    return sent / seconds


async def _sender(log: EventLog, topic: str) -> Callable[[Sequence[Row]], Awaitable[None]]:
    async def append(rows: Sequence[Row]) -> None:
        appended = await log.append(
            [Record(Partition(topic, row["partition"]), row["position"], b"k", row["data"].encode()) for row in rows]
        )
        assert appended.error is None

    if not isinstance(log, KafkaLog):
        return append
    producer = await log._started()

    async def send_batches(rows: Sequence[Row]) -> None:
        by_partition = defaultdict(list)
        for row in rows:
            by_partition[row["partition"]].append(row)
        await asyncio.gather(*(send_partition(number, mine) for number, mine in by_partition.items()))

    async def send_partition(number: int, rows: Sequence[Row]) -> None:
        batch = producer.create_batch()
        for row in rows:
            entry = {"key": b"k", "value": row["data"].encode(), "timestamp": None}
            header = [("position", b"%d" % row["position"])]
            if batch.append(**entry, headers=header) is None:
                await (await producer.send_batch(batch, topic, partition=number))
                batch = producer.create_batch()
                batch.append(**entry, headers=header)
        await (await producer.send_batch(batch, topic, partition=number))

    return send_batches
