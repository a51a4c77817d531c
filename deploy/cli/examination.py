"""What ``parity doctor`` looks at. Every finding says what was found and, where that is wrong, how to mend it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from deploy.cli.events import OWNERS
from deploy.cli.places import SettingsOf, configured, database, pool, wrong_settings
from deploy.database.provision import LOG
from deploy.kafka.topics import missing_topics
from deploy.local.services import service_called
from services.returns.store.files import evidence_store
from shared.db import Connection, Pool, connect, reason
from shared.log import open_log
from shared.log.interface import topic_in
from shared.migrations import IDENTITY, SPINE, pending
from shared.settings import SERVICES, Settings
from shared.spine import operations, store

_SKEW = timedelta(seconds=2)
_WAITING_SECONDS = 60
_ANSWER_SECONDS = 15


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    found: str
    mend: str = ""


async def examine(settings_of: SettingsOf) -> list[Finding]:
    try:
        settings_by = {service: settings_of(service) for service in SERVICES}
    except ValidationError as error:
        mend = "Set it as docs/operations.md says; then look again."
        return [Finding("settings", False, f"{name}: {why}", mend) for name, why in wrong_settings(error)]
    findings = [Finding("settings", True, "all can be read")]
    for service, settings in settings_by.items():
        findings += await _service(service, settings_of)
        findings.append(await _identity(service, settings))
        findings.append(await _log(service, settings))
    findings.append(await _evidence(settings_by["returns"]))
    return findings


async def _service(service: str, settings_of: SettingsOf) -> list[Finding]:
    what = f"{service} database"
    try:
        async with asyncio.timeout(_ANSWER_SECONDS), pool(settings_of, service) as opened, opened.acquire() as conn:
            missing = await pending(conn, SPINE, service_called(service).migrations)
            if missing:
                return [Finding(what, False, f"migrations are missing: {', '.join(missing)}", _how_to_migrate())]
            return [Finding(what, True, "reachable, migrated"), await _clock(service, conn), *await _spine(service, opened)]
    except Exception as error:
        mend = f"Check PARITY_DATABASE_{service.upper()}; then run 'parity migrate'."
        return [Finding(what, False, reason(error), mend)]


async def _clock(service: str, conn: Connection) -> Finding:
    there = await conn.fetchval("SELECT clock_timestamp()")
    skew = abs(datetime.now(UTC) - there)
    return Finding(
        f"{service} clock",
        skew <= _SKEW,
        f"{skew.total_seconds():.1f} seconds from this machine's",
        "" if skew <= _SKEW else "Let both machines keep time by NTP: deadlines are decided by the service's clock.",
    )


async def _spine(service: str, opened: Pool) -> list[Finding]:
    waiting = await store.waiting(opened, datetime.now(UTC) - timedelta(minutes=1))
    late = waiting["oldest"] > _WAITING_SECONDS
    buried = waiting["dead_letters"]
    holes = await operations.holes(opened)
    missing = ", ".join(f"{hole.topic}/{hole.partition} positions {hole.first} to {hole.last}" for hole in holes)
    return [
        Finding(
            f"{service} outbox",
            not late,
            f"{waiting['unsent']} events wait to be sent" + (f", the oldest for {waiting['oldest']:.0f} seconds" if late else ""),
            f"Is the {service} service running, and does its /ready say why it does not send?" if late else "",
        ),
        Finding(
            f"{service} dead letters",
            not buried,
            f"{buried} events could not be applied",
            "Look with 'parity dead-letters list', mend the cause, then 'parity dead-letters retry'." if buried else "",
        ),
        Finding(
            f"{service} positions",
            not holes,
            f"missing: {missing}" if holes else "no event is missing",
            "Send them again with 'parity replay'." if holes else "",
        ),
    ]


async def _identity(service: str, settings: Settings) -> Finding:
    what = f"{service} reads identity"
    try:
        conn = await connect(database(settings, "identity"), name="parity doctor")
        try:
            if missing := await pending(conn, IDENTITY):
                return Finding(what, False, f"migrations are missing: {', '.join(missing)}", _how_to_migrate())
            people = await conn.fetchval("SELECT count(*) FROM people WHERE removed_at IS NULL")
        finally:
            await conn.close()
    except Exception as error:
        return Finding(what, False, reason(error), "Check PARITY_DATABASE_IDENTITY; then run 'parity migrate'.")
    nobody = people == 0 and service == "commitments"  # which keeps them: said once
    return Finding(what, not nobody, f"{people} people", "Make the first with 'parity keys create'." if nobody else "")


async def _log(service: str, settings: Settings) -> Finding:
    what = f"{service} event log"
    kind, _, _ = settings.log.partition(":")
    handlers = service_called(service).handlers
    topics = [topic_in(settings.epoch, topic) for topic in (handlers.topics if handlers else ())]
    try:
        if kind.startswith("postgres"):
            conn = await connect(settings.log, name="parity doctor")
            try:
                if missing := await pending(conn, LOG):
                    return Finding(what, False, f"migrations are missing: {', '.join(missing)}", _how_to_migrate())
            finally:
                await conn.close()
        elif missing := await missing_topics(settings.log, topics):
            tellers = sorted({OWNERS[topic] for topic in handlers.topics} if handlers else ())
            mend = f"Each service makes its own when it starts: start {', '.join(tellers)}."
            return Finding(what, False, f"topics are missing: {', '.join(missing)}", mend)
        log = await open_log(settings.log)
        try:
            held = sum((await log.last_positions(topics)).values())
        finally:
            await log.close()
    except Exception as error:
        return Finding(what, False, reason(error), "Check PARITY_LOG, and that the broker or database it names is up.")
    return Finding(what, True, f"{kind}, epoch {settings.epoch}: {held} events in the topics that {service} hears")


async def _evidence(settings: Settings) -> Finding:
    folder = settings.evidence_folder()
    if folder is None:
        return await _bucket(settings.evidence)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding("evidence", False, f"{folder}: {error.strerror}", "Make the folder writable, or set PARITY_EVIDENCE.")
    return Finding("evidence", True, f"{folder} is writable")


async def _bucket(url: str) -> Finding:
    """Written, and not only looked at: that is what a return needs."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await evidence_store(url).put_async(".doctor", b"")
    except Exception as error:
        return Finding(
            "evidence", False, f"{url}: {reason(error)}", "Check PARITY_EVIDENCE and the AWS_… variables of its bucket."
        )
    return Finding("evidence", True, f"{url} is writable")


def _how_to_migrate() -> str:
    return "Run 'parity migrate'." if configured() else "Stop Parity and start it again: that migrates."
