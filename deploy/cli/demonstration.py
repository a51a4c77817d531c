"""``parity demo``, ``parity demo advance`` and ``parity simulate``: histories that are made up, to look at and to measure."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import places
from deploy.cli.output import Json, fail, progress, result, say
from deploy.cli.places import Data
from deploy.cli.services import Host, Port

demonstration = typer.Typer()


def register(app: typer.Typer) -> None:
    app.add_typer(demonstration, name="demo")
    app.command()(simulate)


@demonstration.callback(invoke_without_command=True)
def demo(context: typer.Context, port: Port = 8000, host: Host = "127.0.0.1", data: Data = None) -> None:
    """A small region's history to look at.

    It is loaded, unless that was done, and served. Its time can be moved on, see 'parity demo advance --help'.
    """
    if context.invoked_subcommand is not None:
        return
    from deploy.demo.showing import show
    from deploy.local.folder import default_folder
    from shared import logs

    logs.configure(as_json=False)
    show(data or default_folder(), host=host, port=port, say=say)


@demonstration.command()
def advance(
    to: Annotated[str, typer.Option(help="The day to move to, such as 2027-01-05; it will be noon there.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Move the demonstration's time on.

    It lives through every day between: returns open, come late, escalate. 'make demo' may run meanwhile.
    """
    try:
        day = date.fromisoformat(to)
    except ValueError:
        fail(f"{to} is no day. Write it like 2027-01-05.", 2)
    stands = _advance(day, data)
    result({"present": stands}, as_json=as_json, text=f"The demonstration stands at noon of {day}.")


@demonstration.command()
def links(data: Data = None, as_json: Json = False) -> None:
    """Print fresh one-time links to sign in with. 'make demo' may run meanwhile."""
    paths, text = asyncio.run(_links(data))
    result(paths, as_json=as_json, text=text)


async def _links(data: Path | None) -> tuple[dict[str, str], str]:
    from deploy.database.provision import connected
    from deploy.demo import links as made
    from deploy.demo.scenario import read
    from deploy.local.folder import DataFolder, default_folder
    from shared.identity.present import present

    folder, scenario = data or default_folder(), read()
    async with places.settings(data) as settings_of, connected(settings_of("commitments").database("identity")) as conn:
        if await present(conn) is None:
            fail("This is no demonstration: people sign in with their passwords. See 'parity people link --help'.")
        paths = await made.make(conn, scenario)
        url = settings_of("commitments").public_url if places.configured() else DataFolder(folder).holder().get("url", "")
    return paths, made.shown(scenario, paths, url, "" if folder == default_folder() else f" --data {folder}")


def _advance(day: date, data: Path | None) -> str:
    from deploy.demo.advancing import advance_here, advance_there
    from deploy.demo.scenario import noon
    from deploy.local.folder import DataFolder, default_folder

    folder, to = data or default_folder(), noon(day)
    running = None if places.configured() else DataFolder(folder).holder()
    with progress("Days lived through") as tell:

        def lived(number: int, total: int) -> None:
            tell(number, total, "")

        async def here() -> None:
            async with places.settings(data) as settings_of:
                await advance_here(settings_of, to, lived)

        if running:
            advance_there(running, folder, to, lived)
        else:
            asyncio.run(here())
    return to.isoformat()


def simulate(
    contracts: Annotated[int, typer.Option(help="How many contracts.", min=1, max=1_000_000)],
    quarters: Annotated[int, typer.Option(help="How many quarters of history.", min=1, max=40)] = 4,
    seed: Annotated[int, typer.Option(help="The same seed makes the same region.", min=0)] = 1,
    as_events: Annotated[
        bool, typer.Option("--as-events", help="Only tell its events, for regions too large to act out.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make up a region and its history, in an empty deployment. Look at it with 'parity up --data …'.

    Without --as-events everything is done by the services' own actions, some hundred lines a second.
    """
    from deploy.local.folder import default_folder

    where = data or default_folder() / "simulated"
    made = asyncio.run(_simulate(contracts, quarters, seed, as_events, where))
    text = f"{made['contracts']} contracts over {made['quarters']} quarters, {made['lines']} lines."
    if not places.configured():
        text += f" Look at them with: parity up --data {where}"
    result(made, as_json=as_json, text=text)


async def _simulate(contracts: int, quarters: int, seed: int, as_events: bool, where: Path) -> dict[str, int]:
    from deploy.simulation.events import lines_in
    from deploy.simulation.region import region
    from deploy.simulation.simulating import act_out, tell_events
    from shared.quarters import Quarter, local_date
    from shared.settings import Settings

    if places.configured() and Settings().deployment != "demonstration":
        fail("This deployment is production, and nothing is made up there. Set PARITY_DEPLOYMENT=demonstration for a trial.")
    # The same all quarter long, so that the seed alone decides and an interrupted one can go on another day.
    present = Quarter.of(local_date(datetime.now(UTC))).previous().last_day
    scenario = region(contracts=contracts, quarters=quarters, seed=seed, present=present)
    made = {"contracts": contracts, "quarters": quarters, "seed": seed, "lines": lines_in(scenario)}
    async with places.settings(where, create=True) as settings_of:
        with progress("Simulating") as tell:
            if as_events:
                made["events"] = await tell_events(scenario, settings_of, seed, tell)
            else:
                await act_out(scenario, settings_of, tell)
    return made
