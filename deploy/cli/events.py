"""``parity replay`` and ``parity dead-letters``: what an operator does when an event did not arrive or could not be applied."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import places
from deploy.cli.output import Json, fail, result
from deploy.cli.places import Data

OWNERS = {"commitments": "commitments", "returns": "returns", "alerts": "alerts", "icb-totals": "aggregator"}
"""Which service tells each topic."""

letters = typer.Typer(help="Events that a service could not apply.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(replay)
    app.add_typer(letters, name="dead-letters")


def replay(
    topic: Annotated[str | None, typer.Option(help="Send this topic again, and not only what is missing.")] = None,
    partition: Annotated[int | None, typer.Option(min=0, max=11, help="Only this partition of the topic.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Send everything above this position again.")] = 0,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Send events again that the log has lost.

    Listeners skip what they know. Without --topic it looks for what any service is missing, and sends that.
    """
    _known(topic)
    if topic is None and (partition is not None or after):
        fail("Name the topic too: --topic returns --partition 3 --after 120.", 2)
    sent = asyncio.run(_replay(topic, partition, after, data))
    lines = [f"{one['topic']}/{one['partition']}: everything above position {one['after']} is sent again" for one in sent]
    result(sent, as_json=as_json, text="\n".join(lines) or "Nothing is missing.")


def _known(topic: str | None) -> None:
    if topic is not None and topic not in OWNERS:
        fail(f"There is no topic {topic}. Topics are {', '.join(OWNERS)}.", 2)


async def _replay(topic: str | None, partition: int | None, after: int, data: Path | None) -> list[dict[str, Any]]:
    from shared.log.interface import PARTITIONS
    from shared.settings import SERVICES
    from shared.spine import operations

    async with places.settings(data) as settings_of:
        wanted: dict[tuple[str, int], int] = {}
        if topic is not None:
            wanted = {(topic, number): after for number in (range(PARTITIONS) if partition is None else [partition])}
        else:
            for service in SERVICES:
                async with places.pool(settings_of, service) as pool:
                    for hole in await operations.holes(pool):
                        place = (hole.topic, hole.partition)
                        wanted[place] = min(hole.first - 1, wanted.get(place, hole.first - 1))
        sent = []
        for (name, number), position in sorted(wanted.items()):
            async with places.pool(settings_of, OWNERS[name]) as pool, pool.acquire() as conn:
                if await operations.replay(conn, topic=name, partition=number, after=position):
                    sent.append({"topic": name, "partition": number, "after": position})
        return sent


@letters.command("list")
def list_letters(data: Data = None, as_json: Json = False) -> None:
    """What waits in every service, and why."""
    found = asyncio.run(_list(data))
    lines = [
        f"{one['service']}: {one['topic']}/{one['partition']} position {one['position']} {one['type']} of {one['key']}: "
        f"{_first_line(one['error']) or 'waits behind an earlier one'}"
        for one in found
    ]
    result(found, as_json=as_json, text="\n".join(lines) or "Nothing waits.")


async def _list(data: Path | None) -> list[dict[str, Any]]:
    from shared.settings import SERVICES
    from shared.spine.dead_letters import dead_letters

    found = []
    async with places.settings(data) as settings_of:
        for service in SERVICES:
            async with places.pool(settings_of, service) as pool:
                found += [{"service": service, **dataclasses.asdict(letter)} for letter in await dead_letters(pool)]
    return found


@letters.command()
def retry(
    topic: Annotated[str | None, typer.Option(help="Only events of this topic.")] = None,
    key: Annotated[str | None, typer.Option(help="Only events of this key (a contract's id).")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Apply what waits, after its cause was mended.

    All events of a key are applied in their order, or none of them. Exit code 1 where some still cannot be applied.
    """
    _known(topic)
    tried = asyncio.run(_retry(topic, key, data))
    lines = [
        f"{one['service']}: {one['topic']} {one['key']}: " + (_first_line(one["error"]) or f"{one['applied']} events applied")
        for one in tried
    ]
    result(tried, as_json=as_json, text="\n".join(lines) or "Nothing waits.")
    if any(one["error"] for one in tried):
        raise typer.Exit(1)


def _first_line(error: str | None) -> str:
    """The rest is PostgreSQL's DETAIL; --json has it."""
    return (error or "").partition("\n")[0]


async def _retry(topic: str | None, key: str | None, data: Path | None) -> list[dict[str, Any]]:
    from deploy.local.services import service_called
    from shared.settings import SERVICES
    from shared.spine import dead_letters

    tried = []
    async with places.settings(data) as settings_of:
        at = (await places.clock(settings_of)).now()
        for name in SERVICES:
            handlers = service_called(name).under(settings_of(name)).handlers
            if handlers is None:
                continue
            async with places.pool(settings_of, name) as pool:
                for one in await dead_letters.retry(pool, handlers, at=at, topic=topic, key=key):
                    tried.append({"service": name, **dataclasses.asdict(one)})
    return tried
