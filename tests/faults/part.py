"""One relay or one consumer as a process of its own, for the storm to kill: ``python -m tests.faults.part relay …``."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.aggregator import handlers as aggregator
from shared.db import connect_pool
from shared.log.interface import Delivered, EventLog, Partition
from shared.log.kafka import KafkaLog
from shared.log.postgres import PostgresLog
from shared.spine import Handlers, consumer, positions, store
from shared.spine.consumer import Consumer
from shared.spine.positions import Sifted, Standing
from shared.spine.relay import Relay
from tests.spine_world import TOPIC, fold


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("relay", "consumer"))
    parser.add_argument("books", choices=("journal", "totals"))
    parser.add_argument("--database", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--session-seconds", type=float, required=True)
    parser.add_argument("--stops-itself", action="store_true", help="now and then, between reading a batch and applying it")
    parser.add_argument(
        "--without", choices=("guard", "filter"), help="a control: with this switched off the books cannot balance"
    )
    asked = parser.parse_args()
    if asked.without == "guard":
        store.swap = swap_without_guard  # type: ignore[assignment]
    if asked.without == "filter":
        consumer.sift = sift_without_filter
    log: EventLog
    if asked.log.startswith("kafka"):
        log = KafkaLog(asked.log, session_seconds=asked.session_seconds)
    else:
        log = await PostgresLog.open(asked.log, session_seconds=asked.session_seconds)
    if asked.what == "relay":
        await Relay(
            service="storm",
            topics=(TOPIC,) if asked.books == "journal" else aggregator.handlers.topics,
            url=asked.database,
            log=log,
            source="/icb/test/storm",
            epoch=asked.epoch,
            session_seconds=asked.session_seconds,
        ).run()
    if asked.books == "journal":
        handlers = Handlers(f"storm-{asked.epoch}", topics=(TOPIC,))
        handlers.apply(fold)
    else:
        handlers = aggregator.handlers
    pool = await connect_pool(asked.database, min_size=0)
    kind = Sleeper if asked.stops_itself else Consumer
    await kind(pool=pool, log=log, handlers=handlers, epoch=asked.epoch, batch=200).run()


class Sleeper(Consumer):
    """Stops itself (SIGSTOP) between reading and applying, each fifth time: the worst moment to lose one's place."""

    _batches = 0

    async def _take(self, delivered: Sequence[Delivered], **options: Any) -> int:
        if delivered:
            self._batches += 1
            if self._batches % 5 == 0:
                os.kill(os.getpid(), signal.SIGSTOP)
        return await super()._take(delivered, **options)


_guarded_swap = store.swap


async def swap_without_guard(*arguments: Any) -> bool:
    await _guarded_swap(*arguments)
    return True


def sift_without_filter(delivered: Sequence[Delivered], standing: Mapping[Partition, Standing]) -> Sifted:
    """Whatever comes counts, as if the offset were enough."""
    sifted = positions.sift(delivered, standing)
    moved = {
        partition: replace(after, position=max(after.position, *(r.position for r in delivered if r.partition == partition)))
        for partition, after in sifted.moved.items()
    }
    return Sifted(delivered, moved, 0, 0)


if __name__ == "__main__":
    asyncio.run(main())
