"""``parity import notices``: what public notices propose."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli import places, tables
from deploy.cli.authors import author
from deploy.cli.output import Json, fail, result
from deploy.cli.places import Data

if TYPE_CHECKING:
    from services.commitments.models.proposals import Imported
    from services.commitments.notices import Proposal, ProposedContract
    from services.commitments.notices.models import LeftOut, ReadError

importing = typer.Typer(help="Read notices and spreadsheets.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="The files to read.", show_default=False)]


@importing.callback()
def _import() -> None:
    """Read notices and spreadsheets."""


def register(app: typer.Typer) -> None:
    importing.command()(tables.obligations)
    importing.command()(tables.returns)
    app.add_typer(importing, name="import")


@importing.command()
def notices(
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be proposed; needs no database.")] = False,
    by: Annotated[str | None, typer.Option(envvar="PARITY_BY", help="The e-mail address of the person who imports.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read OCDS releases and propose contracts.

    A person then confirms each. Importing again changes nothing; a later release that changes a value waits for a person.
    Exit code 0 where everything was read, 1 where something had errors, 2 where the command itself was wrong.
    """
    if dry_run:
        from services.commitments.notices import propose

        proposal = propose(files)
        result(proposal.model_dump(mode="json"), as_json=as_json, text=_told(proposal))
        raise typer.Exit(proposal.exit_code)
    if by is None:
        fail("Say who imports, with --by E-MAIL; or only look, with --dry-run.", 2)
    imported = asyncio.run(_import_notices(files, by, data))
    lines = [f"{imported.releases} releases read: {imported.new} new proposals, {imported.changed} changed"]
    lines += [
        f"{one.status.value:9} {one.title or 'Untitled'} ({one.ocid}), proposal {one.proposal_id}" for one in imported.proposals
    ]
    lines += _left_out(imported.left_out) + _errors(imported.errors)
    result(imported.model_dump(mode="json"), as_json=as_json, text="\n".join(lines))
    if imported.errors:
        raise typer.Exit(1)


async def _import_notices(files: list[Path], email: str, data: Path | None) -> Imported:
    from services.commitments.actions.proposals import import_notices
    from services.commitments.main import service
    from services.commitments.notices import read
    from shared.access import Role
    from shared.service import Runtime

    async with places.settings(data) as settings_of, await Runtime.open(service, settings_of("commitments")) as runtime:
        caller = await author(runtime.identity, email, Role.CONTRACT_MANAGER, Role.ADMINISTRATOR)
        async with runtime.pool.acquire() as conn, conn.transaction():
            return await import_notices(conn, read(files), by=caller, at=runtime.clock.now())


def _told(proposal: Proposal) -> str:
    lines = [f"{proposal.releases} releases read"]
    for contract in proposal.contracts:
        lines += _contract(contract)
    return "\n".join(lines + _left_out(proposal.left_out) + _errors(proposal.errors))


def _left_out(left_out: Sequence[LeftOut]) -> list[str]:
    return [f"left out: {one.file}{f' release {one.release}' if one.release else ''}: {one.reason}" for one in left_out]


def _errors(errors: Sequence[ReadError]) -> list[str]:
    lines = []
    for error in errors:
        where = ", ".join(part for part in (error.file, error.release and f"release {error.release}", error.pointer) if part)
        lines.append(f"error: {where}: {error.message}")
    return lines


def _contract(contract: ProposedContract) -> list[str]:
    value = f"{contract.value.amount:,.2f} {contract.value.currency}" if contract.value else "no value"
    period = f"{contract.period.starts_on} to {contract.period.ends_on}" if contract.period else "no period"
    lines = [
        "",
        f"{contract.title or 'Untitled'} ({contract.ocid})",
        f"  {_name(contract.buyer)} buys from {_name(contract.supplier)}: {value}, {period}",
    ]
    lines += [f"  owes {one.id}: {one.title}" for one in contract.obligations]
    lines += [f"  changed {one.field}: {one.before} -> {one.after} (release {one.release})" for one in contract.changes]
    lines += [f"  missing: {one}" for one in contract.missing]
    lines += [f"  look at: {one}" for one in contract.warnings]
    return lines


def _name(party: object) -> str:
    return getattr(party, "name", None) or "somebody unnamed"
