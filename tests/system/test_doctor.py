"""What is wrong with a deployment, as ``parity doctor`` finds it: each sickness is a real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.kafka.cluster import free_port
from deploy.local.postgres import PostgresServer
from shared.db import connect
from shared.settings import SERVICES
from tests.system.processes import parity

Look = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostgresServer, dict[str, str]]]:
    """Migrated databases with one person, and no service running."""
    folder = tmp_path_factory.mktemp("doctor")
    with PostgresServer(folder / "postgres", {"fsync": "off"}) as server:
        settings = {
            "PARITY_DATABASE_ADMIN": server.url(),
            "PARITY_DATABASE_IDENTITY": server.url("identity", "commitments"),
            "PARITY_LOG": server.url("log"),
            "PARITY_EVIDENCE": f"file://{folder}/evidence",
            **{f"PARITY_DATABASE_{service.upper()}": server.url(service, service) for service in SERVICES},
        }
        migrated = parity("migrate", environment=settings)
        assert migrated.returncode == 0, migrated.stderr
        made = parity(
            *("keys", "create", "joan@parity.example", "--name", "Joan", "--role", "administrator"),
            *("--organisation", "GB-NHS-QYG", "--organisation-name", "The ICB"),
            environment=settings,
        )
        assert made.returncode == 0, made.stderr
        yield server, settings


@pytest.fixture
def look(environment: tuple[PostgresServer, dict[str, str]]) -> Look:
    """``look(PARITY_LOG=…)``: what is wrong under these settings, by what it is wrong with."""

    def wrong(**settings: str) -> dict[str, Any]:
        looked = parity("doctor", "--json", environment=environment[1] | settings)
        findings = json.loads(looked.stdout)
        found = {one["what"]: one for one in findings if not one["ok"]}
        assert looked.returncode == (1 if found else 0), looked.stderr
        found.pop("commitments outbox", None)  # no service runs: after a minute the first organisation has waited too long
        assert looked.stderr == ""
        assert all(one["mend"] for one in found.values())
        return found

    return wrong


def test_a_sound_deployment_has_nothing_wrong(look: Look) -> None:
    assert look() == {}


def test_every_wrong_setting_is_named(look: Look) -> None:
    found = look(PARITY_EPOCH="zero")
    assert found["settings"]["found"].startswith("PARITY_EPOCH: ")


def test_a_database_that_does_not_answer_is_told_from_those_that_do(look: Look) -> None:
    found = look(PARITY_DATABASE_RETURNS=f"postgresql://returns@127.0.0.1:{free_port()}/returns")
    assert list(found) == ["returns database"]
    assert "PARITY_DATABASE_RETURNS" in found["returns database"]["mend"]


def test_a_database_that_is_not_named_is_not_guessed(look: Look) -> None:
    found = look(PARITY_DATABASE_ALERTS="")
    assert {name: one["found"] for name, one in found.items()} == {"alerts database": "PARITY_DATABASE_ALERTS is not set."}


def test_a_role_that_may_not_enter_is_named(look: Look, environment: tuple[PostgresServer, dict[str, str]]) -> None:
    found = look(PARITY_DATABASE_RETURNS=environment[0].url("returns", "nobody"))
    assert list(found) == ["returns database"]
    assert "nobody" in found["returns database"]["found"]


def test_a_broker_that_does_not_answer_is_named(look: Look) -> None:
    port = free_port()
    found = look(PARITY_LOG=f"kafka://127.0.0.1:{port}")
    assert list(found) == [f"{service} event log" for service in SERVICES]
    says = f"Kafka at 127.0.0.1:{port} cannot be reached. Is a broker running there, and is PARITY_LOG its address?"
    assert {one["found"] for one in found.values()} == {says}


def test_topics_that_nobody_has_made_yet_are_not_taken_for_silence(look: Look, kafka: Any) -> None:
    found = look(PARITY_LOG=f"kafka://{kafka.bootstrap}", PARITY_EPOCH="977")
    assert found["returns event log"]["found"] == "topics are missing: commitments.e977"
    assert found["returns event log"]["mend"].endswith("start commitments.")


def test_evidence_that_cannot_be_kept_is_found(look: Look, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert list(look(PARITY_EVIDENCE=f"file://{tmp_path}/file/evidence")) == ["evidence"]


async def test_a_clock_that_goes_wrong_is_found(look: Look, environment: tuple[PostgresServer, dict[str, str]]) -> None:
    """The database's own, as its role sees it: an hour ahead."""
    server, _ = environment
    conn = await connect(server.url("alerts"))
    try:
        await conn.execute("""
            CREATE SCHEMA skewed;
            GRANT USAGE ON SCHEMA skewed TO alerts;
            CREATE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql
                RETURN pg_catalog.clock_timestamp() + interval '1 hour';
            ALTER ROLE alerts IN DATABASE alerts SET search_path = skewed, pg_catalog, public;
        """)
        found = look()
        assert list(found) == ["alerts clock"]
        assert "NTP" in found["alerts clock"]["mend"]
    finally:
        await conn.execute("ALTER ROLE alerts IN DATABASE alerts RESET search_path; DROP SCHEMA skewed CASCADE")
        await conn.close()


async def test_a_migration_that_is_missing_is_named(look: Look, environment: tuple[PostgresServer, dict[str, str]]) -> None:
    server, settings = environment
    conn = await connect(server.url("aggregator"))
    try:
        taken = await conn.fetchrow("DELETE FROM schema_migrations WHERE name = 'aggregator/0001_aggregator' RETURNING *")
        found = look()
        assert found["aggregator database"]["found"] == "migrations are missing: aggregator/0001_aggregator"
        assert found["aggregator database"]["mend"] == "Run 'parity migrate'."
        await conn.execute("INSERT INTO schema_migrations SELECT ($1::schema_migrations).*", taken)
    finally:
        await conn.close()
    assert parity("migrate", environment=settings).stdout.strip() == "Everything is up to date."


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("dead-letters list", "PARITY_DATABASE_RETURNS is not set."),
        ("serve returns", "PARITY_DATABASE_RETURNS is not set."),
        ("migrate", "Set PARITY_DATABASE_ADMIN and every PARITY_DATABASE_… before migrating."),
    ],
)
def test_commands_do_not_guess_a_database(
    command: str, sentence: str, environment: tuple[PostgresServer, dict[str, str]]
) -> None:
    refused = parity(*command.split(), environment=environment[1] | {"PARITY_DATABASE_RETURNS": ""})
    assert (refused.returncode, refused.stderr.strip()) == (1, sentence)


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        ("migrate", {"PARITY_DATABASE_RETURNS": "nonsense"}),
        ("migrate", {"PARITY_DATABASE_ADMIN": "nonsense"}),
        ("dead-letters list", {"PARITY_DATABASE_RETURNS": "nonsense"}),
        ("serve returns", {"PARITY_DATABASE_RETURNS": "postgresql://returns@127.0.0.1:1/returns"}),
        ("replay", {"PARITY_LOG": "ftp://elsewhere"}),
        ("dead-letters list", {"PARITY_DATABASE_RETURNS": "postgresql://returns@nowhere.invalid/returns"}),
    ],
)
def test_a_wrong_address_is_one_sentence(
    command: str, settings: dict[str, str], environment: tuple[PostgresServer, dict[str, str]]
) -> None:
    refused = parity(*command.split(), environment=environment[1] | settings)
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
