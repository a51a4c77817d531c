"""Returns as workbooks: download prefilled, fill, send back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response, UploadFile

from services.returns.actions import workbooks
from services.returns.api.routing import Party, SettingsInForce, Writer, router
from services.returns.models.workbooks import WorkbookSaved
from shared.api import Now, Tx
from shared.errors import TooLarge

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}, "description": "The workbook"}
}


class WorkbookTooLarge(TooLarge):
    """The workbook is larger than is accepted. Send the returns one by one."""


@router.get("/workbook", response_class=Response, responses=_FILE)
async def download_due(
    tx: Tx,
    now: Now,
    caller: Party,
    supplier_id: Annotated[UUID | None, Query(description="For a contract manager: of this supplier only.")] = None,
) -> Response:
    """Everything that waits for the supplier, as one workbook, prefilled with what was typed already."""
    return _file(await workbooks.write_due(tx, supplier_id=supplier_id, by=caller, at=now), "returns-due.xlsx")


@router.post("/workbook")
async def upload_due(file: UploadFile, tx: Tx, now: Now, caller: Writer, settings: SettingsInForce) -> WorkbookSaved:
    """Save a filled workbook as drafts: all of it, or nothing with every cell at fault named."""
    return await workbooks.save_workbook(tx, await _read(file, settings.upload_max_bytes), by=caller, at=now)


@router.get("/returns/{return_id}/workbook", response_class=Response, responses=_FILE)
async def download(return_id: UUID, tx: Tx, caller: Party) -> Response:
    """One return as a workbook."""
    return _file(await workbooks.write_one(tx, return_id, by=caller), "return.xlsx")


@router.post("/returns/{return_id}/workbook")
async def upload(return_id: UUID, file: UploadFile, tx: Tx, now: Now, caller: Writer, settings: SettingsInForce) -> WorkbookSaved:
    """Save a filled workbook of this return only."""
    content = await _read(file, settings.upload_max_bytes)
    return await workbooks.save_workbook(tx, content, by=caller, at=now, return_id=return_id)


async def _read(file: UploadFile, largest: int) -> bytes:
    content = await file.read(largest + 1)
    if len(content) > largest:
        raise WorkbookTooLarge
    return content


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=XLSX, headers=headers)
