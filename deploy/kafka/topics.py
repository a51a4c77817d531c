"""Which topics a cluster has, asked without making any."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from aiokafka.admin import AIOKafkaAdminClient

from shared.log.kafka import connection_options
from shared.log.kafka_reader import available

_ANSWER_SECONDS = 10


async def missing_topics(url: str, topics: Collection[str]) -> list[str]:
    """Those of ``topics`` that are not there. Raises LogUnavailable where no broker answers."""
    options = connection_options(url)
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=_ANSWER_SECONDS * 1000)
    try:
        with available(options["bootstrap_servers"]):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await admin.start()
                there = set(await admin.list_topics())
    finally:
        await admin.close()
    return [topic for topic in topics if topic not in there]
