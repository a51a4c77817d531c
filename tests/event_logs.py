"""Both event logs, real ones, with hands for what goes wrong in them: fixtures ``kafka`` and ``log_under_test``.

Apache Kafka is the one at ``PARITY_TEST_KAFKA``, else in Docker where that answers, else its own jars by Maven on the local Java.
Where none can be had these tests skip, the summary says so, and under ``CI=true`` that is a failure.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import count, cycle
from typing import Any, Protocol

import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from deploy.kafka.cluster import KafkaCluster, free_port
from deploy.kafka.jars import NoKafka
from deploy.local.postgres import PostgresServer
from shared.db import connect
from shared.log.interface import EventLog, LogUnavailable, Partition
from shared.log.kafka import KafkaLog
from shared.log.postgres import PostgresLog
from tests.thrown_away import postgres_thrown_away

# A test's properties travel with its report, from whichever process ran it.
_EXERCISED = "event log exercised"
_NOTE = "note on event logs"
_NOT_TESTED = "KafkaLog is NOT TESTED here"
_epochs = count(2)

SESSION_SECONDS = 6.0
"""Of the members of a group in tests: a stopped one loses its partitions soon, one that waits for a processor does not.

A given Kafka may allow no less.
"""


class LogUnderTest(Protocol):
    epoch: int
    """Its own for every test, so that topics are too."""
    url: str
    session_seconds: float

    async def open(self) -> EventLog: ...

    async def wipe(self, topic: str) -> None:
        """Everything in the topic is lost."""

    async def delete_before(self, partition: Partition, offset: int) -> None:
        """Records are lost from the beginning on."""

    def take_away(self) -> None:
        """The server crashes."""

    def bring_back(self) -> None: ...


class PostgresUnderTest:
    def __init__(self, server: PostgresServer, url: str) -> None:
        self.epoch = next(_epochs)
        self.session_seconds = SESSION_SECONDS
        self.url = url
        self._server = server
        self._opened: list[EventLog] = []

    async def open(self) -> EventLog:
        self._opened.append(log := await PostgresLog.open(self.url, session_seconds=self.session_seconds))
        return log

    async def wipe(self, topic: str) -> None:
        conn = await connect(self.url)
        await conn.execute("DELETE FROM records WHERE topic = $1", topic)
        await conn.execute("UPDATE partitions SET next_offset = 0, last_position = 0 WHERE topic = $1", topic)
        await conn.close()

    async def delete_before(self, partition: Partition, offset: int) -> None:
        conn = await connect(self.url)
        await conn.execute("DELETE FROM records WHERE topic = $1 AND partition = $2 AND log_offset < $3", *partition, offset)
        await conn.close()

    def take_away(self) -> None:
        self._server.stop(immediately=True)

    def bring_back(self) -> None:
        self._server.start()

    async def close(self) -> None:
        for log in self._opened:
            await log.close()


class KafkaUnderTest:
    def __init__(self, kafka: Kafka) -> None:
        self.epoch = next(_epochs)
        self.session_seconds = SESSION_SECONDS
        self.url = f"kafka://{kafka.bootstrap}"
        self._kafka = kafka
        self._opened: list[EventLog] = []

    async def open(self) -> EventLog:
        self._opened.append(log := KafkaLog(self.url, session_seconds=self.session_seconds))
        return log

    async def wipe(self, topic: str) -> None:
        await self._administer("delete_topics", [topic])
        while topic in await self._administer("list_topics"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        log = await self.open()
        await log.create([topic])
        while True:
            with suppress(LogUnavailable):  # until every partition has its leader
                await log.last_positions([topic])
                return

    async def delete_before(self, partition: Partition, offset: int) -> None:
        await self._administer("delete_records", {TopicPartition(*partition): RecordsToDelete(before_offset=offset)})

    def take_away(self) -> None:
        self._kafka.take_away()

    def bring_back(self) -> None:
        self._kafka.bring_back()

    async def close(self) -> None:
        for log in self._opened:
            await log.close()
        ours = [topic for topic in await self._administer("list_topics") if topic.endswith(f".e{self.epoch}")]
        if ours:
            await self._administer("delete_topics", ours)

    async def _administer(self, what: str, *arguments: Any) -> Any:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka.bootstrap)
        await admin.start()
        try:
            return await getattr(admin, what)(*arguments)
        finally:
            await admin.close()


class Kafka(Protocol):
    bootstrap: str
    description: str

    def take_away(self) -> None: ...

    def bring_back(self) -> None: ...


class GivenKafka:
    """Somebody else's: it is not ours to stop."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.description = f"the brokers at {bootstrap}"

    def take_away(self) -> None:
        pytest.skip("the brokers of PARITY_TEST_KAFKA are not ours to stop")

    def bring_back(self) -> None: ...


class LocalKafka:
    def __init__(self, cluster: KafkaCluster) -> None:
        self.bootstrap = cluster.bootstrap
        number = len(cluster.brokers)
        self.description = f"Apache Kafka 4.3, {number} broker{'s' * (number > 1)} from its own jars on the local Java"
        self._brokers = cycle(cluster.brokers)
        self._broker = next(self._brokers)

    def take_away(self) -> None:
        self._broker.kill()

    def bring_back(self) -> None:
        self._broker.start()
        self._broker.wait()
        self._broker = next(self._brokers)


class DockerKafka:
    def __init__(self, container: Any, port: int) -> None:
        self.bootstrap = f"127.0.0.1:{port}"
        self.description = "Apache Kafka 4.3 in Docker"
        self._container = container.get_wrapped_container()

    def take_away(self) -> None:
        self._container.kill()

    def bring_back(self) -> None:
        self._container.start()


def _docker_answers() -> bool:
    import docker

    try:
        client = docker.from_env(timeout=3)
        client.ping()
    except Exception:
        return False
    client.close()
    return True


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A real Apache Kafka with nothing in it, for the whole run."""
    if given := os.environ.get("PARITY_TEST_KAFKA"):
        yield GivenKafka(given)
    elif _docker_answers():
        yield from _in_docker()
    else:
        try:
            brokers = int(os.environ.get("PARITY_TEST_BROKERS", "1"))
            with KafkaCluster(tmp_path_factory.mktemp("kafka"), brokers=brokers) as cluster:
                yield LocalKafka(cluster)
        except NoKafka as reason:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{_NOT_TESTED}: {reason}")
            pytest.skip(f"{_NOT_TESTED}: {reason}")


def _in_docker() -> Iterator[Kafka]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.waiting_utils import wait_for_logs

    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container = DockerContainer("apache/kafka:4.3.0").with_bind_ports(9092, port)
    for name, value in settings.items():
        container = container.with_env(name, value)
    with container:
        wait_for_logs(container, "Kafka Server started", timeout=240)
        yield DockerKafka(container, port)


@pytest.fixture(scope="session")
def log_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that tests may crash: nothing else is on it. It keeps what it acknowledged, as in production."""
    with postgres_thrown_away() as server:
        yield server


@pytest.fixture(scope="session")
def log_databases(log_server: PostgresServer) -> Any:
    from tests.conftest import Databases

    return Databases(log_server)


@pytest_asyncio.fixture(params=["postgres", "kafka"])
async def log_under_test(request: pytest.FixtureRequest) -> AsyncIterator[LogUnderTest]:
    """PostgresLog in a fresh database, and KafkaLog with topics of its own."""
    under_test: PostgresUnderTest | KafkaUnderTest
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("log_server")
        under_test = PostgresUnderTest(server, request.getfixturevalue("log_databases")("log", role="postgres"))
        exercised(request, "PostgresLog")
    else:
        kafka: Kafka = request.getfixturevalue("kafka")
        under_test = KafkaUnderTest(kafka)
        exercised(request, f"KafkaLog ({kafka.description})")
    yield under_test
    await under_test.close()


def exercised(request: pytest.FixtureRequest, log: str) -> None:
    """Note for the summary that a test ran on this log."""
    request.node.user_properties.append((_EXERCISED, log))


def note(request: pytest.FixtureRequest, line: str) -> None:
    """A line for the summary."""
    request.node.user_properties.append((_NOTE, line))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in terminalreporter.stats.values() for report in kind if isinstance(report, pytest.TestReport)]
    told = [told for report in reports if report.when == "call" for told in report.user_properties]
    counts = Counter(log for what, log in told if what == _EXERCISED)
    said = [f"{log}: {number} tests" for log, number in counts.items()] + [line for what, line in told if what == _NOTE]
    if any(_NOT_TESTED in str(report.longrepr) for report in reports if not report.passed):
        said.append(_NOT_TESTED)
    if said:
        terminalreporter.section("event logs exercised")
        for line in said:
            terminalreporter.write_line(line)
