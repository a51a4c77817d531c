"""People: who they are, where they work and which roles they hold. Names and addresses never leave this database in an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection, Pool, Record

ANYWHERE = UUID(int=0)
"""Stands for every organisation: a deployment's ICB analysts are its ICB's, and no other service knows which that is."""


@dataclass(frozen=True)
class Person:
    id: UUID
    name: str
    email: str
    organisation_id: UUID
    roles: tuple[str, ...]


def person_of_row(row: Record) -> Person:
    """Of a row that holds all columns of people."""
    return Person(row["id"], row["name"], row["email"], row["organisation_id"], tuple(row["roles"]))


async def add(conn: Connection, person: Person, *, at: datetime) -> None:
    """Raises asyncpg.UniqueViolationError (``people_by_email``) where somebody has this address already."""
    await conn.execute(
        "INSERT INTO people (id, name, email, organisation_id, roles, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        person.id,
        person.name,
        person.email,
        person.organisation_id,
        list(person.roles),
        at,
    )


async def find(conn: Connection | Pool, ids: Sequence[UUID]) -> list[Person]:
    """Those of the people with these ids who are still with us."""
    rows = await conn.fetch("SELECT * FROM people WHERE id = ANY($1) AND removed_at IS NULL ORDER BY id", list(ids))
    return [person_of_row(row) for row in rows]


async def of_organisation(
    conn: Connection | Pool, organisation_id: UUID | None = None, *, after: UUID | None = None, limit: int
) -> list[Person]:
    """Those who are still with us, of one organisation or of all, in the order of their ids."""
    rows = await conn.fetch(
        """
        SELECT * FROM people
        WHERE removed_at IS NULL AND ($1::uuid IS NULL OR organisation_id = $1) AND ($2::uuid IS NULL OR id > $2)
        ORDER BY id LIMIT $3
        """,
        organisation_id,
        after,
        limit,
    )
    return [person_of_row(row) for row in rows]


async def by_name(
    conn: Connection | Pool,
    *,
    containing: str = "",
    organisation_id: UUID | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int,
) -> list[Person]:
    """Those who are still with us and whose name or address contains this, by name; ``after``: name in lower case, and id."""
    rows = await conn.fetch(
        """
        SELECT * FROM people
        WHERE removed_at IS NULL AND ($2::uuid IS NULL OR organisation_id = $2)
          AND (position(lower($1) IN lower(name)) > 0 OR position(lower($1) IN lower(email)) > 0)
          AND ($3::text IS NULL OR (lower(name), id) > ($3, $4::uuid))
        ORDER BY lower(name), id LIMIT $5
        """,
        containing,
        organisation_id,
        *(after or (None, None)),
        limit,
    )
    return [person_of_row(row) for row in rows]


async def ids_called(conn: Connection | Pool, containing: str, *, limit: int) -> list[UUID]:
    """Of people whose name or address contains this, those too who left; for a search in the history."""
    rows = await conn.fetch(
        """
        SELECT id FROM people WHERE position(lower($1) IN lower(name)) > 0 OR position(lower($1) IN lower(email)) > 0
        ORDER BY lower(name), id LIMIT $2
        """,
        containing,
        limit,
    )
    return [row["id"] for row in rows]


async def by_email(conn: Connection | Pool, email: str) -> Person | None:
    """Whoever has this address, however it is capitalised, and is still with us."""
    row = await conn.fetchrow("SELECT * FROM people WHERE lower(email) = lower($1) AND removed_at IS NULL", email)
    return row and person_of_row(row)


async def with_role(conn: Connection | Pool, organisations: Sequence[UUID], *roles: str) -> list[Person]:
    """The people of these organisations (or ``ANYWHERE``) who hold any of these roles."""
    rows = await conn.fetch(
        """
        SELECT * FROM people
        WHERE (organisation_id = ANY($1) OR $3 = ANY($1)) AND roles && $2::text[] AND removed_at IS NULL ORDER BY id
        """,
        list(organisations),
        list(roles),
        ANYWHERE,
    )
    return [person_of_row(row) for row in rows]


async def change_roles(conn: Connection, person_id: UUID, roles: Sequence[str], *, was: Sequence[str]) -> bool:
    """False where there is no such person, or the roles are not those that they were."""
    return (
        await conn.fetchval(
            "UPDATE people SET roles = $2 WHERE id = $1 AND roles @> $3 AND roles <@ $3 AND removed_at IS NULL RETURNING true",
            person_id,
            list(roles),
            list(was),
        )
    ) is True


async def describe(conn: Connection, person_id: UUID, name: str, email: str, *, was: tuple[str, str]) -> bool:
    """False where there is no such person, or name and address are not those that they were.

    Raises asyncpg.UniqueViolationError (``people_by_email``) where somebody else has this address.
    """
    return (
        await conn.fetchval(
            """
            UPDATE people SET name = $2, email = $3
            WHERE id = $1 AND name = $4 AND email = $5 AND removed_at IS NULL RETURNING true
            """,
            person_id,
            name,
            email,
            *was,
        )
    ) is True


async def move(conn: Connection, person_id: UUID, organisation_id: UUID) -> None:
    """The person works for another organisation now."""
    await conn.execute("UPDATE people SET organisation_id = $2 WHERE id = $1", person_id, organisation_id)


async def names(conn: Connection | Pool, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of everybody with these ids, also of who left."""
    rows = await conn.fetch("SELECT id, name FROM people WHERE id = ANY($1)", list(ids))
    return {row["id"]: row["name"] for row in rows}


async def remove(conn: Connection, person_id: UUID, *, at: datetime) -> bool:
    """Take a person's access away, their keys included. False where there is no such person."""
    return (
        await conn.fetchval(
            "UPDATE people SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL RETURNING true", person_id, at
        )
    ) is True
