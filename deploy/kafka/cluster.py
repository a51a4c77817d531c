"""One or three brokers of Apache Kafka (KRaft: each is broker and controller) on loopback, their data in one folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from deploy.children import Child
from deploy.kafka.jars import NoKafka, classpath, java

_START_SECONDS = 240
_STOP_SECONDS = 30
_LOG4J = Path(__file__).with_name("log4j2.properties")


_numbers = count(os.getpid() * 64)


def free_port() -> int:
    """One that the system gives to nobody by itself, so that it is still free when it is used; each process begins elsewhere."""
    while True:
        port = 10_000 + next(_numbers) % 20_000
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class Broker:
    def __init__(self, number: int, folder: Path, *, port: int, voters: str, brokers: int, cluster: str) -> None:
        self.port = port
        self._folder = folder
        self._properties = folder / "server.properties"
        self._log = folder / "server.log"
        self._pid = folder / "pid"
        self._cluster = cluster
        self._single = brokers == 1
        self._process: Child | None = None
        folder.mkdir(parents=True, exist_ok=True)
        controller = next(voter for voter in voters.split(",") if voter.startswith(f"{number}@")).partition("@")[2]
        quorum = f"controller.quorum.bootstrap.servers={controller}" if self._single else f"controller.quorum.voters={voters}"
        self._properties.write_text(f"""\
process.roles=broker,controller
node.id={number}
{quorum}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
num.partitions=12
default.replication.factor={brokers}
min.insync.replicas={min(brokers, 2)}
offsets.topic.replication.factor={brokers}
offsets.topic.num.partitions=3
transaction.state.log.replication.factor={brokers}
transaction.state.log.min.isr={min(brokers, 2)}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.retention.ms=-1
""")

    def start(self) -> None:
        """Format the data where there is none, and start. Returns at once; see ``wait``."""
        self._stop_leftover()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                raise NoKafka(f"Port {self.port} is taken. Stop what listens there, or choose another with --port.") from None
        if not (self._folder / "data" / "meta.properties").exists():
            single = ["--standalone"] if self._single else []
            formatted = subprocess.run(  # noqa: S603
                [
                    *self._java(memory="64m"),
                    "kafka.tools.StorageTool",
                    *("format", *single, "-t", self._cluster, "-c", str(self._properties)),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if formatted.returncode:
                raise NoKafka(
                    f"Apache Kafka cannot format {self._folder}: {formatted.stderr.strip() or formatted.stdout.strip()}"
                )
        started = [*self._java(memory="512m"), "kafka.Kafka", str(self._properties)]
        self._process = Child("Apache Kafka", started, self._log, error=NoKafka)
        self._pid.write_text(str(self._process.pid))

    def wait(self) -> None:
        """Until it answers. Raises NoKafka where it ends instead, or takes too long."""
        if self._process is not None:
            self._process.wait_until(self._answers, _START_SECONDS)

    def stop(self) -> None:
        if self._process is not None:
            self._process.end(_STOP_SECONDS)
            self._process = None
        self._pid.unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL: a crash, from which the next start recovers."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def pause(self) -> None:
        if self._process is not None:
            self._process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _java(self, *, memory: str) -> list[str]:
        options = [f"-Xmx{memory}", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={_LOG4J}"]
        return [java(), *options, "-cp", classpath()]

    def _stop_leftover(self) -> None:
        """End the broker of an earlier run that was killed; a number that now belongs to another program is left alone."""
        try:
            process = psutil.Process(int(self._pid.read_text()))
            if str(self._properties) in process.cmdline():
                process.kill()
                process.wait(_STOP_SECONDS)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return


class KafkaCluster:
    """``with KafkaCluster(folder, brokers=3) as kafka: kafka.bootstrap``. Raises NoKafka with one sentence.

    The data stays in ``folder``, as do the ports, so that a second start finds the same cluster.
    """

    def __init__(self, folder: Path, *, brokers: int = 1, ports: Sequence[int] = ()) -> None:
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / "ports"
        saved = [int(port) for port in kept.read_text().split()] if kept.exists() else [free_port() for _ in range(2 * brokers)]
        if len(saved) != 2 * brokers:
            raise NoKafka(f"{folder} holds a cluster of {len(saved) // 2} brokers, not {brokers}. Name another folder.")
        self.ports, controllers = list(ports or saved[:brokers]), saved[brokers:]
        kept.write_text(" ".join(str(port) for port in [*self.ports, *controllers]))
        voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(controllers, 1))
        self.brokers = [
            Broker(
                number,
                folder / f"broker-{number}",
                port=port,
                voters=voters,
                brokers=brokers,
                cluster="parity-on-loopback-aa",
            )
            for number, port in enumerate(self.ports, 1)
        ]

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def __enter__(self) -> Self:
        try:
            for broker in self.brokers:
                broker.start()
            for broker in self.brokers:
                broker.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        for broker in self.brokers:
            broker.stop()
