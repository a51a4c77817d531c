"""What aiokafka does when its broker is gone (seen in storms), and what we make of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.log import kafka_reader
from shared.log.interface import LogUnavailable
from shared.log.kafka_reader import available, stop


class Client:
    def __init__(self, ending: Any) -> None:
        self.stop = ending


async def test_a_client_that_says_it_was_cancelled_is_stopped() -> None:
    async def cancels_its_own() -> None:
        inner = asyncio.ensure_future(asyncio.sleep(10))
        inner.cancel()
        await inner

    await stop(Client(cancels_its_own))


async def test_a_client_that_never_stops_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_reader, "_STOP_SECONDS", 0.05)
    async with asyncio.timeout(5):
        await stop(Client(lambda: asyncio.sleep(3600)))


async def test_a_client_that_fails_while_it_stops_is_stopped() -> None:
    async def fails() -> None:
        raise ConnectionError

    await stop(Client(fails))


async def test_a_cancellation_that_nobody_asked_for_is_an_outage() -> None:
    """Else a relay would end without a word: a cancelled task is nobody's failure."""
    with pytest.raises(LogUnavailable), available():
        raise asyncio.CancelledError


async def test_a_cancellation_that_was_asked_for_is_one() -> None:
    async def work() -> None:
        with available():
            await asyncio.sleep(10)

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
