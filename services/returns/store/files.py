"""The bytes of evidence, under their SHA-256: in a local folder or in S3, by a setting."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url
from prometheus_client import Counter

from shared.db import reason
from shared.errors import NotFound, Unavailable

logger = structlog.get_logger()
missing_total = Counter("parity_evidence_missing_total", "Times that a file was asked for which the store of evidence has lost")


class EvidenceUnavailable(Unavailable):
    """The store of evidence does not answer. Nothing was saved; try again later."""


class EvidenceMissing(NotFound):
    """This file is recorded, and its content is gone from the store. Ask your operator to bring it back, or add it again."""


@cache
def evidence_store(url: str) -> ObjectStore:
    """The store that ``PARITY_EVIDENCE`` names; one per address, shared by all requests."""
    if url.startswith("file://"):
        return LocalStore(Path(url.removeprefix("file://")).absolute(), mkdir=True)
    return from_url(url, retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)})


async def put(store: ObjectStore, content: bytes) -> str:
    """Keep ``content`` and return its SHA-256. The same bytes are kept once; a file whose row never came to be harms nobody.

    Raises EvidenceUnavailable.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        await store.put_async(_key(sha256), content)
    except (BaseError, OSError) as error:
        logger.error("evidence cannot be kept", reason=reason(error))
        raise EvidenceUnavailable from None
    return sha256


async def stream(store: ObjectStore, sha256: str) -> AsyncIterator[bytes]:
    """The bytes, piece by piece. Raises EvidenceMissing and EvidenceUnavailable before the first."""
    try:
        found = await store.get_async(_key(sha256))
    except FileNotFoundError:
        missing_total.inc()
        logger.error("evidence is missing from its store", sha256=sha256)
        raise EvidenceMissing from None
    except (BaseError, OSError) as error:
        logger.error("evidence cannot be read", reason=reason(error))
        raise EvidenceUnavailable from None

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in found.stream():
            yield bytes(piece)

    return pieces()


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
