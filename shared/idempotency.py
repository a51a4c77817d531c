"""What creates something can be sent again without creating it twice: its answer is kept for a day, and given again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Request, Response

from shared.errors import Conflict, Invalid
from shared.locks import lock_key


class IdempotencyKeyInFlight(Conflict):
    """A request with this Idempotency-Key is being answered. Wait for its answer, or send it again later."""


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was used for another request within the last day. Use a new one."""


async def once(request: Request, key: str, handle: Callable[[Request], Awaitable[Response]], *, by: UUID) -> Response:
    """The answer of ``handle``; the same again, and nothing done, where this person (``by``) has sent the request before."""
    asked = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()).digest()
    runtime = request.app.state.runtime
    async with runtime.pool.acquire() as conn, conn.transaction():
        if not await conn.fetchval("SELECT pg_try_advisory_xact_lock($1)", lock_key("idempotency", str(by), key)):
            raise IdempotencyKeyInFlight
        known = await conn.fetchrow("SELECT * FROM idempotency_keys WHERE person_id = $1 AND key = $2", by, key)
        if known is not None:
            if known["fingerprint"] != asked:
                raise IdempotencyKeyReused
            headers = {**known["headers"], "Idempotency-Replayed": "true"}
            return Response(known["body"], status_code=known["status"], headers=headers)
        request.state.tx = conn
        response = await handle(request)
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        await conn.execute(
            """
            INSERT INTO idempotency_keys (person_id, key, fingerprint, status, headers, body, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            by,
            key,
            asked,
            response.status_code,
            kept,
            bytes(response.body),
            runtime.clock.now(),
        )
    runtime.relay.wake()
    return response
