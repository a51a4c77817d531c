"""Which account of an OpenID Connect provider is which person, and which sessions began there."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.db import Connection, Pool
from shared.identity.keys import digest
from shared.identity.people import Person, person_of_row


@dataclass(frozen=True)
class Known:
    person: Person
    removed: bool
    """An administrator took their access away."""


async def person_of(conn: Connection, issuer: str, subject: str) -> Known | None:
    row = await conn.fetchrow(
        """
        SELECT p.* FROM provider_accounts a JOIN people p ON p.id = a.person_id
        WHERE a.issuer = $1 AND a.subject = $2 FOR UPDATE OF p
        """,
        issuer,
        subject,
    )
    return row and Known(person_of_row(row), row["removed_at"] is not None)


async def person_with_email(conn: Connection, email: str) -> Known | None:
    """Whoever has the address, or else the last one who had it."""
    row = await conn.fetchrow(
        "SELECT * FROM people WHERE lower(email) = lower($1) ORDER BY removed_at DESC NULLS FIRST LIMIT 1 FOR UPDATE", email
    )
    return row and Known(person_of_row(row), row["removed_at"] is not None)


async def keep_account(conn: Connection, issuer: str, subject: str, person_id: UUID) -> None:
    await conn.execute(
        "INSERT INTO provider_accounts (issuer, subject, person_id) VALUES ($1, $2, $3)", issuer, subject, person_id
    )


async def keep_session(conn: Connection, secret: str, id_token: str) -> None:
    await conn.execute("INSERT INTO provider_sessions (secret_sha256, id_token) VALUES ($1, $2)", digest(secret), id_token)


async def take_session(conn: Connection | Pool, secret: str) -> str | None:
    """The ID token of a session that began at the provider; from now on it is kept no more."""
    token: str | None = await conn.fetchval(
        "DELETE FROM provider_sessions WHERE secret_sha256 = $1 RETURNING id_token", digest(secret)
    )
    return token


async def timed_out(conn: Connection | Pool, secret: str) -> bool:
    """Whether this session began at the provider and nobody ended it: then the provider is asked, and not the person."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM provider_sessions JOIN sessions USING (secret_sha256) WHERE secret_sha256 = $1 AND ended_at IS NULL)
        """,
        digest(secret),
    )
    return found
