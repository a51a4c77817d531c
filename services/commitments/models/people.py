"""People who work with Parity, and the API keys that act for them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.access import Role, Scope
from shared.obligations import Frozen, Text, Words

Label = Annotated[Words, Field(max_length=100)]


class Details(Frozen):
    name: Annotated[Words, Field(max_length=200)]
    email: Annotated[Text, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class DetailsChange(Details):
    """``was``: what was seen before, so that nobody's change is lost."""

    was: Details


class NewPerson(Details):
    organisation_id: UUID
    roles: frozenset[Role] = Field(min_length=1)


class Person(NewPerson):
    person_id: UUID


class Roles(Frozen):
    """``was``: the roles that were seen before, so that nobody's change is lost."""

    roles: frozenset[Role] = Field(min_length=1)
    was: frozenset[Role] = Field(min_length=1)


class NewKey(Frozen):
    """``scopes``: what the key may be used for, within what its person's roles allow."""

    label: Label
    scopes: frozenset[Scope] = Field(min_length=1)
    expires_at: AwareDatetime | None = None


class KeyMade(Frozen):
    """The only time that the secret is shown."""

    key_id: UUID
    secret: str


class Key(Frozen):
    key_id: UUID
    label: str
    scopes: frozenset[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    last_used_on: date | None
    """None where it was never used."""
