"""People at their browsers, beside the alerts service at work."""

from __future__ import annotations

from uuid import UUID

from shared.access import Role
from shared.service import Runtime
from tests.alerts.builders import BUYER, ICB, SUPPLIER
from tests.visiting import Visit


class People:
    """``await people.manager()``: a person of the buyer, signed in."""

    def __init__(self, alerts: Runtime, commitments: Runtime) -> None:
        self._alerts = alerts
        self._commitments = commitments

    async def manager(self, name: str = "Amina Rahman", *, organisation_id: UUID = BUYER, person_id: UUID | None = None) -> Visit:
        return await self._visit(Role.CONTRACT_MANAGER, organisation_id, name, person_id)

    async def supplier(self, name: str = "Tom Adeyemi", *, organisation_id: UUID = SUPPLIER) -> Visit:
        return await self._visit(Role.SUPPLIER_EDITOR, organisation_id, name)

    async def analyst(self) -> Visit:
        return await self._visit(Role.ICB_ANALYST, ICB, "Priya Nair")

    async def administrator(self) -> Visit:
        return await self._visit(Role.ADMINISTRATOR, BUYER, "Joan Whitfield")

    async def _visit(self, role: Role, organisation_id: UUID, name: str, person_id: UUID | None = None) -> Visit:
        return await Visit.of(
            self._alerts, self._commitments, role, organisation_id=organisation_id, name=name, person_id=person_id
        )
