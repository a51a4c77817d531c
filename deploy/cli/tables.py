"""``parity import obligations`` and ``parity import returns``: tables that the tool writes and people fill."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import places
from deploy.cli.authors import By, author
from deploy.cli.output import Json, fail, result
from deploy.cli.places import Data

Files = Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False, help="The filled tables.", show_default=False)]
Template = Annotated[Path | None, typer.Option(help="Write a table to fill to this file, and read none.", dir_okay=False)]
_SUFFIXES = {"obligations": (".xlsx", ".csv"), "returns": (".xlsx",)}


def obligations(
    contract: Annotated[str, typer.Option(help="The reference of the contract that they belong to.")],
    by: By,
    files: Files = None,
    template: Template = None,
    reason: Annotated[str, typer.Option(help="Why they are recorded now.")] = "As awarded.",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record obligations of filled XLSX or CSV tables.

    All of a file is recorded, or nothing of it.
    Exit code 1 where a file had errors; each is named by sheet, row and column.
    """
    _one_of(files, template, _SUFFIXES["obligations"])
    read = asyncio.run(_obligations(contract, by, files or [], template, reason, data))
    _tell(read, template, as_json=as_json)


def returns(by: By, files: Files = None, template: Template = None, data: Data = None, as_json: Json = False) -> None:
    """Save filled XLSX workbooks as draft returns.

    All of a file is saved, or nothing of it. The template holds all that is due.
    Exit code 1 where a file had errors; each is named by sheet and cell.
    """
    _one_of(files, template, _SUFFIXES["returns"])
    read = asyncio.run(_returns(by, files or [], template, data))
    _tell(read, template, as_json=as_json)


async def _obligations(
    reference: str, email: str, files: list[Path], template: Path | None, reason: str, data: Path | None
) -> list[dict[str, Any]]:
    from services.commitments.actions import obligation_tables as actions
    from services.commitments.main import service
    from services.commitments.store.contracts import find_by_reference
    from shared.access import Role
    from shared.identity import people
    from shared.service import Runtime

    async with places.settings(data) as settings_of, await Runtime.open(service, settings_of("commitments")) as runtime:
        caller = await author(runtime.identity, email, Role.CONTRACT_MANAGER)
        async with runtime.pool.acquire() as conn:
            contract_id = await find_by_reference(conn, caller.organisation_id, reference)
            if contract_id is None:
                fail(f"{email}'s organisation has no contract with the reference {reference}.")
            if template is not None:
                is_csv = template.suffix.lower() == ".csv"
                async with conn.transaction():
                    empty = await actions.template(conn, contract_id, "csv" if is_csv else "xlsx", by=caller)
                template.write_bytes(empty)
        known = await people.with_role(runtime.identity, [caller.organisation_id], Role.CONTRACT_MANAGER)
        owners = {person.email.lower(): person.id for person in known}

        async def record(file: Path) -> dict[str, Any]:
            async with runtime.pool.acquire() as conn, conn.transaction():
                contract = await actions.import_obligations(
                    conn, contract_id, file.read_bytes(), reason, owners=owners, by=caller, at=runtime.clock.now()
                )
            return {"saved": len(contract.obligations), "unchanged": 0, "warnings": []}

        return await _each(files, record)


async def _returns(email: str, files: list[Path], template: Path | None, data: Path | None) -> list[dict[str, Any]]:
    from services.returns.actions.workbooks import save_workbook, write_due
    from services.returns.main import service
    from shared.access import SUPPLIER, Role
    from shared.service import Runtime

    async with places.settings(data) as settings_of, await Runtime.open(service, settings_of("returns")) as runtime:
        caller = await author(runtime.identity, email, *SUPPLIER, Role.CONTRACT_MANAGER)
        if template is not None:
            async with runtime.pool.acquire() as conn, conn.transaction():
                template.write_bytes(await write_due(conn, supplier_id=None, by=caller, at=runtime.clock.now()))

        async def save(file: Path) -> dict[str, Any]:
            async with runtime.pool.acquire() as conn, conn.transaction():
                saved = await save_workbook(conn, file.read_bytes(), by=caller, at=runtime.clock.now())
            return saved.model_dump(mode="json")

        return await _each(files, save)


async def _each(files: list[Path], read: Callable[[Path], Awaitable[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What became of each file; one that is refused does not stop the others."""
    from shared.errors import ParityError

    told = []
    for file in files:
        try:
            told.append({"file": str(file), "detail": "", "errors": [], **await read(file)})
        except ParityError as refused:
            errors = [{"pointer": one.pointer, "detail": one.detail, "code": one.code} for one in refused.errors]
            nothing = {"saved": 0, "unchanged": 0, "warnings": []}
            told.append({"file": str(file), "detail": refused.detail, "errors": errors, **nothing})
    return told


def _one_of(files: list[Path] | None, template: Path | None, suffixes: tuple[str, ...]) -> None:
    if bool(files) == (template is not None):
        fail("Name the files to read, or a --template to write.", 2)
    if template is not None and template.suffix.lower() not in suffixes:
        fail(f"{template} is no name for this table. Let it end in {' or '.join(suffixes)}.", 2)


def _tell(read: list[dict[str, Any]], template: Path | None, *, as_json: bool) -> None:
    if template is not None:
        result({"template": str(template)}, as_json=as_json, text=f"{template} is written. Fill it, then import it.")
        return
    lines = []
    for one in read:
        kept = f"{one['saved']} lines saved, {one['unchanged']} as they were"
        lines.append(f"{one['file']}: " + (one["detail"] or kept))
        lines += [f"  {problem['pointer']}: {problem['detail']}" for problem in (*one["errors"], *one["warnings"])]
    result(read, as_json=as_json, text="\n".join(lines))
    if any(one["detail"] for one in read):
        raise typer.Exit(1)
