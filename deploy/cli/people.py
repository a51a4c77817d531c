"""``parity people link``: a one-time link by which somebody sets a password, the first administrator above all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import places
from deploy.cli.output import Json, fail, result
from deploy.cli.places import Data

people = typer.Typer(help="People who sign in.", no_args_is_help=True)


@people.callback()
def _people() -> None:
    """People who sign in."""


def register(app: typer.Typer) -> None:
    app.add_typer(people, name="people")


@people.command()
def link(
    email: Annotated[str, typer.Argument(help="Whose password is to be set.")], data: Data = None, as_json: Json = False
) -> None:
    """Make a one-time link to set a password with. It is good for three days; links made before are good no more.

    The first administrator is made by 'parity keys create --name … --role administrator …'.
    """
    url = asyncio.run(_link(email, data))
    result({"url": url}, as_json=as_json, text=f"{url}\nThis is the only time that the link is shown.")


async def _link(email: str, data: Path | None) -> str:
    from deploy.database.provision import connected
    from deploy.local.folder import DataFolder, default_folder
    from services.commitments.actions.signing_in import make_link
    from shared.identity.people import by_email
    from shared.origin import link as path_to
    from shared.service import clock_of

    async with places.settings(data) as settings_of, connected(settings_of("commitments").database("identity")) as conn:
        person = await by_email(conn, email)
        if person is None:
            fail(f"Nobody has the address {email}. Add somebody with 'parity keys create --name … --role … --organisation …'.")
        async with conn.transaction():
            secret = await make_link(conn, person.id, at=(await clock_of(settings_of("commitments"), conn)).now())
        running = {} if places.configured() else DataFolder(data or default_folder()).holder()
        url = running.get("url") or settings_of("commitments").public_url
    return f"{url}{path_to('commitments', f'/links/{secret}')}"
