"""PostgreSQL: connections whose values are exact (numeric is Decimal) and whose jsonb is Python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import orjson

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]
    Pool: TypeAlias = asyncpg.Pool[Any]
    Record: TypeAlias = asyncpg.Record
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool
    Record = asyncpg.Record


def _encode_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


async def _teach(conn: Connection) -> None:
    for name in ("json", "jsonb"):
        await conn.set_type_codec(name, encoder=_encode_json, decoder=orjson.loads, schema="pg_catalog")


class _Clean(asyncpg.Connection):
    """Every use runs in one transaction and leaves nothing behind, so the pool need not ask for a reset (a round trip saved)."""

    def get_reset_query(self) -> str:
        return ""


async def connect_pool(
    url: str, *, name: str = "parity", min_size: int = 1, max_size: int = 10, statement_cache_size: int = 1024
) -> Pool:
    """A pool on ``url``. Its connections must not be used for LISTEN, session locks or SET outside a transaction."""
    return await asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=_teach,
        connection_class=_Clean,
        statement_cache_size=statement_cache_size,
        server_settings={"application_name": name},
    )


async def connect(url: str, *, name: str = "parity") -> asyncpg.Connection[Any]:
    """One connection of its own, for session locks, LISTEN and migrations."""
    conn = await asyncpg.connect(url, server_settings={"application_name": name})
    await _teach(conn)
    return conn


UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
)
"""What the database says while it restarts, is full, or let another transaction go first: try again later.

InternalClientError is how asyncpg says that the server has ended a connection while nobody was looking.
"""


def unavailable(error: BaseException) -> bool:
    """Whether trying again later may help, since the database or the connection to it was at fault, and not the statement."""
    closed = isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)
    return closed or isinstance(error, UNAVAILABLE)


def reason(error: BaseException) -> str:
    """Why a database does not answer, in a few words."""
    if isinstance(error, TimeoutError) and not error.errno:
        return "no answer in time"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)  # asyncio's own text holds the address as Python writes it
    said, *_ = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()
    return said


def no_answer(error: BaseException) -> str:
    """The same as a sentence, for /ready and the log."""
    return f"The database does not answer: {reason(error)}."
