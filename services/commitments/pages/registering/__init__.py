"""Registering a contract in steps. Whatever is typed is kept on the server, so that people come back to it, and lose nothing."""

from services.commitments.pages.registering import (
    adding,
    award,
    begun,
    checking,
    from_notice,
    from_table,
    measures,
    obligations,
    owed,
    parties,
    suppliers,
)

__all__ = [
    "adding",
    "award",
    "begun",
    "checking",
    "from_notice",
    "from_table",
    "measures",
    "obligations",
    "owed",
    "parties",
    "suppliers",
]
