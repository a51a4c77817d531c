"""Files that stand behind a line or an activity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from obstore.store import ObjectStore

from services.returns.actions.activities import lock_activity
from services.returns.actions.finding import WRITERS, find_line, lock_line
from services.returns.actions.readiness import look_again
from services.returns.actions.remembering import remember
from services.returns.actions.restating import tell_again
from services.returns.models.activities import EvidenceFile
from services.returns.rules.files import media_type_of
from services.returns.rules.lifecycle import NotWithSupplier, with_supplier
from services.returns.store import activities, contracts, evidence, files, lines, returns
from shared.access import Caller
from shared.db import Connection
from shared.errors import Conflict, NotFound, TooLarge
from shared.events.returns import LineStatus
from shared.ids import new_id
from shared.viewer import Viewer

MOST_FILES = 50


class TooManyFiles(Conflict):
    """There are 50 files here already. Remove one, or put several pages into one file."""


class AlreadyThere(Conflict):
    """This file is here already."""


class FileTooLarge(TooLarge):
    """The file is larger than is accepted. Save it in a smaller form, or split it."""


async def add_to_line(
    conn: Connection, store: ObjectStore, line_id: UUID, *, name: str, content: bytes, largest: int, by: Caller, at: datetime
) -> EvidenceFile:
    """Evidence may come late: an approved line is told again with it, and its figure stays.

    Raises NotFound, FileTooLarge, Unsupported, AlreadyThere, TooManyFiles.
    """
    media_type = _accepted(name, content, largest)
    filed, line = await lock_line(conn, line_id, by, acting_as=WRITERS)
    if len((await evidence.of_lines(conn, [line_id]))[line_id]) >= MOST_FILES:
        raise TooManyFiles
    file = await _add(conn, store, line.contract_id, name, media_type, content, by=by, at=at, line_id=line_id)
    if line.status is LineStatus.APPROVED:
        line = line.changed(at=at, by=by.person_id)
        await tell_again(conn, filed, line, at=at)
    else:
        await returns.save(conn, [filed.changed()], lines_changed=[])
        await look_again(conn, filed)
    await remember(conn, line, "evidence_added", by=by.person_id, at=at, evidence_id=file.evidence_id, sha256=file.sha256)
    return file


async def add_to_activity(
    conn: Connection,
    store: ObjectStore,
    activity_id: UUID,
    *,
    name: str,
    content: bytes,
    largest: int,
    by: Caller,
    at: datetime,
) -> EvidenceFile:
    """Raises as ``add_to_line``, and ActivityInUse."""
    media_type = _accepted(name, content, largest)
    activity = await lock_activity(conn, activity_id, by)
    if len(await evidence.of_activity(conn, activity_id)) >= MOST_FILES:
        raise TooManyFiles
    return await _add(conn, store, activity.contract_id, name, media_type, content, by=by, at=at, activity_id=activity_id)


async def remove(conn: Connection, evidence_id: UUID, *, by: Caller, at: datetime) -> None:
    """Raises NotFound; NotWithSupplier or ActivityInUse where it stands behind something submitted."""
    file = await evidence.find(conn, evidence_id)
    if file is None:
        raise NotFound
    if file.line_id is not None:
        filed, line = await lock_line(conn, file.line_id, by, acting_as=WRITERS)
        if not with_supplier(line.status):
            raise NotWithSupplier
        await returns.save(conn, [filed.changed()], lines_changed=[])
        await remember(conn, line, "evidence_removed", by=by.person_id, at=at, evidence_id=evidence_id, sha256=file.sha256)
    elif file.activity_id is not None:
        await lock_activity(conn, file.activity_id, by)
    await evidence.remove(conn, evidence_id, by=by.person_id, at=at)
    if file.line_id is not None:
        await look_again(conn, filed)


async def find(conn: Connection, evidence_id: UUID, *, by: Caller) -> EvidenceFile:
    """A file that the caller may read: with its line, or with the line that its activity stands behind. Raises NotFound."""
    file = await evidence.find(conn, evidence_id)
    if file is None:
        raise NotFound
    if await contracts.sees(conn, Viewer.of(by), file.contract_id):
        return file
    if file.line_id is not None:
        await find_line(conn, file.line_id, by)
        return file
    activity = await activities.find(conn, file.activity_id) if file.activity_id is not None else None
    line = activity and await lines.filled_from(conn, activity.obligation_id, activity.activity_id)
    if not line:
        raise NotFound
    await find_line(conn, line, by)
    return file


def _accepted(name: str, content: bytes, largest: int) -> str:
    if len(content) > largest:
        raise FileTooLarge
    return media_type_of(name, content)


async def _add(
    conn: Connection,
    store: ObjectStore,
    contract_id: UUID,
    name: str,
    media_type: str,
    content: bytes,
    *,
    by: Caller,
    at: datetime,
    line_id: UUID | None = None,
    activity_id: UUID | None = None,
) -> EvidenceFile:
    """The bytes first: a row never stands without them."""
    file = EvidenceFile(
        evidence_id=new_id(),
        contract_id=contract_id,
        line_id=line_id,
        activity_id=activity_id,
        sha256=await files.put(store, content),
        name=name,
        media_type=media_type,
        size=len(content),
        added_at=at,
        added_by=by.person_id,
    )
    if not await evidence.add(conn, file):
        raise AlreadyThere
    return file
