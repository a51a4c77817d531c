"""API keys: ``parity_`` and 256 random bits, shown once; only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.db import Connection, Pool
from shared.ids import new_id
from shared.quarters import local_date


@dataclass(frozen=True)
class Holder:
    """Whose key it is, and what it may be used for."""

    person_id: UUID
    organisation_id: UUID
    roles: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """A key as its administrator sees it: all but the secret."""

    id: UUID
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    """None where it was never used."""


def digest(secret: str) -> bytes:
    """A fast hash is right here: the secret has 256 bits of its own, unlike a password."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


async def holder(conn: Connection | Pool, secret: str, *, at: datetime) -> Holder | None:
    """Who holds a key that is neither revoked nor expired, and is still with us; else None. Notes the day of its use."""
    row = await conn.fetchrow(
        """
        SELECT p.id, p.organisation_id, p.roles, k.scopes, k.id AS key_id, k.last_used_on
        FROM api_keys k JOIN people p ON p.id = k.person_id
        WHERE k.secret_sha256 = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
          AND p.removed_at IS NULL
        """,
        digest(secret),
        at,
    )
    if row is None:
        return None
    today = local_date(at)
    if row["last_used_on"] is None or row["last_used_on"] < today:
        await conn.execute("UPDATE api_keys SET last_used_on = $2 WHERE id = $1", row["key_id"], today)
    return Holder(row["id"], row["organisation_id"], tuple(row["roles"]), tuple(row["scopes"]))


async def create(
    conn: Connection, *, person_id: UUID, label: str, scopes: Sequence[str], at: datetime, expires_at: datetime | None = None
) -> tuple[UUID, str]:
    """Make a key for a person. Returns its id and the secret, which nobody can read again."""
    secret = "parity_" + secrets.token_urlsafe(32)
    key_id = new_id()
    await conn.execute(
        """
        INSERT INTO api_keys (id, person_id, label, secret_sha256, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        key_id,
        person_id,
        label,
        digest(secret),
        list(scopes),
        at,
        expires_at,
    )
    return key_id, secret


async def of_person(conn: Connection | Pool, person_id: UUID) -> list[Key]:
    """Every key that was made for a person, those that were revoked too, the earliest first."""
    rows = await conn.fetch("SELECT * FROM api_keys WHERE person_id = $1 ORDER BY id", person_id)
    return [
        Key(
            id=row["id"],
            label=row["label"],
            scopes=tuple(row["scopes"]),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
            last_used_on=row["last_used_on"],
        )
        for row in rows
    ]


async def revoke(conn: Connection, key_id: UUID, *, at: datetime) -> bool:
    """Revoke a key, at once everywhere. False where there is none that is still good."""
    return (
        await conn.fetchval("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING true", key_id, at)
    ) is True
