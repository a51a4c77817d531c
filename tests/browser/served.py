"""Commitments over HTTP, for a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from deploy.local.run import whole
from deploy.local.serving import listen, serve
from shared.service import Runtime


@asynccontextmanager
async def served(runtime: Runtime) -> AsyncIterator[str]:
    """At its public URL, while this lasts."""
    url = runtime.settings.public_url
    with listen("127.0.0.1", urlsplit(url).port or 80) as listening:
        serving = asyncio.create_task(serve(whole([runtime], None), listening))
        try:
            yield url
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
