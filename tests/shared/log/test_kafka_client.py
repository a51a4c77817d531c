"""What aiokafka does when its broker is gone (seen in storms), and what we make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from aiokafka import errors

from deploy.kafka.cluster import free_port
from shared.log import kafka_reader
from shared.log.interface import LogUnavailable, Partition, Record
from shared.log.kafka import KafkaLog
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
    with pytest.raises(LogUnavailable), available(["kafka:9092"]):
        raise asyncio.CancelledError


async def test_a_cancellation_that_was_asked_for_is_one() -> None:
    async def work() -> None:
        with available(["kafka:9092"]):
            await asyncio.sleep(10)

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errors.KafkaConnectionError("Unable to bootstrap from [('one', 9092)]"), "cannot be reached"),
        (ConnectionRefusedError(111, "Connect call failed ('10.0.0.1', 9092)"), "cannot be reached"),
        (TimeoutError(), "did not answer in time"),
        (errors.KafkaTimeoutError(), "did not answer in time"),
        (errors.AuthenticationFailedError("SASL: (b'x')"), "Check user, password and sasl_mechanism in PARITY_LOG"),
        (errors.TopicAuthorizationFailedError("returns"), "refuses: Returned by the broker when the client is not authorized"),
        (errors.NotEnoughReplicasError(), "refuses: Returned from a produce request when the number of in-sync replicas"),
        (errors.StaleMetadata(), "does not work (StaleMetadata)"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_goes_wrong_is_said_in_words(error: Exception, says: str) -> None:
    """Which server, what happened, what to do; and nothing as Python writes it."""
    with pytest.raises(LogUnavailable) as said, available(["one:9092", "two:9092"]):
        raise error
    sentence = str(said.value)
    assert sentence.startswith("Kafka at one:9092, two:9092 ")
    assert says in sentence
    assert not set("[]<>'\"\n") & set(sentence)


async def test_a_broker_that_is_not_there_is_named_by_every_way_to_it() -> None:
    port = free_port()
    log = KafkaLog(f"kafka://127.0.0.1:{port}")
    topic = "returns"

    async def append() -> None:
        appended = await log.append([Record(Partition(topic, 0), 1, b"key", b"value")])
        if appended.error is not None:
            raise appended.error

    ways = (log.create([topic]), log.last_positions([topic]), log.reader([topic], _nowhere, group=None), append())
    for way in ways:
        with pytest.raises(LogUnavailable, match=rf"^Kafka at 127\.0\.0\.1:{port} cannot be reached\. Is a broker running there"):
            await way


async def _nowhere(partitions: Collection[Partition]) -> Mapping[Partition, int]:
    return dict.fromkeys(partitions, 0)
