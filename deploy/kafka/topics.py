"""Which topics a cluster has, asked without making any."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.log.interface import LogUnavailable
from shared.log.kafka import connection_options

_ANSWER_SECONDS = 10


async def missing_topics(url: str, topics: Collection[str]) -> list[str]:
    """Those of ``topics`` that are not there. Raises LogUnavailable where no broker answers."""
    options = connection_options(url)
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=_ANSWER_SECONDS * 1000)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await admin.start()
            there = set(await admin.list_topics())
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailable(f"no broker answers at {', '.join(options['bootstrap_servers'])}") from error
    finally:
        await admin.close()
    return [topic for topic in topics if topic not in there]
