"""Apache Kafka from its jars: what stands in its way is said in one sentence."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.kafka import jars
from deploy.kafka.cluster import KafkaCluster, free_port
from deploy.kafka.jars import NoKafka
from shared.log.kafka import connection_options

ROOT = Path(__file__).resolve().parents[2]


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoKafka, match="Install Java 17"):
        jars.java()


def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("""#!/bin/sh\necho 'openjdk version "11.0.2" 2019-01-15' >&2\n""")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NoKafka, match=r"needs Java 17 or later; .* is 11"):
        jars.java()


def test_without_maven_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jars, "_JARS", tmp_path / "jars")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoKafka, match="no Maven"):
        jars.classpath()


def test_a_folder_keeps_its_number_of_brokers(tmp_path: Path) -> None:
    first = KafkaCluster(tmp_path, brokers=3)
    assert KafkaCluster(tmp_path, brokers=3).bootstrap == first.bootstrap
    with pytest.raises(NoKafka, match="a cluster of 3 brokers, not 1"):
        KafkaCluster(tmp_path)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NoKafka, match=f"Port {port} is taken"):
            KafkaCluster(tmp_path, ports=[port]).__enter__()


def test_make_kafka_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    if shutil.which("java") is None or shutil.which("mvn") is None:
        assert os.environ.get("CI") != "true"
        pytest.skip("there is no Java or no Maven here")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.kafka", "--data", str(tmp_path), "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert f"Apache Kafka answers at 127.0.0.1:{port}".encode() in process.stdout.readline()
    socket.create_connection(("127.0.0.1", port)).close()
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


def test_the_address_of_a_secured_kafka_is_read(tmp_path: Path) -> None:
    options = connection_options(
        "kafka://parity:p%40ss@one:9093,two:9093?security_protocol=SASL_SSL&sasl_mechanism=SCRAM-SHA-512"
    )
    assert options["bootstrap_servers"] == ["one:9093", "two:9093"]
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("parity", "p@ss")
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert options["ssl_context"].check_hostname
    assert connection_options("kafka://127.0.0.1:9092") == {"bootstrap_servers": ["127.0.0.1:9092"]}
