"""``parity demo``: loads the demonstration where it is not loaded, serves it, and says what to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from deploy.cli.output import progress
from deploy.database.provision import connected
from deploy.demo import keys, links
from deploy.demo.playing import play
from deploy.demo.scenario import Scenario, at_work, read
from deploy.local.folder import CannotStart, default_folder
from deploy.local.postgres import PostgresServer
from deploy.local.run import up
from deploy.local.runtimes import present_of, runtimes
from services.commitments.actions.people import create_key
from shared.clock import DemonstrationClock
from shared.identity import people
from shared.pages.assets import assets
from shared.quarters import local_date
from shared.scopes import usual_scopes
from shared.service import Runtime


class NotFresh(CannotStart):
    """This folder holds contracts of its own, and the demonstration is not mixed with them. Name another folder with --data."""


def show(data: Path, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until told to stop. A load that was interrupted goes on where it stood."""
    scenario = read()
    where = "" if data == default_folder() else f" --data {data}"
    paths: dict[str, str] = {}
    assets()  # where they are missing, said before the history is loaded

    async def prepare(server: PostgresServer) -> None:
        await load(scenario, server)
        async with connected(server.url("identity")) as conn:
            paths.update(await links.make(conn, scenario))

    def started(url: str) -> None:
        say(links.shown(scenario, paths, url, where) + _what_to_look_at(scenario, keys.read(data), url, where))

    up(data, host=host, port=port, say=say, prepare=prepare, started=started)


async def load(scenario: Scenario, server: PostgresServer) -> None:
    """Play the scenario on the databases of ``server``, with a progress bar. Raises NotFresh."""
    stood = await present_of(server)
    folder = server.folder.parent
    if stood is not None and local_date(stood) >= scenario.present and keys.read(folder):
        return
    async with connected(server.url("commitments")) as conn:
        if stood is None and await conn.fetchval("SELECT EXISTS (SELECT FROM contracts)"):
            raise NotFresh(NotFresh.__doc__)
    clock = DemonstrationClock(at_work(scenario.begins - timedelta(days=1)) if stood is None else stood)
    begins = scenario.begins if stood is None else local_date(stood)
    async with _hurried(server), runtimes(server, clock) as opened:
        total = (scenario.present - begins).days + 1
        with progress("Loading the demonstration") as tell:

            def day_done(day: date) -> None:
                tell((day - begins).days + 1, total, f"Living through {day:%B %Y}")

            await play(scenario, opened, clock, day_done=day_done)
        keys.write(folder, await _make_keys(scenario, opened[0], at=clock.now()))


@asynccontextmanager
async def _hurried(server: PostgresServer) -> AsyncIterator[None]:
    """Commits need not wait for the disk: what a crash takes is played again."""
    async with connected(server.url()) as conn:
        await conn.execute("ALTER SYSTEM SET synchronous_commit = off")
        await conn.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await conn.execute("ALTER SYSTEM RESET synchronous_commit")
            await conn.execute("SELECT pg_reload_conf()")


async def _make_keys(scenario: Scenario, commitments: Runtime, *, at: datetime) -> dict[str, str]:
    """The secret of everybody who is shown, by what they are shown as."""
    secrets = {}
    async with commitments.identity.acquire() as conn, conn.transaction():
        for person in scenario.shown():
            known = await people.by_email(conn, person.email)
            assert known is not None  # noqa: S101 - the scenario has just made them
            _, secrets[person.shown_as or ""] = await create_key(
                conn, known.id, "demonstration", usual_scopes(person.roles), at=at
            )
    return secrets


def _what_to_look_at(scenario: Scenario, secrets: dict[str, str], url: str, where: str) -> str:
    lines = ["", "API keys, for the Authorization header:"]
    for person in scenario.shown():
        lines.append(f"  {person.shown_as:17} {person.name:15} {secrets.get(person.shown_as or '', 'unknown')}")
    manager, supplier, analyst = (secrets.get(name, "") for name in ("contract manager", "supplier", "ICB analyst"))

    def curl(key: str, path: str) -> str:
        return f"  curl -H 'Authorization: Bearer {key}' '{url}{path}'"

    lines += [
        "",
        "What the trust has bought, and what it was promised:",
        curl(manager, "/commitments/api/v1/contracts"),
        "What waits for the supplier, and what was said:",
        curl(supplier, "/returns/api/v1/returns"),
        "What fell short, came late or waits for an answer:",
        curl(manager, "/alerts/api/v1/alerts?unresolved=true"),
        "What the region delivered in a quarter, beside how much of it is known:",
        curl(analyst, "/icb/api/v1/totals?quarter=2026-27-Q2"),
        "",
        "Move time on and watch returns fall due, come late and escalate:",
        f"  .venv/bin/parity demo advance --to 2027-01-05{where}",
        "",
    ]
    return "\n".join(lines)
