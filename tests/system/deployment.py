"""The four services as processes of their own, as containers run them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

from deploy.kafka.cluster import free_port
from deploy.local.postgres import PostgresServer
from shared.origin import PATHS
from shared.settings import SERVICES
from tests.system.collector import collecting
from tests.system.processes import Running, parity
from tests.system.region import Region


class Deployment:
    """PostgreSQL of its own, and ``parity serve`` for each service."""

    def __init__(self, stack: ExitStack, folder: Path, log: str) -> None:
        self.folder = folder
        self.server = stack.enter_context(PostgresServer(folder / "postgres"))
        self.traces = stack.enter_context(collecting())
        self.log = log
        self.ports = {service: free_port() for service in SERVICES}
        self.running: dict[str, Running] = {}
        migrated = parity("migrate", "--json", environment=self.environment(*SERVICES, owner=True))
        assert migrated.returncode == 0, migrated.stderr
        assert "returns/0001_returns" in json.loads(migrated.stdout)
        for service in SERVICES:
            self.start(service)
            stack.callback(lambda one=service: self.running[one].kill())
        for service in SERVICES:
            self.running[service].wait_until_ready(f"{self.url(service)}/ready")

    def environment(self, *services: str, owner: bool = False) -> dict[str, str]:
        """What a container of these services is given."""
        first = services[0]
        log = self.log or self.server.url("log", first)
        settings = {
            "PARITY_LOG": log,
            "PARITY_DATABASE_IDENTITY": self.server.url("identity", first),
            "PARITY_EVIDENCE": f"file://{self.folder}/evidence",
            "PARITY_CHORE_SECONDS": "1",
            **self.traces.settings,
        }
        settings |= {f"PARITY_DATABASE_{service.upper()}": self.server.url(service, service) for service in services}
        return settings | ({"PARITY_DATABASE_ADMIN": self.server.url()} if owner else {})

    def start(self, service: str) -> None:
        port, prefix = str(self.ports[service]), PATHS[service]
        self.running[service] = Running(
            self.folder / f"{service}.txt",
            *("serve", service, "--port", port, "--prefix", prefix),
            environment=self.environment(service),
        )

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}{PATHS[service]}"

    def region(self) -> Region:
        """With the first administrator, made at the shell."""
        made = parity(
            *("keys", "create", "joan@parity.example", "--name", "Joan", "--role", "administrator"),
            *("--organisation", "GB-NHS-QYG", "--organisation-name", "The ICB", "--json"),
            environment=self.environment("commitments"),
        )
        assert made.returncode == 0, made.stderr
        return Region({service: self.url(service) for service in SERVICES}, {"administrator": json.loads(made.stdout)["secret"]})
