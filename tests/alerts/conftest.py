from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from shared.db import Connection, connect
from tests.alerts.builders import Telling


@pytest.fixture
async def conn(database: Callable[[str], str]) -> AsyncIterator[Connection]:
    """A fresh database of the alerts service, as the service's own role sees it."""
    conn = await connect(database("alerts"))
    yield conn
    await conn.close()


@pytest.fixture
def tell() -> Telling:
    return Telling()
