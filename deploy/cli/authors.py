"""Whoever a command acts for: everything has an author, also what is done from the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.output import fail

if TYPE_CHECKING:
    from shared.access import Caller, Role
    from shared.db import Connection, Pool

By = Annotated[str, typer.Option("--by", envvar="PARITY_BY", help="The e-mail address of the person who does this.")]


async def author(identity: Connection | Pool, email: str, *roles: Role) -> Caller:
    """The person as a Caller with every scope. Ends the command where there is nobody, or nobody with one of ``roles``."""
    from shared.access import Caller, Role, Scope
    from shared.identity import people

    person = await people.by_email(identity, email)
    if person is None:
        fail(f"Nobody has the address {email}. Name somebody with --by, or make them with 'parity keys create'.")
    if roles and not set(person.roles) & set(roles):
        fail(f"{email} is no {' or '.join(role.replace('_', ' ') for role in roles)}, and may not do this.")
    held = frozenset(Role(role) for role in person.roles)
    return Caller(person.id, person.organisation_id, held, frozenset(Scope))
