"""Evidence on a line's page: files are added beside what is typed, opened where that is safe, and removed until submitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from services.returns.actions import evidence, reading
from services.returns.actions.evidence import AlreadyThere, FileTooLarge
from services.returns.models.activities import FileName
from services.returns.pages import line_form
from services.returns.pages.lines import Kept, keep, line_page
from services.returns.pages.routing import Reader, Writer, pages
from services.returns.pages.words import size
from services.returns.rules import files
from services.returns.rules.lifecycle import with_supplier
from services.returns.store import files as file_store
from services.returns.store.files import evidence_store
from shared.access import Caller
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import NotFound, ParityError
from shared.origin import link
from shared.pages.forms import uploads
from shared.pages.site import Form, redirect
from shared.settings import Settings

AddTo = Callable[..., Awaitable[object]]
"""An action that adds a file: ``evidence.add_to_line`` or ``evidence.add_to_activity``."""

_NAME: TypeAdapter[str] = TypeAdapter(FileName)

_SAID: Mapping[type[ParityError], str] = {
    files.FileEmpty: "The selected file is empty",
    files.Locked: "The selected file is password protected",
    files.HasMacros: "The selected file contains macros: save it without them",
    files.NameMisleads: "The selected file is not what its name says: save it again in the format that its name ends with",
    files.NotEvidence: (
        "The selected file must be a PDF, an image (PNG, JPEG, WEBP, HEIC), a Word, Excel, PowerPoint or OpenDocument file, "
        "or plain text (TXT, CSV)"
    ),
    files.UnpacksTooLarge: "The selected file unpacks to far more than its size: save it again in a smaller form",
}


@pages.router.post("/lines/{line_id:uuid}/evidence")
async def add_files(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    """Add files, and save what was typed beside them. What is wrong with one takes nothing from the other."""
    line = (await reading.read_at_work(tx, line_id, by=visitor.caller)).line
    kept = Kept(line_form.shown(line))
    if with_supplier(line.status):
        kept = await keep(tx, line, form, visitor, at=now)
    chosen = uploads(form, "file")
    settings: Settings = request.app.state.runtime.settings
    wrong = await add_each(tx, settings, evidence.add_to_line, line_id, chosen, by=visitor.caller, at=now)
    if wrong or not chosen:
        kept = replace(kept, form=kept.form.wrong(". ".join(wrong or ["Select a file"]), name="file"))
    if not kept.saved:
        return await line_page(request, tx, visitor, line_id, now, kept=kept)
    return redirect(link("returns", f"/lines/{line_id}#evidence"))


@pages.router.post("/lines/{line_id:uuid}/evidence/{evidence_id:uuid}/remove")
async def remove_from_line(
    request: Request, line_id: UUID, evidence_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form
) -> Response:
    """Remove a file of a line, and save what was typed beside it. One that is gone already, by a second click too, stays gone."""
    line = (await reading.read_at_work(tx, line_id, by=visitor.caller)).line
    kept = await keep(tx, line, form, visitor, at=now)
    if any(file.evidence_id == evidence_id and file.line_id == line_id for file in line.evidence):
        try:
            with suppress(NotFound):  # somebody was faster
                await evidence.remove(tx, evidence_id, by=visitor.caller, at=now)
        except ParityError as error:
            kept = replace(kept, form=kept.form.refused(error))
    if not kept.saved:
        return await line_page(request, tx, visitor, line_id, now, kept=kept)
    return redirect(link("returns", f"/lines/{line_id}#evidence"))


@pages.router.post("/evidence/{evidence_id:uuid}/remove")
async def remove_from_activity(evidence_id: UUID, tx: Tx, now: Now, visitor: Writer) -> Response:
    """Remove a file of an activity."""
    file = await evidence.find(tx, evidence_id, by=visitor.caller)
    if file.activity_id is None:
        raise NotFound
    await evidence.remove(tx, evidence_id, by=visitor.caller, at=now)
    return redirect(link("returns", f"/activities/{file.activity_id}"))


@pages.router.get("/evidence/{evidence_id:uuid}")
async def open_file(
    request: Request, evidence_id: UUID, tx: Tx, visitor: Reader, download: Annotated[bool, Query()] = False
) -> StreamingResponse:
    """An image or a PDF opens in the browser, without any rights there; everything else is saved, and nothing is ever run."""
    file = await evidence.find(tx, evidence_id, by=visitor.caller)
    store = evidence_store(request.app.state.runtime.settings.evidence)
    inline = files.opens_in_a_browser(file.media_type) and not download
    return StreamingResponse(
        await file_store.stream(store, file.sha256),
        media_type=file.media_type,
        headers=files.headers_of(file, inline=inline),
    )


async def add_each(
    conn: Connection, settings: Settings, add_to: AddTo, owner_id: UUID, chosen: Sequence[UploadFile], *, by: Caller, at: datetime
) -> list[str]:
    """Add files to a line or an activity. Returns what is wrong with those that were not added."""
    wrong = []
    for file in chosen:
        refused = await _add(conn, settings, add_to, owner_id, file, by=by, at=at)
        if refused:
            wrong.append(f"{file.filename}: {refused}" if len(chosen) > 1 else refused)
    return wrong


async def _add(
    conn: Connection, settings: Settings, add_to: AddTo, owner_id: UUID, file: UploadFile, *, by: Caller, at: datetime
) -> str | None:
    """What is wrong with a file, in words; None where it was added, or stood there already."""
    largest = settings.evidence_max_bytes
    try:
        name = _NAME.validate_python(file.filename or "")
    except ValidationError:
        return "The selected file's name must be 200 characters or fewer"
    content = await file.read(largest + 1)
    store = evidence_store(settings.evidence)
    try:
        await add_to(conn, store, owner_id, name=name, content=content, largest=largest, by=by, at=at)
    except AlreadyThere:
        return None
    except FileTooLarge:
        return f"The selected file must be smaller than {size(largest)}"
    except ParityError as error:
        return _SAID.get(type(error), error.detail)
    return None
