"""Evidence: files behind a line or an activity. What comes in is told by its content; what goes out is never run."""

from __future__ import annotations

from uuid import UUID

from fastapi import UploadFile
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter, ValidationError

from services.returns.actions import activities, evidence, reading
from services.returns.api.routing import Files, Party, Reader, SettingsInForce, Writer, router
from services.returns.models.activities import EvidenceFile, FileName
from services.returns.rules.files import headers_of
from services.returns.store import evidence as store
from services.returns.store import files as file_store
from shared.api import Now, Tx
from shared.errors import FieldError, Invalid

_NAME: TypeAdapter[str] = TypeAdapter(FileName)


async def _read(file: UploadFile, largest: int) -> tuple[str, bytes]:
    """One byte more than is accepted is enough to know that it is too large."""
    try:
        name = _NAME.validate_python(file.filename or "")
    except ValidationError:
        raise Invalid(errors=[FieldError("/file", "Give the file a name of up to 200 characters", "name")]) from None
    return name, await file.read(largest + 1)


@router.post("/lines/{line_id}/evidence", status_code=201)
async def add_to_line(
    line_id: UUID, file: UploadFile, tx: Tx, now: Now, caller: Writer, files: Files, settings: SettingsInForce
) -> EvidenceFile:
    """Add a file to a line, as multipart/form-data."""
    largest = settings.evidence_max_bytes
    name, content = await _read(file, largest)
    return await evidence.add_to_line(tx, files, line_id, name=name, content=content, largest=largest, by=caller, at=now)


@router.get("/lines/{line_id}/evidence")
async def list_of_line(line_id: UUID, tx: Tx, caller: Reader) -> list[EvidenceFile]:
    """The files behind a line: its own, and those of the activities that it was filled from."""
    return list((await reading.read_line(tx, line_id, by=caller)).evidence)


@router.post("/activities/{activity_id}/evidence", status_code=201)
async def add_to_activity(
    activity_id: UUID, file: UploadFile, tx: Tx, now: Now, caller: Writer, files: Files, settings: SettingsInForce
) -> EvidenceFile:
    """Add a file to an activity, as multipart/form-data."""
    largest = settings.evidence_max_bytes
    name, content = await _read(file, largest)
    return await evidence.add_to_activity(tx, files, activity_id, name=name, content=content, largest=largest, by=caller, at=now)


@router.get("/activities/{activity_id}/evidence")
async def list_of_activity(activity_id: UUID, tx: Tx, caller: Party) -> list[EvidenceFile]:
    await activities.find(tx, activity_id, by=caller)
    return await store.of_activity(tx, activity_id)


@router.get("/evidence/{evidence_id}/content", response_class=StreamingResponse)
async def download(evidence_id: UUID, tx: Tx, caller: Reader, files: Files) -> StreamingResponse:
    """The file itself, to be saved and not shown."""
    file = await evidence.find(tx, evidence_id, by=caller)
    return StreamingResponse(
        await file_store.stream(files, file.sha256),
        media_type=file.media_type,
        headers=headers_of(file, inline=False),
    )


@router.delete("/evidence/{evidence_id}", status_code=204)
async def remove(evidence_id: UUID, tx: Tx, now: Now, caller: Writer) -> None:
    """Take a file away that stands behind nothing submitted."""
    await evidence.remove(tx, evidence_id, by=caller, at=now)
