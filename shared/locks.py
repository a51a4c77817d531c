"""Names for PostgreSQL's advisory locks."""

from __future__ import annotations

from hashlib import blake2b


def lock_key(*words: str) -> int:
    """The number under which these words are locked; 64 bits, signed, as PostgreSQL takes it."""
    digest = blake2b("\0".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
