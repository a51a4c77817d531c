"""Identifiers: UUID version 7 (RFC 9562), made by the application, so that rows lie on disk in the order they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
