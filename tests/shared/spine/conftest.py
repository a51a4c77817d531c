"""The spine on PostgresLog; tests/contracts hold the same on Kafka where the log matters."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.log.postgres import PostgresLog
from tests.conftest import Databases
from tests.spine_world import Listener, Teller


@pytest_asyncio.fixture
async def log(database: Databases) -> AsyncIterator[PostgresLog]:
    log = await PostgresLog.open(database("log"))
    yield log
    await log.close()


@pytest_asyncio.fixture
async def teller(database: Databases, log: PostgresLog) -> AsyncIterator[Teller]:
    teller = await Teller.open(database("spine"), log)
    yield teller
    await teller.close()


@pytest_asyncio.fixture
async def listener(database: Databases, log: PostgresLog) -> AsyncIterator[Listener]:
    listener = await Listener.open(database("spine", role="postgres"), log)
    yield listener
    await listener.close()
