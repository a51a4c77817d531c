"""Everything has an author and a time: what was done, in a table that only grows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime

from shared.db import Connection
from shared.ids import new_id
from shared.obligations import Frozen


class Entry(Frozen):
    """``subject`` is what it was done to, such as ``line``; ``detail`` may hold reasons, and stays in this service."""

    id: UUID
    at: AwareDatetime
    person_id: UUID
    """UUID 0: the service itself, by its clock or by an event."""
    contract_id: UUID | None
    subject: str
    subject_id: UUID
    action: str
    detail: dict[str, Any]


_RECORD = """
    INSERT INTO history (id, at, person_id, contract_id, subject, subject_id, action, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def record(
    conn: Connection,
    *,
    at: AwareDatetime,
    by: UUID,
    contract_id: UUID | None,
    subject: str,
    subject_id: UUID,
    action: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """In the caller's transaction, so that nothing is done that is not remembered."""
    await conn.execute(_RECORD, new_id(), at, by, contract_id, subject, subject_id, action, detail or {})


async def record_all(conn: Connection, entries: Sequence[Entry]) -> None:
    """As ``record``, many at once."""
    await conn.executemany(
        _RECORD,
        [
            (one.id, one.at, one.person_id, one.contract_id, one.subject, one.subject_id, one.action, one.detail)
            for one in entries
        ],
    )


async def of(conn: Connection, *subject_ids: UUID) -> list[Entry]:
    """What was done to these subjects, the earliest first."""
    rows = await conn.fetch("SELECT * FROM history WHERE subject_id = ANY($1) ORDER BY id", list(subject_ids))
    return [Entry(**dict(row)) for row in rows]


async def latest(
    conn: Connection,
    *,
    people: Sequence[UUID] | None = None,
    contracts: Sequence[UUID] | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Entry]:
    """The latest first: what these people did (None: everybody) to this kind of subject, from ``since`` to before ``until``.

    ``contracts``: to these only (None: also what belongs to no contract); ``before``: time and id of the last one seen.
    """
    # The latest of each person, or of each contract, are found by an index, however long ago they are.
    if people is not None:
        each, theirs = "$1", "person_id = one AND ($8::uuid[] IS NULL OR contract_id = ANY($8))"
    elif contracts is not None:
        each, theirs = "$8", "contract_id = one AND $1::uuid[] IS NULL"
    else:
        each, theirs = "ARRAY[NULL]", "$1::uuid[] IS NULL AND $8::uuid[] IS NULL"
    rows = await conn.fetch(
        f"""
        SELECT found.* FROM unnest({each}::uuid[]) AS one CROSS JOIN LATERAL (
            SELECT * FROM history
            WHERE {theirs} AND ($2::text IS NULL OR subject = $2)
              AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)
              AND ($5::timestamptz IS NULL OR (at, id) < ($5, $6::uuid))
            ORDER BY at DESC, id DESC LIMIT $7
        ) AS found ORDER BY at DESC, id DESC LIMIT $7
        """,  # noqa: S608 - pieces of this function, no values
        None if people is None else list(people),
        subject,
        since,
        until,
        *(before or (None, None)),
        limit,
        None if contracts is None else list(contracts),
    )
    return [Entry(**{name: row[name] for name in Entry.model_fields}) for row in rows]
