"""Contracts that somebody has begun to register, or to add to: kept from step to step, until they are recorded or thrown away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.commitments.models.drafts import ContractDraft, Draft, DraftKind
from services.commitments.store import drafts as store
from shared.access import Caller
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.ids import new_id

MOST = 50
T = TypeVar("T")


class TooManyBegun(Conflict):
    """You have begun 50 contracts and additions. Finish or delete one of them first."""


class DraftEnded(NotFound):
    """This contract is registered already, or what was begun was deleted. What is registered stands under Contracts."""


async def begin(conn: Connection, kind: DraftKind, content: ContractDraft, *, by: Caller, at: datetime) -> Draft:
    """Raises TooManyBegun."""
    if await store.count(conn, by.person_id) >= MOST:
        raise TooManyBegun
    draft = Draft(draft_id=new_id(), person_id=by.person_id, kind=kind, content=content, updated_at=at)
    await store.save(conn, draft)
    return draft


async def read(conn: Connection, draft_id: UUID, *, by: Caller) -> Draft:
    """Raises DraftEnded, also where it is somebody else's."""
    found = await store.find(conn, draft_id, by.person_id)
    if found is None:
        raise DraftEnded
    return found


async def change(
    conn: Connection, draft_id: UUID, change: Callable[[ContractDraft], dict[str, Any]], *, by: Caller, at: datetime
) -> Draft:
    """Keep what a step changes of the content. Raises DraftEnded."""
    before = await store.lock(conn, draft_id, by.person_id)
    if before is None:
        raise DraftEnded
    content = ContractDraft.model_validate(before.content.model_dump() | change(before.content))
    after = before.model_copy(update={"content": content, "updated_at": at})
    await store.save(conn, after)
    return after


async def delete(conn: Connection, draft_id: UUID, *, by: Caller) -> None:
    """Raises DraftEnded."""
    if await store.lock(conn, draft_id, by.person_id) is None:
        raise DraftEnded
    await store.delete(conn, draft_id)


async def rehearse(conn: Connection, record: Callable[[], Awaitable[T]]) -> T:
    """What ``record`` answers, or raises; nothing of what it did is kept."""
    savepoint = conn.transaction()
    await savepoint.start()
    try:
        return await record()
    finally:
        await savepoint.rollback()
