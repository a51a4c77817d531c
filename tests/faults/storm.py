"""A storm: writers, two relays and two consumers, and somebody who kills, stops and restarts everything by a seeded plan."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from deploy.local.postgres import PostgresServer
from shared.db import Pool, connect_pool, unavailable
from shared.log.interface import PARTITIONS
from shared.spine import operations
from tests.event_logs import LogUnderTest
from tests.faults.books import Books, Verdict

ROOT = Path(__file__).resolve().parents[2]
FAULTS = {"kill": 10, "stop": 4, "replay": 2, "restart database": 2, "restart log": 2}
"""Kinds with their weights. ``replay`` is an operator's: everything in a partition is sent again.

Not part of a storm, since one consumer has to be made for it: ``wake late``, where it goes on with what it had read after the
other has taken its place.
"""

_SLEEPER = "consumer 1"

_HEAL_SECONDS = 300
"""So long may the books stay as they are."""


class PartDied(AssertionError):
    """A relay or consumer ended by itself: nobody had killed it."""


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

    def has_stopped(self) -> bool:
        """Whether it was stopped since one last asked."""
        return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG) is not None

    def see_that_it_lives(self) -> None:
        if self.process.poll() is not None:
            raise PartDied(f"{self.name} ended by itself with {self.process.returncode}; see {self._log.name}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)


class Storm:
    """``faults``: kinds with weights. ``without``: a control, see part.py; it ends as soon as something took effect twice."""

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
        books: Books,
        without: str | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self._server = server
        self._teller_url, self._listener_url = teller, listener
        self._log = log
        self._output = (folder / "parts.log").open("ab")
        self._faults = faults or FAULTS
        self._books = books
        self._plan = self.random.sample(list(self._faults), len(self._faults))  # each kind once; then by weight
        self._without = without
        self._options = ["--without", without] if without else []
        self._parts: list[Part] = []
        self._writing = True

    async def run(self, kills: int) -> Verdict:
        """Blow until ``kills`` faults have happened, heal, wait while more is heard, and open the books."""
        teller, listener = await connect_pool(self._teller_url, min_size=0), await connect_pool(self._listener_url, min_size=0)
        await self._books.prepare(teller, listener)
        writers = [asyncio.ensure_future(self._write(teller, random.Random(self.random.random()))) for _ in range(4)]
        try:
            self._start()
            await asyncio.sleep(2)
            while self.done.total() - self.done["replay"] < kills and not await self._refuted(teller, listener):
                await asyncio.sleep(self.random.uniform(0.1, 0.8))
                await self._strike(teller, listener)
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
                name = f"{what} {number}"
                arguments = [what, self._books.name, "--database", database, *common, *self._options]
                if name == _SLEEPER and "wake late" in self._faults:
                    arguments.append("--stops-itself")
                self._parts.append(Part(name, arguments, self._output))

    async def _write(self, pool: Pool, chance: random.Random) -> None:
        write = self._books.writer(chance)
        while self._writing:
            try:
                async with pool.acquire() as conn, conn.transaction():
                    await write(conn)
            except Exception as error:
                if not unavailable(error):
                    raise
                await asyncio.sleep(0.1)
            await asyncio.sleep(chance.uniform(0, 0.02))

    async def _strike(self, teller: Pool, listener: Pool) -> None:
        if not self._plan:
            self._plan = self.random.choices(list(self._faults), list(self._faults.values()))
        kind = self._plan.pop()
        part = self.random.choice(self._parts)
        match kind:
            case "kill":
                part.kill()
                await asyncio.sleep(self.random.choice((0, 0, 1)))
                part.restart()
            case "stop":
                part.signal(signal.SIGSTOP)
                await asyncio.sleep(self.random.choice((0.5, self._log.session_seconds + 2)))
                part.signal(signal.SIGCONT)
            case "wake late":
                await self._wake_late(teller, listener)
            case "replay":
                with suppress(Exception):  # the database may be on its way up
                    async with teller.acquire() as conn:
                        topic, partition = self.random.choice(self._books.topics), self.random.randrange(PARTITIONS)
                        await operations.replay(conn, topic=topic, partition=partition, after=self.random.randrange(20))
            case "restart database":
                await asyncio.to_thread(self._server.stop, immediately=True)
                await asyncio.to_thread(self._server.start)
            case "restart log":
                await asyncio.to_thread(self._log.take_away)
                await asyncio.sleep(self.random.uniform(0, 2))
                await asyncio.to_thread(self._log.bring_back)
        self.done[kind] += 1

    async def _wake_late(self, teller: Pool, listener: Pool) -> None:
        """The sleeper stops itself between reading and applying. Let it go on once the other has applied what it read."""
        sleeper = next(part for part in self._parts if part.name == _SLEEPER)
        until = time.monotonic() + _HEAL_SECONDS
        while not sleeper.has_stopped():
            sleeper.see_that_it_lives()
            assert time.monotonic() < until, f"{sleeper.name} reads nothing"
            await asyncio.sleep(0.1)
        numbered = await teller.fetch("SELECT topic, partition, numbered FROM relay_watermarks")
        before = await self._positions(listener)
        waiting = {(topic, number) for topic, number, last in numbered if last > before[topic, number]}
        while waiting:
            assert time.monotonic() < until, f"{sleeper.name} was stopped, and nobody goes on with {sorted(waiting)}"
            await asyncio.sleep(0.2)
            after = await self._positions(listener)
            waiting = {partition for partition in waiting if after[partition] == before[partition]}
        sleeper.signal(signal.SIGCONT)

    async def _positions(self, listener: Pool) -> dict[tuple[str, int], int]:
        rows = await listener.fetch("SELECT topic, partition, position FROM consumer_positions")
        return {(topic, number): position for topic, number, position in rows}

    async def _refuted(self, teller: Pool, listener: Pool) -> bool:
        return self._without is not None and (await self._books.verdict(teller, listener)).hopeless

    async def _heal(self, teller: Pool, listener: Pool) -> Verdict:
        until, before = 0.0, None
        while True:
            for part in self._parts:
                part.see_that_it_lives()
            verdict = await self._books.verdict(teller, listener)
            if verdict != before:
                until, before = time.monotonic() + _HEAL_SECONDS, verdict
            if verdict.hopeless or not verdict.complaints or time.monotonic() > until:
                return verdict
            await asyncio.sleep(0.5)
