"""A batch as it was heard, what was known before it, and what it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.alerts.models.facts import (
    KnownContract,
    KnownObligation,
    KnownOrganisation,
    LineVersion,
    Owed,
    Promise,
    ReturnVersion,
)
from shared.events import Event
from shared.obligations import Terms
from shared.quarters import Quarter


@dataclass(frozen=True, slots=True)
class Heard:
    """An event with the moment at which it became true and its place in its topic."""

    event: Event
    at: datetime
    position: int


@dataclass(slots=True)
class Known:
    """What the database held before this batch, of the contracts in it."""

    promised: dict[UUID, Mapping[Quarter, Decimal]] = field(default_factory=dict)
    """The latest targets by obligation."""
    contract_of: dict[UUID, UUID] = field(default_factory=dict)
    """The contract of each of these obligations."""
    asked: dict[UUID, dict[UUID, tuple[Terms | None, int]]] = field(default_factory=dict)
    """By return and obligation: the latest terms and days."""
    versions: dict[UUID, int] = field(default_factory=dict)
    """The latest version of each contract, return and line."""


@dataclass(slots=True)
class News:
    organisations: list[KnownOrganisation] = field(default_factory=list)
    contracts: list[KnownContract] = field(default_factory=list)
    obligations: list[KnownObligation] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    returns: list[ReturnVersion] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    lines: list[LineVersion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Affected:
    """What has to be thought over again: obligations, returns, and files of evidence."""

    obligations: frozenset[UUID] = frozenset()
    rated_since: Mapping[UUID, Quarter] = field(default_factory=dict)
    """By obligation: the first quarter whose facts are new. What came before it keeps its rating."""
    returns: frozenset[UUID] = frozenset()
    files: frozenset[str] = frozenset()
