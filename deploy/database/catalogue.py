"""A deployment without a catalogue of measures gets the project's own; one that has any keeps it."""

from __future__ import annotations

from datetime import UTC, datetime

from services.commitments.actions.measures import ensure_catalogue
from shared.access import NOBODY
from shared.db import connect


async def load_catalogue(commitments_url: str) -> None:
    conn = await connect(commitments_url, name="parity migrate")
    try:
        async with conn.transaction():
            await ensure_catalogue(conn, by=NOBODY, at=datetime.now(UTC))
    finally:
        await conn.close()
