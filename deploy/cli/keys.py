"""``parity keys create``: an API key for somebody, and on a new deployment the first somebody."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli import places
from deploy.cli.output import Json, fail, result
from deploy.cli.places import Data

if TYPE_CHECKING:
    from uuid import UUID

    from shared.db import Connection
    from shared.service import Runtime

keys = typer.Typer(help="API keys.", no_args_is_help=True)


class RoleName(StrEnum):
    """As shared.access.Role; named again so that --help need not import it."""

    CONTRACT_MANAGER = "contract_manager"
    SUPPLIER_EDITOR = "supplier_editor"
    SUPPLIER_CERTIFIER = "supplier_certifier"
    ICB_ANALYST = "icb_analyst"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


@keys.callback()
def _keys() -> None:
    """API keys."""


def register(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@keys.command()
def create(
    email: Annotated[str, typer.Argument(help="Whose key it is.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "made at the shell",
    scope: Annotated[list[str] | None, typer.Option(help="What it may be used for (default: what the roles need).")] = None,
    days: Annotated[int | None, typer.Option(help="Expires after so many days.", min=1, max=3650)] = None,
    name: Annotated[str | None, typer.Option(help="Of somebody new.")] = None,
    role: Annotated[list[RoleName] | None, typer.Option(help="Of somebody new; may be given several times.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Of somebody new: its identifier, such as GB-NHS-QYG.")] = None,
    organisation_name: Annotated[str | None, typer.Option(help="Records that organisation as a public buyer first.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make an API key. Its secret is shown this once.

    On a new deployment this makes the first administrator:
    parity keys create joan@icb.example --name 'Joan Whitfield' --role administrator --organisation GB-NHS-QYG
    --organisation-name 'NHS Cheshire and Merseyside ICB'
    """
    newcomer = (name, role, organisation)
    if any(newcomer) and not all(newcomer):
        fail("Somebody new needs --name, --role and --organisation.", 2)
    if not 0 < len(label.strip()) <= 100:
        fail("A --label has 1 to 100 characters.", 2)
    made = asyncio.run(_create(email, label, scope or [], days, name, role or [], organisation, organisation_name, data))
    result(made, as_json=as_json, text=f"{made['secret']}\nThis is the only time that the key is shown.")


async def _create(
    email: str,
    label: str,
    scopes: list[str],
    days: int | None,
    name: str | None,
    roles: list[RoleName],
    organisation: str | None,
    organisation_name: str | None,
    data: Path | None,
) -> dict[str, Any]:
    from services.commitments.actions.people import create_key
    from services.commitments.main import service
    from shared.access import Role, Scope
    from shared.identity import people
    from shared.scopes import usual_scopes
    from shared.service import Runtime

    unknown = sorted(set(scopes) - set(Scope))
    if unknown:
        fail(f"There is no scope {unknown[0]}. Scopes are {', '.join(Scope)}.", 2)
    async with places.settings(data) as settings_of, await Runtime.open(service, settings_of("commitments")) as runtime:
        at = runtime.clock.now()
        if organisation is not None and name is not None and await people.by_email(runtime.identity, email) is None:
            await _add_person(runtime, email, name, roles, organisation, organisation_name, at)
        person = await people.by_email(runtime.identity, email)
        if person is None:
            fail(f"Nobody has the address {email}. Give --name, --role and --organisation to add them.")
        wanted = scopes or usual_scopes(Role(role) for role in person.roles)
        async with runtime.identity.acquire() as conn, conn.transaction():
            expires_at = at + timedelta(days=days) if days else None
            key_id, secret = await create_key(conn, person.id, label, wanted, at=at, expires_at=expires_at)
    return {"key_id": str(key_id), "secret": secret, "person_id": str(person.id), "scopes": sorted(wanted)}


async def _add_person(
    runtime: Runtime, email: str, name: str, roles: list[RoleName], organisation: str, organisation_name: str | None, at: datetime
) -> None:
    from pydantic import ValidationError

    from services.commitments.actions.people import add_person
    from services.commitments.models.people import NewPerson
    from shared.access import NOBODY, Role

    held = frozenset(Role(role) for role in roles)
    try:  # before anything is saved
        new = NewPerson(name=name, email=email, organisation_id=NOBODY, roles=held)
    except ValidationError as error:
        wrong = error.errors()[0]["loc"][0]
        fail(f"{email} is no e-mail address." if wrong == "email" else "A --name has 1 to 200 characters.", 2)
    async with runtime.pool.acquire() as conn, conn.transaction():
        organisation_id = await _organisation(conn, organisation, organisation_name, at)
    async with runtime.identity.acquire() as conn, conn.transaction():
        await add_person(conn, new.model_copy(update={"organisation_id": organisation_id}), at=at)


async def _organisation(conn: Connection, identifier: str, name: str | None, at: datetime) -> UUID:
    from services.commitments.actions.organisations import record_organisation
    from services.commitments.models.organisations import NewOrganisation, OrganisationIdentifier
    from services.commitments.store.organisations import find_organisation_by_identifier
    from shared.access import NOBODY
    from shared.obligations import Sector

    if not re.fullmatch(r"[A-Z]{2}-[A-Z]+-[^\s-]\S*", identifier):
        fail(f"{identifier} is no identifier. Write register and number, such as GB-NHS-QYG.", 2)
    country, register, number = identifier.split("-", 2)
    scheme = f"{country}-{register}"
    known = await find_organisation_by_identifier(conn, scheme, number)
    if known is not None:
        return known.organisation_id
    if name is None:
        fail(f"No organisation {identifier} is recorded. Record it, or give --organisation-name for a public buyer.")
    identifiers = (OrganisationIdentifier(scheme=scheme, id=number),)
    new = NewOrganisation(name=name, identifiers=identifiers, sector=Sector.PUBLIC, buyer=True)
    return (await record_organisation(conn, new, by=NOBODY, at=at)).organisation_id
