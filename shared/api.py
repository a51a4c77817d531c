"""What every JSON route stands on: one transaction per request, idempotent creation, pages by cursor, ETags."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, overload
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.access import bearer_scheme, caller_of
from shared.db import Connection
from shared.errors import BadRequest, PreconditionRequired
from shared.idempotency import once
from shared.problems import documented

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


class CursorNotUnderstood(BadRequest):
    """This cursor is none that this list gave. Begin without a cursor."""


class IfMatchNotUnderstood(BadRequest):
    """If-Match holds one ETag as it was given, such as "7"."""


class IdempotencyKeyNotUnderstood(BadRequest):
    """Idempotency-Key is 1 to 255 printable characters, such as a UUID."""


async def plan_for_what_is_asked(request: Request, conn: Connection) -> None:
    """For a transaction that only reads. A list can be narrowed in many ways: one plan for all of them is slow for most."""
    if request.method in ("GET", "HEAD"):
        await conn.execute("SET LOCAL plan_cache_mode = force_custom_plan")


async def _transaction(request: Request) -> AsyncIterator[Connection]:
    begun: Connection | None = getattr(request.state, "tx", None)
    if begun is not None:
        yield begun
        return
    runtime = request.app.state.runtime
    async with runtime.pool.acquire() as conn, conn.transaction():
        await plan_for_what_is_asked(request, conn)
        yield conn
    runtime.relay.wake()


# Without this scope the code after ``yield`` runs when the answer has left: the caller would read 201 though COMMIT failed.
Tx = Annotated[Connection, Depends(_transaction, scope="function")]
"""The request's one transaction, committed before the answer leaves."""


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.runtime.clock.now()
    return now


Now = Annotated[datetime, Depends(_now)]
"""The service's clock, UTC."""


class _Route(APIRoute):
    """A POST that creates (201) may carry an Idempotency-Key: its answer is kept, in the same transaction, and given again."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        if self.status_code != 201 or "POST" not in (self.methods or ()):
            return handle

        async def creating(request: Request) -> Response:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return await handle(request)
            if not (1 <= len(key) <= 255 and key.isprintable()):
                raise IdempotencyKeyNotUnderstood
            return await once(request, key, handle, by=(await caller_of(request)).person_id)

        return creating


def api_router(tag: str) -> APIRouter:
    """Routes under /api/v1, each in one transaction."""
    return APIRouter(
        prefix="/api/v1",
        tags=[tag],
        route_class=_Route,
        dependencies=[bearer_scheme()],
        responses=documented(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503),
    )


Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.", default_factory=lambda: 50)]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="The ``next`` of the page before.", default_factory=lambda: None)
]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None
    """The cursor of the next page; None on the last."""


CursorValue: TypeAlias = date | UUID | str | int | bool


def encode_cursor(*values: CursorValue) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def paged(found: Sequence[T], limit: int, place: Callable[[T], tuple[CursorValue, ...]]) -> tuple[list[T], str | None]:
    """The first ``limit`` of what was asked for with one more, and the cursor of the next page: None on the last.

    ``place``: by what the list is ordered, of one in it.
    """
    shown = list(found[:limit])
    return shown, encode_cursor(*place(shown[-1])) if len(found) > limit else None


@overload
def decode_cursor(cursor: str, one: type[A], /) -> tuple[A]: ...
@overload
def decode_cursor(cursor: str, one: type[A], two: type[B], /) -> tuple[A, B]: ...
@overload
def decode_cursor(cursor: str, one: type[A], two: type[B], three: type[C], /) -> tuple[A, B, C]: ...
@overload
def decode_cursor(cursor: str, one: type[A], two: type[B], three: type[C], four: type[D], /) -> tuple[A, B, C, D]: ...
@overload
def decode_cursor(cursor: str, *types: type[A]) -> tuple[A, ...]: ...
def decode_cursor(cursor: str, *types: Any) -> tuple[Any, ...]:
    """The values that ``encode_cursor`` took, of these types. Raises CursorNotUnderstood."""
    shape: Any = tuple.__class_getitem__(types)
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if b"\\u0000" in text:  # PostgreSQL cannot store it, so no list gave it
            raise CursorNotUnderstood
        found: tuple[Any, ...] = TypeAdapter(shape).validate_json(text)
    except (ValueError, ValidationError):
        raise CursorNotUnderstood from None
    if not all(_storable(value) for value in found):
        raise CursorNotUnderstood
    return found


def _storable(value: object) -> bool:
    """PostgreSQL's bigint ends somewhere, and a moment at the edge of the calendar has no time in UTC."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return not isinstance(value, datetime) or (value.tzinfo is not None and 1 < value.year < 9999)


def etag(version: int) -> str:
    return f'"{version}"'


async def _if_match(
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag of what you read.")] = None,
) -> int:
    if if_match is None:
        raise PreconditionRequired
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise IfMatchNotUnderstood
    return int(text)


IfMatch = Annotated[int, Depends(_if_match)]
"""The version that the caller has seen."""
