"""Who and what is on stage while a scenario is played: the ids behind its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from deploy.demo.scenario import Contract
from services.commitments.models.contracts import Contract as Recorded
from shared.access import Caller, Role
from shared.settings import Settings


@dataclass(frozen=True)
class Stage:
    settings: Settings
    """Of the returns service."""
    organisations: Mapping[str, UUID]
    people: Mapping[str, Caller]
    recorded: dict[str, Recorded] = field(default_factory=dict)
    """Contracts, once they are recorded."""

    def contract_id(self, contract: Contract) -> UUID:
        return self.recorded[contract.key].contract_id

    def obligation_id(self, contract: Contract, reference: str) -> UUID:
        found = next(one for one in self.recorded[contract.key].obligations if one.reference == reference)
        return found.obligation_id

    def with_role(self, role: Role) -> Caller:
        return next(caller for caller in self.people.values() if caller.has(role))

    def manager(self, contract: Contract) -> Caller:
        return self.people[contract.manager]

    def certifier(self, contract: Contract) -> Caller:
        return self.people[contract.certifier]
