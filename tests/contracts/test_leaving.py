"""Who is removed, or loses a role, is out at once: in every service, by the session and by the key."""

from __future__ import annotations

import pytest

from deploy.local.services import all_services, service_called
from services.commitments.actions.people import change_roles
from shared.access import NOBODY, Role, Scope
from shared.identity import keys, people
from shared.origin import PATHS
from shared.service import Service
from tests.conftest import NOON, OpenRuntime
from tests.visiting import Visit

PAGE = {"commitments": "/contracts", "returns": "/", "alerts": "/", "aggregator": "/"}
ROUTE = {"commitments": "/contracts", "returns": "/returns", "alerts": "/alerts", "aggregator": "/totals?quarter=2026-27-Q1"}
BUSINESS = frozenset({Role.CONTRACT_MANAGER, Role.ICB_ANALYST})


@pytest.mark.parametrize("leaves", ["removed", "another role"])
@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
async def test_who_leaves_is_out_at_once(runtime: OpenRuntime, service: Service, leaves: str) -> None:
    opened = await runtime(service)
    commitments = opened if service.name == "commitments" else await runtime(service_called("commitments"))
    visit = await Visit.of(opened, commitments, *BUSINESS)
    async with commitments.identity.acquire() as conn, conn.transaction():
        _, secret = await keys.create(conn, person_id=visit.person_id, label="", scopes=list(Scope), at=NOON)

    async def answers() -> tuple[int, int]:
        page = await visit.http.get(PATHS[service.name] + PAGE[service.name])
        headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
        route = await visit.http.get(f"{PATHS[service.name]}/api/v1{ROUTE[service.name]}", headers=headers)
        return page.status_code, route.status_code

    assert await answers() == (200, 200)
    async with commitments.identity.acquire() as conn, conn.transaction():
        if leaves == "removed":
            await people.remove(conn, visit.person_id, at=NOON)
        else:
            await change_roles(conn, visit.person_id, frozenset({Role.OPERATOR}), was=BUSINESS, by=NOBODY, at=NOON)
    assert await answers() == (303, 401 if leaves == "removed" else 403)
