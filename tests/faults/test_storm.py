"""Crash anything at any moment: every event takes effect exactly once. And controls: without a guard it would not."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from deploy.local.postgres import PostgresServer
from shared.db import connect
from tests.event_logs import LogUnderTest, note
from tests.faults.books import Books, Journal, Totals, Verdict
from tests.faults.storm import Storm

KILLS = int(os.environ.get("PARITY_FAULTS_KILLS", "10"))
SEED = int(os.environ.get("PARITY_FAULTS_SEED", random.randrange(10**6)))


async def blow(
    log_under_test: LogUnderTest,
    server: PostgresServer,
    databases: Any,
    folder: Path,
    seed: int,
    kills: int,
    books: Books,
    **options: Any,
) -> Verdict:
    teller, listener = databases("spine", role="postgres"), databases(books.listener, role="postgres")
    storm = Storm(
        server=server, teller=teller, listener=listener, log=log_under_test, folder=folder, seed=seed, books=books, **options
    )
    verdict = await storm.run(kills)
    conn = await connect(teller)
    events = await conn.fetchval("SELECT count(*) FROM outbox")
    await conn.close()
    print(f"seed {seed}: {dict(storm.done)}; {events} events")
    assert events > 100 or verdict.hopeless
    return verdict


@pytest.mark.parametrize("books", [Journal(), Totals()], ids=lambda books: books.name)
async def test_after_a_storm_the_books_balance(
    request: pytest.FixtureRequest,
    log_under_test: LogUnderTest,
    log_server: PostgresServer,
    log_databases: Any,
    tmp_path: Path,
    books: Books,
) -> None:
    note(
        request,
        f"storm of {KILLS} kills with seed {SEED} on {type(log_under_test).__name__.removesuffix('UnderTest')}: {books.name}",
    )
    verdict = await blow(log_under_test, log_server, log_databases, tmp_path, SEED, KILLS, books)
    assert verdict.complaints == []


async def test_who_wakes_late_finds_its_place_taken(
    log_under_test: LogUnderTest, log_server: PostgresServer, log_databases: Any, tmp_path: Path
) -> None:
    verdict = await blow(log_under_test, log_server, log_databases, tmp_path, 1, 2, Journal(), faults={"wake late": 1})
    assert verdict.complaints == []


@pytest.mark.parametrize(
    ("without", "faults"), [("guard", {"wake late": 1}), ("filter", {"replay": 1, "kill": 1})], ids=["guard", "filter"]
)
async def test_control_without_it_they_do_not(
    log_under_test: LogUnderTest,
    log_server: PostgresServer,
    log_databases: Any,
    tmp_path: Path,
    without: str,
    faults: dict[str, int],
) -> None:
    verdict = await blow(log_under_test, log_server, log_databases, tmp_path, 1, 50, Journal(), without=without, faults=faults)
    assert verdict.hopeless
    assert verdict.complaints
