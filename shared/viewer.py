"""Whose eyes a query looks through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.access import SUPPLIER, Caller, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """A buyer sees its own contracts, a supplier its own, the ICB those of buyers who share them."""

    organisation_id: UUID
    as_buyer: bool
    as_supplier: bool
    as_icb: bool

    @classmethod
    def of(cls, caller: Caller, *, acting_as: tuple[Role, ...] = tuple(Role)) -> Self:
        """A person with roles on both sides acts in one of them: a buyer's decision is not taken on a contract it supplies."""
        return cls(
            caller.organisation_id,
            as_buyer=caller.has(Role.CONTRACT_MANAGER) and Role.CONTRACT_MANAGER in acting_as,
            as_supplier=any(caller.has(role) and role in acting_as for role in SUPPLIER),
            as_icb=caller.has(Role.ICB_ANALYST) and Role.ICB_ANALYST in acting_as,
        )
