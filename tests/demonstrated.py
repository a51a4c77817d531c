"""A demonstration, loaded once for all tests that look at one; each gets a copy of its data."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import pytest

from deploy.database.provision import connected
from deploy.demo.scenario import read
from deploy.kafka.cluster import free_port
from deploy.local.postgres import PostgresServer
from shared.identity import people, sessions
from shared.identity.present import present
from tests.system.processes import Running


class Demonstration:
    """``parity demo`` at work on a folder. ``settings``: by the names of their variables."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = settings
        self.data = folder / "data"
        self.port = free_port()
        self.start()

    @classmethod
    def on_a_copy(cls, data: Path, folder: Path, settings: Mapping[str, str] | None = None) -> Self:
        """Of a loaded and stopped demonstration, to change at will."""
        subprocess.run(["cp", "-a", data, folder / "data"], check=True)
        return cls(folder, settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = ("demo", "--port", str(self.port), "--data", self.data)
        self.running = Running(self.folder / "said.txt", *command, environment=self.settings)
        self.said = self.running.wait_for("Parity serves on")

    def stop(self) -> None:
        self.running.interrupt()

    def close(self) -> None:
        self.running.kill()
        Running(self.folder / "last.txt", "doctor", "--data", self.data).process.wait(240)  # stops PostgreSQL

    def present(self) -> datetime:
        """Where its time stands."""
        return asyncio.run(self.present_there())

    async def present_there(self) -> datetime:
        async with connected(self._identity()) as conn:
            at = await present(conn)
        assert at is not None
        return at

    def _identity(self) -> str:
        return PostgresServer(self.data / "postgres").url("identity", "commitments")

    async def session(self, who: str) -> str:
        """The secret of a fresh session of one of its people, by their name or what they are shown as."""
        [email] = [person.email for person in read().person if who in (person.name, person.shown_as)]
        async with connected(self._identity()) as conn:
            person = await people.by_email(conn, email)
            assert person is not None, who
            return await sessions.begin(conn, person.id)


def shown() -> Sequence[str]:
    """What the people of the demonstration are shown as: contract manager, supplier, …"""
    return [person.shown_as for person in read().person if person.shown_as]


@pytest.fixture(scope="session")
def of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes which share the tests share too."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def demonstration_data(of_this_run: Path) -> Path:
    """The folder of a demonstration that was loaded and stopped, by whichever process came first."""
    folder = of_this_run / "demonstration"
    folder.mkdir(exist_ok=True)
    loaded = folder / "loaded"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not loaded.exists():
            Demonstration(folder).stop()
            loaded.touch()
    return folder / "data"


@pytest.fixture(scope="module")
def demonstration(demonstration_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """One of one's own, to change at will."""
    mine = Demonstration.on_a_copy(demonstration_data, tmp_path_factory.mktemp("demonstration"))
    yield mine
    mine.close()
