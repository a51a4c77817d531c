"""Obligations by spreadsheet: a template for a contract, and its rows recorded all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.commitments.actions.contracts import add_obligations, lock_contract
from services.commitments.models.contracts import Contract
from services.commitments.rules import obligation_table as table
from services.commitments.store import measures as measure_store
from shared.access import Caller
from shared.db import Connection
from shared.errors import Invalid
from shared.spreadsheets import CannotRead


class NothingToRecord(Invalid):
    """This table holds no obligations."""


async def template(conn: Connection, contract_id: UUID, form: table.Format, *, by: Caller) -> bytes:
    """An empty table for a contract of the caller's organisation. Raises NotFound."""
    contract = await lock_contract(conn, contract_id, by)
    measures = await measure_store.measures(conn, buyer_id=contract.lead_buyer_id)
    return await asyncio.to_thread(table.template, contract, measures, form)


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
    entries = await asyncio.to_thread(table.read, content, contract, owners)
    if not entries:
        raise NothingToRecord
    try:
        return await add_obligations(conn, contract_id, [entry.obligation for entry in entries], reason, by=by, at=at)
    except Invalid as refused:
        raise CannotRead(errors=table.in_cells(entries, refused.errors)) from None
