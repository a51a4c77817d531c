"""A storm: writers, two relays and two consumers, and somebody who kills, stops and restarts everything by a seeded plan."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from uuid import UUID

from deploy.local.postgres import PostgresServer
from shared.db import Pool, connect_pool, unavailable
from shared.ids import new_id
from shared.log.interface import PARTITIONS
from shared.spine import operations, publish
from tests.event_logs import LogUnderTest
from tests.spine_world import AT, TABLES, TOPIC, event

ROOT = Path(__file__).resolve().parents[2]
FAULTS = {"kill": 10, "stop": 4, "replay": 2, "restart database": 2, "restart log": 2}
"""Kinds with their weights. ``replay`` is an operator's: everything in a partition is sent again."""

_HEAL_SECONDS = 120


class PartDied(AssertionError):
    """A relay or consumer ended by itself: nobody had killed it."""


@dataclass
class Books:
    """What was written, and what was heard of it."""

    written: dict[UUID, int] = field(default_factory=dict)
    heard: dict[UUID, list[int]] = field(default_factory=dict)
    facts: dict[UUID, int] = field(default_factory=dict)
    outbox: int = 0

    def complaints(self) -> list[str]:
        """Empty where every event took effect exactly once and in its key's order."""
        found = []
        if self.outbox != sum(self.written.values()):
            found.append(f"{sum(self.written.values())} changes were written, and {self.outbox} events")
        for key, version in self.written.items():
            heard = self.heard.get(key, [])
            if heard != list(range(1, version + 1)):
                found.append(f"{key}: {version} versions were written, heard were {heard[:50]}")
            if self.facts.get(key, 0) != version:
                found.append(f"{key}: version {version} was written, the fact stands at {self.facts.get(key)}")
        return found


class Part:
    """A process of its own."""

    def __init__(self, name: str, arguments: Sequence[str], log: IO[bytes]) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "tests.faults.part", *arguments]
        self._log = log
        self.process = self._spawn()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._spawn()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def see_that_it_lives(self) -> None:
        if self.process.poll() is not None:
            raise PartDied(f"{self.name} ended by itself with {self.process.returncode}; see {self._log.name}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)


class Storm:
    """``faults``: kinds with weights. ``without``: a control, see part.py."""

    def __init__(
        self,
        *,
        server: PostgresServer,
        teller: str,
        listener: str,
        log: LogUnderTest,
        folder: Path,
        seed: int,
        faults: dict[str, int] | None = None,
        without: str | None = None,
        think_seconds: float = 0,
    ) -> None:
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self._server = server
        self._teller_url, self._listener_url = teller, listener
        self._log = log
        self._output = (folder / "parts.log").open("ab")
        self._faults = faults or FAULTS
        self._options = ["--without", without] if without else []
        self._options += ["--think-seconds", str(think_seconds)]
        self._parts: list[Part] = []
        self._writing = True

    async def run(self, kills: int) -> Books:
        """Blow until ``kills`` faults have happened, heal, wait until everything is heard (or time is up), and open the books."""
        teller, listener = await connect_pool(self._teller_url, min_size=0), await connect_pool(self._listener_url, min_size=0)
        await teller.execute("CREATE TABLE accounts (key uuid PRIMARY KEY, version int NOT NULL)")
        await listener.execute(TABLES)
        writers = [asyncio.ensure_future(self._write(teller, random.Random(self.random.random()))) for _ in range(4)]
        try:
            self._start()
            await asyncio.sleep(2)
            while self.done.total() - self.done["replay"] < kills:
                await asyncio.sleep(self.random.uniform(0.1, 0.8))
                await self._strike(teller)
                for part in self._parts:
                    part.see_that_it_lives()
            self._writing = False
            await asyncio.gather(*writers)
            return await self._heal(teller, listener)
        finally:
            for writer in writers:
                writer.cancel()
            for part in self._parts:
                part.signal(signal.SIGCONT)
                part.kill()
            self._output.close()
            await teller.close()
            await listener.close()

    def _start(self) -> None:
        common = ["--log", self._log.url, "--epoch", str(self._log.epoch), "--session-seconds", str(self._log.session_seconds)]
        for what, database in (("relay", self._teller_url), ("consumer", self._listener_url)):
            for number in (1, 2):
                arguments = [what, "--database", database, *common, *self._options]
                self._parts.append(Part(f"{what} {number}", arguments, self._output))

    async def _write(self, pool: Pool, chance: random.Random) -> None:
        keys = [new_id() for _ in range(20)]
        while self._writing:
            try:
                async with pool.acquire() as conn, conn.transaction():
                    for key in chance.sample(keys, 3):
                        version = await conn.fetchval(
                            """
                            INSERT INTO accounts VALUES ($1, 1)
                            ON CONFLICT (key) DO UPDATE SET version = accounts.version + 1 RETURNING version
                            """,
                            key,
                        )
                        await publish(conn, event(key, version), at=AT)
            except Exception as error:
                if not unavailable(error):
                    raise
                await asyncio.sleep(0.1)
            await asyncio.sleep(chance.uniform(0, 0.02))

    async def _strike(self, teller: Pool) -> None:
        kind = self.random.choices(list(self._faults), list(self._faults.values()))[0]
        part = self.random.choice(self._parts)
        match kind:
            case "kill":
                part.kill()
                await asyncio.sleep(self.random.choice((0, 0, 1)))
                part.restart()
            case "stop" | "stop consumer":
                if kind == "stop consumer":
                    part = self.random.choice([part for part in self._parts if part.name.startswith("consumer")])
                part.signal(signal.SIGSTOP)
                await asyncio.sleep(self.random.choice((0.5, self._log.session_seconds + 2)))
                part.signal(signal.SIGCONT)
            case "replay":
                with suppress(Exception):  # the database may be on its way up
                    async with teller.acquire() as conn:
                        partition = self.random.randrange(PARTITIONS)
                        await operations.replay(conn, topic=TOPIC, partition=partition, after=self.random.randrange(20))
            case "restart database":
                await asyncio.to_thread(self._server.stop, immediately=True)
                await asyncio.to_thread(self._server.start)
            case "restart log":
                await asyncio.to_thread(self._log.take_away)
                await asyncio.sleep(self.random.uniform(0, 2))
                await asyncio.to_thread(self._log.bring_back)
        self.done[kind] += 1

    async def _heal(self, teller: Pool, listener: Pool) -> Books:
        until = time.monotonic() + _HEAL_SECONDS
        while True:
            for part in self._parts:
                part.see_that_it_lives()
            with suppress(Exception):
                books = await open_books(teller, listener)
                heard = sum(len(versions) for versions in books.heard.values())
                if heard > sum(books.written.values()) or not books.complaints() or time.monotonic() > until:
                    return books
            await asyncio.sleep(0.5)


async def open_books(teller: Pool, listener: Pool) -> Books:
    heard: dict[UUID, list[int]] = defaultdict(list)
    for row in await listener.fetch("SELECT key, version FROM journal ORDER BY number"):
        heard[row["key"]].append(row["version"])
    return Books(
        written={row["key"]: row["version"] for row in await teller.fetch("SELECT * FROM accounts")},
        heard=heard,
        facts={row["key"]: row["version"] for row in await listener.fetch("SELECT key, version FROM facts")},
        outbox=await teller.fetchval("SELECT count(*) FROM outbox"),
    )
