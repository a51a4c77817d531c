"""``parity close-quarter`` and ``parity rebuild totals``: what the ICB publishes, and the proof that it is right."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli import places
from deploy.cli.authors import By, author
from deploy.cli.output import Json, fail, progress, result
from deploy.cli.places import Data

if TYPE_CHECKING:
    from services.aggregator.models.publications import Publication
    from services.aggregator.models.rebuilding import Rebuilt

rebuilding = typer.Typer(help="Build anew what was derived from events.", no_args_is_help=True)


@rebuilding.callback()
def _rebuild() -> None:
    """Keeps ``totals`` a word of its own, though it is the only one."""


def register(app: typer.Typer) -> None:
    app.command()(close_quarter)
    app.add_typer(rebuilding, name="rebuild")


def close_quarter(
    quarter: Annotated[str, typer.Argument(help="Such as 2026-27-Q2.")], by: By, data: Data = None, as_json: Json = False
) -> None:
    """Publish a quarter's totals under the next number."""
    made = asyncio.run(_close(quarter, by, data))
    text = f"{made.quarter} is closed: publication {made.number}, {made.totals} totals."
    result(made.model_dump(mode="json"), as_json=as_json, text=text)


async def _close(quarter: str, by: str, data: Path | None) -> Publication:
    from deploy.local.services import service_called
    from services.aggregator.actions.publishing import close_quarter
    from shared.access import Role
    from shared.quarters import Quarter
    from shared.service import Runtime

    try:
        wanted = Quarter.parse(quarter)
    except ValueError as error:
        fail(f"{quarter}: {error}.", 2)
    async with (
        places.settings(data) as settings_of,
        await Runtime.open(service_called("aggregator"), settings_of("aggregator")) as runtime,
    ):
        caller = await author(runtime.identity, by, Role.ICB_ANALYST)
        threshold = runtime.settings.small_number_threshold
        async with runtime.pool.acquire() as conn, conn.transaction():
            return await close_quarter(conn, wanted, at=runtime.clock.now(), by=caller.person_id, threshold=threshold)


@rebuilding.command()
def totals(
    swap: Annotated[bool, typer.Option("--swap", help="Put right what differs.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Build all totals anew from the event log, beside the live ones, and compare row by row.

    Exit code 1 where they differ. What was interrupted goes on where it stood.
    """
    found = asyncio.run(_rebuild_totals(swap, data))
    lines = [f"{table}: {rows} rows, {found.differing.get(table, 0)} differ" for table, rows in found.compared.items()]
    for one in found.differences:
        lines += [f"  {one.table}", f"    live     {one.live}", f"    from log {one.rebuilt}"]
    if found.differing:
        lines.append("Put right." if found.swapped else "Run 'parity rebuild totals --swap' to put this right.")
    result(found.model_dump(mode="json"), as_json=as_json, text="\n".join([f"{found.events} events", *lines]))
    if found.differing and not found.swapped:
        raise typer.Exit(1)


async def _rebuild_totals(swap: bool, data: Path | None) -> Rebuilt:
    from services.aggregator.rebuild import rebuild_totals
    from shared.log import open_log

    async with places.settings(data) as settings_of:
        settings = settings_of("aggregator")
        direct = settings.database_direct.get_secret_value() if settings.database_direct else settings.database("aggregator")
        log = await open_log(settings.log)
        try:
            with progress("Reading events") as tell:
                return await rebuild_totals(
                    direct,
                    log,
                    epoch=settings.epoch,
                    clock=await places.clock(settings_of),
                    swap=swap,
                    progress=lambda done, total: tell(done, total, ""),
                )
        finally:
            await log.close()
