"""Obligations by spreadsheet: download the template of a contract, fill it, send it back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Request, Response, UploadFile

from services.commitments.actions import obligation_tables as actions
from services.commitments.api.routing import Manager, router
from services.commitments.models.contracts import Contract
from services.commitments.rules.obligation_table import Format
from shared.access import Role
from shared.api import Now, Tx, etag
from shared.db import Pool
from shared.identity import people
from shared.obligations import Words

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in _TYPES.values()},
        "description": "The template",
    }
}


async def _identity(request: Request) -> Pool:
    pool: Pool = request.app.state.runtime.identity
    return pool


@router.get("/contracts/{contract_id}/obligations/template", response_class=Response, responses=_FILE)
async def download_template(contract_id: UUID, tx: Tx, caller: Manager, format: Format = "xlsx") -> Response:
    """An empty table for the obligations of a contract, with a column for each of its quarters."""
    headers = {"Content-Disposition": f'attachment; filename="obligations.{format}"', "Cache-Control": "private, no-store"}
    content = await actions.template(tx, contract_id, format, by=caller)
    return Response(content, media_type=_TYPES[format], headers=headers)


@router.post("/contracts/{contract_id}/obligations/import", status_code=201)
async def import_obligations(
    contract_id: UUID,
    file: UploadFile,
    reason: Annotated[Words, Form(description="Why they are recorded now, such as: as awarded.")],
    tx: Tx,
    now: Now,
    caller: Manager,
    identity: Annotated[Pool, Depends(_identity)],
    response: Response,
) -> Contract:
    """Record every obligation of a filled template (XLSX or CSV), or none, with every cell at fault named."""
    known = await people.with_role(identity, [caller.organisation_id], Role.CONTRACT_MANAGER)
    contract = await actions.import_obligations(
        tx,
        contract_id,
        await file.read(),
        reason,
        owners={person.email.lower(): person.id for person in known},
        by=caller,
        at=now,
    )
    response.headers["ETag"] = etag(contract.version)
    return contract
