"""One transaction on the identity database, for routes of commitments: no other service may write there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from shared.api import plan_for_what_is_asked
from shared.db import Connection


async def _identity(request: Request) -> AsyncIterator[Connection]:
    async with request.app.state.runtime.identity.acquire() as conn, conn.transaction():
        await plan_for_what_is_asked(request, conn)
        yield conn


# As in shared.api: committed before the answer leaves.
Identity = Annotated[Connection, Depends(_identity, scope="function")]
