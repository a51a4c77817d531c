"""The activity log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from services.returns.models.activities import Activity
from services.returns.store.rows import insert, rows
from shared.db import Connection, Record


async def add(conn: Connection, activity: Activity) -> bool:
    """False where there is one with its id already."""
    return await insert(conn, "activities", activity)


async def save(conn: Connection, activity: Activity) -> None:
    """Change what is said about an activity, and of which whole it is a part."""
    await conn.execute(
        """
        UPDATE activities SET (happened_on, quantity, note, whole_id, whole, version, changed_at, changed_by) =
            (new.happened_on, new.quantity, new.note, new.whole_id, new.whole, new.version, new.changed_at, new.changed_by)
        FROM jsonb_populate_recordset(NULL::activities, $1) AS new WHERE activities.activity_id = new.activity_id
        """,
        rows([activity]),
    )


async def lock_parts(conn: Connection, whole_id: UUID) -> list[Activity]:
    """The parts of one activity that stand, as they are once nobody else changes them."""
    await conn.execute("SELECT FROM activities WHERE whole_id = $1 ORDER BY activity_id FOR UPDATE", whole_id)
    return await parts(conn, whole_id)


async def parts(conn: Connection, whole_id: UUID) -> list[Activity]:
    found = await conn.fetch("SELECT * FROM activities WHERE whole_id = $1 AND removed_at IS NULL ORDER BY activity_id", whole_id)
    return [Activity.model_validate(_known(row)) for row in found]


async def remove(conn: Connection, activity_id: UUID, *, at: datetime) -> None:
    await conn.execute("UPDATE activities SET removed_at = $2 WHERE activity_id = $1", activity_id, at)


async def find(conn: Connection, activity_id: UUID) -> Activity | None:
    return _activity(await conn.fetchrow("SELECT * FROM activities WHERE activity_id = $1 AND removed_at IS NULL", activity_id))


async def lock(conn: Connection, activity_id: UUID) -> Activity | None:
    return _activity(
        await conn.fetchrow("SELECT * FROM activities WHERE activity_id = $1 AND removed_at IS NULL FOR UPDATE", activity_id)
    )


async def of_obligation(conn: Connection, obligation_id: UUID, *, first_day: date, last_day: date) -> list[Activity]:
    """What happened on these days, in the order in which it happened."""
    found = await conn.fetch(
        """
        SELECT * FROM activities WHERE obligation_id = $1 AND happened_on BETWEEN $2 AND $3 AND removed_at IS NULL
        ORDER BY happened_on, activity_id
        """,
        obligation_id,
        first_day,
        last_day,
    )
    return [Activity.model_validate(_known(row)) for row in found]


async def between(
    conn: Connection, contract_ids: Collection[UUID], *, first_day: date, last_day: date
) -> Mapping[UUID, list[Activity]]:
    """What happened on these days for these contracts, by obligation, in the order in which it happened."""
    found: dict[UUID, list[Activity]] = {}
    for row in await conn.fetch(
        """
        SELECT * FROM activities WHERE contract_id = ANY ($1) AND happened_on BETWEEN $2 AND $3 AND removed_at IS NULL
        ORDER BY happened_on, activity_id
        """,
        list(contract_ids),
        first_day,
        last_day,
    ):
        found.setdefault(row["obligation_id"], []).append(Activity.model_validate(_known(row)))
    return found


async def by_ids(conn: Connection, activity_ids: Collection[UUID]) -> list[Activity]:
    found = await conn.fetch(
        "SELECT * FROM activities WHERE activity_id = ANY ($1) ORDER BY happened_on, activity_id", list(activity_ids)
    )
    return [Activity.model_validate(_known(row)) for row in found]


async def lock_behind(conn: Connection, activity_ids: Collection[UUID]) -> list[Activity]:
    """Those of the activities that still stand, kept from changing until the line that they fill is submitted."""
    found = await conn.fetch(
        """
        SELECT * FROM activities WHERE activity_id = ANY ($1) AND removed_at IS NULL
        ORDER BY happened_on, activity_id FOR SHARE
        """,
        list(activity_ids),
    )
    return [Activity.model_validate(_known(row)) for row in found]


async def page(
    conn: Connection, contract_id: UUID, *, obligation_id: UUID | None, after: UUID | None, limit: int
) -> list[Activity]:
    """The log of a contract, in the order in which it was written."""
    found = await conn.fetch(
        """
        SELECT * FROM activities
        WHERE contract_id = $1 AND ($2::uuid IS NULL OR obligation_id = $2) AND removed_at IS NULL
          AND ($3::uuid IS NULL OR activity_id > $3)
        ORDER BY activity_id LIMIT $4
        """,
        contract_id,
        obligation_id,
        after,
        limit,
    )
    return [Activity.model_validate(_known(row)) for row in found]


async def stands_behind_submitted(conn: Connection, activity_id: UUID) -> bool:
    """Whether a line that was filled from it is with the reviewer, or approved."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT FROM lines l JOIN activities a ON a.activity_id = $1 AND a.obligation_id = l.obligation_id
                       WHERE l.filled_from @> ARRAY[$1::uuid] AND l.status IN ('submitted', 'approved'))
        """,
        activity_id,
    )
    return found


def _activity(row: Record | None) -> Activity | None:
    return Activity.model_validate(_known(row)) if row is not None else None


def _known(row: Record) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "removed_at"}
