"""What a storm's writers write, and how one sees afterwards that every event took effect exactly once."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from shared.db import Connection, Pool
from shared.events import EVENTS
from shared.events.envelope import Event
from shared.ids import new_id
from shared.obligations import Place
from shared.spine import publish
from tests.aggregator.builders import AFTER_Q2, FTE, HOURS, Q1, Q2, RATIO, Contract, Return
from tests.aggregator.plain_fold import kept_totals, plain_fold
from tests.spine_world import AT, TABLES, TOPIC, event

Write = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True)
class Verdict:
    complaints: list[str]
    """Empty where the books balance."""
    hopeless: bool
    """Whether waiting cannot mend it: something took effect twice."""


class Books(Protocol):
    name: str
    listener: str
    """Which database the listener has."""
    topics: tuple[str, ...]

    async def prepare(self, teller: Pool, listener: Pool) -> None: ...

    def writer(self, chance: random.Random) -> Write:
        """One writer: what it does in each of its transactions. Nobody else writes its keys."""

    async def verdict(self, teller: Pool, listener: Pool) -> Verdict: ...


class Journal:
    """Versions of accounts; the listener writes down every application, so that a second one of the same event shows."""

    name = "journal"
    listener = "spine"
    topics = (TOPIC,)

    async def prepare(self, teller: Pool, listener: Pool) -> None:
        await teller.execute("CREATE TABLE accounts (key uuid PRIMARY KEY, version int NOT NULL)")
        await listener.execute(TABLES)

    def writer(self, chance: random.Random) -> Write:
        keys = [new_id() for _ in range(20)]

        async def write(conn: Connection) -> None:
            for key in chance.sample(keys, 3):
                version = await conn.fetchval(
                    """
                    INSERT INTO accounts VALUES ($1, 1)
                    ON CONFLICT (key) DO UPDATE SET version = accounts.version + 1 RETURNING version
                    """,
                    key,
                )
                await publish(conn, event(key, version), at=AT)

        return write

    async def verdict(self, teller: Pool, listener: Pool) -> Verdict:
        written = {row["key"]: row["version"] for row in await teller.fetch("SELECT * FROM accounts")}
        facts = {row["key"]: row["version"] for row in await listener.fetch("SELECT key, version FROM facts")}
        heard: dict[UUID, list[int]] = defaultdict(list)
        for row in await listener.fetch("SELECT key, version FROM journal ORDER BY number"):
            heard[row["key"]].append(row["version"])
        complaints = []
        if (events := await teller.fetchval("SELECT count(*) FROM outbox")) != sum(written.values()):
            complaints.append(f"{sum(written.values())} changes were written, and {events} events")
        for key, version in written.items():
            if heard[key] != list(range(1, version + 1)):
                complaints.append(f"{key}: {version} versions were written, heard were {heard[key][:50]}")
            if facts.get(key, 0) != version:
                complaints.append(f"{key}: version {version} was written, the fact stands at {facts.get(key)}")
        return Verdict(complaints, hopeless=any(len(set(versions)) < len(versions) for versions in heard.values()))


class Totals:
    """Returns that are approved and restated; the listener is the aggregator, whose totals must equal a plain fold."""

    name = "totals"
    listener = "aggregator"
    topics = ("commitments", "returns")

    async def prepare(self, teller: Pool, listener: Pool) -> None: ...

    def writer(self, chance: random.Random) -> Write:
        places = {Place.WIRRAL: "0.6", Place.HALTON: "0.4"}
        contracts = [Contract(places=places if nth % 2 else {}) for nth in range(4)]
        returns = [contract.owes(HOURS, FTE, RATIO, quarter=quarter) for contract in contracts for quarter in (Q1, Q2)]
        told: set[UUID] = set()

        async def write(conn: Connection) -> None:
            some = chance.choice(returns)
            if some.return_id not in told:
                await publish(conn, *some.all(chance.randrange(100), "1.5", (chance.randrange(90), 90)), at=AFTER_Q2)
                told.add(some.return_id)
            else:
                await publish(conn, *(restate(some) for _ in range(3)), at=AFTER_Q2)

        def restate(some: Return) -> Event:
            nth = chance.randrange(3)
            amount = (chance.randrange(90), 90) if nth == 2 else chance.randrange(1000)
            return some.restated(amount, nth, at=AFTER_Q2 + timedelta(days=1))

        return write

    async def verdict(self, teller: Pool, listener: Pool) -> Verdict:
        rows = await teller.fetch("SELECT type, data FROM outbox ORDER BY number")
        expected = plain_fold(EVENTS[row["type"]].model_validate(row["data"]) for row in rows)
        kept = await kept_totals(listener)
        wrong = {key for key in expected.keys() | kept.keys() if expected.get(key) != kept.get(key)}
        return Verdict([f"{key}: {expected.get(key)} was told, {kept.get(key)} is kept" for key in wrong], hopeless=False)
