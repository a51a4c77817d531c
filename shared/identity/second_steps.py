"""The second step of signing in: a code of six digits from an app (RFC 6238), or a recovery code where the app is lost."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from hmac import compare_digest
from uuid import UUID

import pyotp

from shared.db import Connection, Pool
from shared.identity.keys import digest

RECOVERY_CODES = 8
_SECONDS = 30


def new_secret() -> str:
    return pyotp.random_base32()


def step_of(secret: str, code: str, *, at: datetime | None = None) -> int | None:
    """The half minute that ``code`` belongs to: the present one, or for clocks that differ the one before or after."""
    now = int((at or datetime.now(UTC)).timestamp()) // _SECONDS
    app = pyotp.TOTP(secret, interval=_SECONDS)
    given = "".join(code.split()).encode("utf-8", "replace")
    return next((step for step in (now, now - 1, now + 1) if compare_digest(app.at(step * _SECONDS).encode(), given)), None)


async def is_on(conn: Connection | Pool, person_id: UUID) -> bool:
    found: bool = await conn.fetchval("SELECT EXISTS (SELECT FROM second_steps WHERE person_id = $1)", person_id)
    return found


async def turn_on(conn: Connection, person_id: UUID, secret: str, *, step: int) -> list[str]:
    """Returns fresh recovery codes, which nobody can read again. ``step`` is that of the code that proved the app."""
    await turn_off(conn, person_id)
    await conn.execute(
        "INSERT INTO second_steps (person_id, secret, last_step, turned_on_at) VALUES ($1, $2, $3, $4)",
        person_id,
        secret,
        step,
        datetime.now(UTC),
    )
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    await conn.executemany(
        "INSERT INTO recovery_codes (person_id, code_sha256) VALUES ($1, $2)", [(person_id, _hash(code)) for code in codes]
    )
    return codes


async def turn_off(conn: Connection, person_id: UUID) -> bool:
    """False where it was not on."""
    await conn.execute("DELETE FROM recovery_codes WHERE person_id = $1", person_id)
    return (await conn.fetchval("DELETE FROM second_steps WHERE person_id = $1 RETURNING true", person_id)) is True


async def accepts(conn: Connection, person_id: UUID, code: str, *, at: datetime | None = None) -> bool:
    """Whether this is the person's code. From now on it is good no more, nor is any before it."""
    secret = await conn.fetchval("SELECT secret FROM second_steps WHERE person_id = $1", person_id)
    if secret is None:
        return False
    step = step_of(secret, code, at=at)
    if step is not None:
        took = "UPDATE second_steps SET last_step = $2 WHERE person_id = $1 AND last_step < $2 RETURNING true"
        return (await conn.fetchval(took, person_id, step)) is True
    return (
        await conn.fetchval(
            """
            UPDATE recovery_codes SET used_at = $3
            WHERE person_id = $1 AND code_sha256 = $2 AND used_at IS NULL RETURNING true
            """,
            person_id,
            _hash(code),
            datetime.now(UTC),
        )
    ) is True


async def recovery_codes_left(conn: Connection | Pool, person_id: UUID) -> int:
    left: int = await conn.fetchval("SELECT count(*) FROM recovery_codes WHERE person_id = $1 AND used_at IS NULL", person_id)
    return left


def _recovery_code() -> str:
    """80 random bits: ``abcd-efgh-ijkl-mnop``."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _hash(code: str) -> bytes:
    """However it was typed: with or without hyphens and spaces, in either case."""
    return digest("".join(character for character in code.lower() if character.isalnum()))
