"""Crash anything at any moment: every event takes effect exactly once. And controls: without a guard it would not."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from deploy.local.postgres import PostgresServer
from tests.event_logs import LogUnderTest, note
from tests.faults.storm import Books, Storm

KILLS = int(os.environ.get("PARITY_FAULTS_KILLS", "10"))
SEED = int(os.environ.get("PARITY_FAULTS_SEED", random.randrange(10**6)))


async def blow(
    log_under_test: LogUnderTest, server: PostgresServer, databases: Any, folder: Path, seed: int, kills: int, **options: Any
) -> Books:
    storm = Storm(
        server=server,
        teller=databases("spine", role="postgres"),
        listener=databases("spine", role="postgres"),
        log=log_under_test,
        folder=folder,
        seed=seed,
        **options,
    )
    books = await storm.run(kills)
    print(f"seed {seed}: {dict(storm.done)}; {books.outbox} events of {len(books.written)} keys")
    assert books.outbox > 100
    return books


async def test_after_a_storm_the_books_balance(
    request: pytest.FixtureRequest, log_under_test: LogUnderTest, log_server: PostgresServer, log_databases: Any, tmp_path: Path
) -> None:
    note(request, f"storm of {KILLS} kills with seed {SEED} on {type(log_under_test).__name__.removesuffix('UnderTest')}")
    books = await blow(log_under_test, log_server, log_databases, tmp_path, SEED, KILLS)
    assert books.complaints() == []


@pytest.mark.parametrize(
    ("without", "faults"), [("guard", {"stop consumer": 1}), ("filter", {"replay": 1, "kill": 1})], ids=["guard", "filter"]
)
async def test_control_without_it_they_do_not(
    log_under_test: LogUnderTest,
    log_server: PostgresServer,
    log_databases: Any,
    tmp_path: Path,
    without: str,
    faults: dict[str, int],
) -> None:
    books = await blow(
        log_under_test, log_server, log_databases, tmp_path, 1, 6, without=without, faults=faults, think_seconds=0.3
    )
    assert any("heard were" in complaint for complaint in books.complaints())
    assert sum(len(versions) for versions in books.heard.values()) > sum(books.written.values())
