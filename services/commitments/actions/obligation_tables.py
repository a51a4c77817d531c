"""Obligations by spreadsheet: a template for a contract; its rows recorded all or nothing, or read before it is registered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from services.commitments.actions.contracts import add_obligations, lock_contract
from services.commitments.actions.owing import Days, Ready, prepare
from services.commitments.models.contracts import Contract
from services.commitments.rules import obligation_table as table
from services.commitments.store import measures as measure_store
from shared.access import Caller
from shared.db import Connection
from shared.errors import FieldError, Invalid
from shared.quarters import quarters_of
from shared.spreadsheets import CannotRead


class NothingToRecord(Invalid):
    """This table holds no obligations."""


async def template(conn: Connection, contract_id: UUID, form: table.Format, *, by: Caller) -> bytes:
    """An empty table for a contract of the caller's organisation. Raises NotFound."""
    contract = await lock_contract(conn, contract_id, by)
    return await template_for(conn, contract.lead_buyer_id, Days(contract.starts_on, contract.ends_on), form)


async def template_for(conn: Connection, buyer_id: UUID, days: Days, form: table.Format) -> bytes:
    """An empty table for a contract of these days."""
    measures = await measure_store.measures(conn, buyer_id=buyer_id)
    return await asyncio.to_thread(table.template, quarters_of(*days), measures, form)


async def import_obligations(
    conn: Connection,
    contract_id: UUID,
    content: bytes,
    reason: str,
    *,
    owners: Mapping[str, UUID],
    by: Caller,
    at: datetime,
) -> Contract:
    """Record every obligation of a filled template, or none. ``owners``: the buyer's people by e-mail in lower case.

    Raises NotFound, Unsupported, TooLarge, and CannotRead naming every cell at fault by sheet, column and row.
    """
    contract = await lock_contract(conn, contract_id, by)
    entries = await _read(content, Days(contract.starts_on, contract.ends_on), owners)
    try:
        return await add_obligations(conn, contract_id, [entry.obligation for entry in entries], reason, by=by, at=at)
    except Invalid as refused:
        raise CannotRead(errors=table.in_cells(entries, refused.errors)) from None


async def prepare_table(
    conn: Connection,
    content: bytes,
    days: Days,
    taken: Collection[str],
    *,
    owners: Mapping[str, UUID],
    by: Caller,
    at: datetime,
) -> list[Ready]:
    """What a filled template comes to under a contract of these days, beside obligations whose references are ``taken``.

    Records measures of the buyer's own that it describes. Raises as ``import_obligations``, but for NotFound.
    """
    entries = await _read(content, days, owners)
    seen, found, errors = set(taken), [], []
    for number, entry in enumerate(entries):
        pointer, reference = f"/obligations/{number}", entry.obligation.reference
        if reference in seen:
            detail = "Another obligation of this contract has this reference"
            errors.append(FieldError(f"{pointer}/reference", detail, "reference-taken"))
        seen.add(reference)
        one = await prepare(conn, by.organisation_id, entry.obligation, days, pointer, by=by, at=at)
        if isinstance(one, Ready):
            found.append(one)
        else:
            errors += one
    if errors:
        raise CannotRead(errors=table.in_cells(entries, errors))
    return found


async def _read(content: bytes, days: Days, owners: Mapping[str, UUID]) -> list[table.Entry]:
    entries = await asyncio.to_thread(table.read, content, quarters_of(*days), owners)
    if not entries:
        raise NothingToRecord
    return entries
