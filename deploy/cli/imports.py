"""``parity import``: notices become proposed contracts, spreadsheets become obligations and returns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.output import Json, fail, result

if TYPE_CHECKING:
    from services.commitments.notices import Proposal, ProposedContract

importing = typer.Typer(help="Read notices and spreadsheets.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="The files to read.", show_default=False)]


@importing.callback()
def _import() -> None:
    """Read notices and spreadsheets."""


def register(app: typer.Typer) -> None:
    app.add_typer(importing, name="import")


@importing.command()
def notices(
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be proposed; needs no database.")] = False,
    as_json: Json = False,
) -> None:
    """Read OCDS release packages and propose contracts, which a person then confirms.

    Exit code 0 where everything was read, 1 where something had errors, 2 where the command itself was wrong.
    """
    if not dry_run:
        fail("Say --dry-run.", 2)
    from services.commitments.notices import propose

    proposal = propose(files)
    result(proposal.model_dump(mode="json"), as_json=as_json, text=_told(proposal))
    raise typer.Exit(proposal.exit_code)


def _told(proposal: Proposal) -> str:
    lines = [f"{proposal.releases} releases read"]
    for contract in proposal.contracts:
        lines += _contract(contract)
    lines += [
        f"left out: {one.file}{f' release {one.release}' if one.release else ''}: {one.reason}" for one in proposal.left_out
    ]
    for error in proposal.errors:
        where = ", ".join(part for part in (error.file, error.release and f"release {error.release}", error.pointer) if part)
        lines.append(f"error: {where}: {error.message}")
    return "\n".join(lines)


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
