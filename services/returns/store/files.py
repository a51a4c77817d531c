"""The bytes of evidence, under their SHA-256: in a local folder or in S3, by a setting."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

from obstore.store import LocalStore, ObjectStore, from_url


@cache
def evidence_store(url: str) -> ObjectStore:
    """The store that ``PARITY_EVIDENCE`` names; one per address, shared by all requests."""
    if url.startswith("file://"):
        return LocalStore(Path(url.removeprefix("file://")).absolute(), mkdir=True)
    return from_url(url)


async def put(store: ObjectStore, content: bytes) -> str:
    """Keep ``content`` and return its SHA-256. The same bytes are kept once; a file whose row never came to be harms nobody."""
    sha256 = hashlib.sha256(content).hexdigest()
    await store.put_async(_key(sha256), content)
    return sha256


async def stream(store: ObjectStore, sha256: str) -> AsyncIterator[bytes]:
    """The bytes, piece by piece. Raises FileNotFoundError before the first."""
    found = await store.get_async(_key(sha256))

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in found.stream():
            yield bytes(piece)

    return pieces()


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
