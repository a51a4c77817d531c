"""Commitments at work, and people with keys to call it: an administrator of the ICB, contract managers, a supplier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx2 as httpx

from services.commitments.actions.organisations import record_organisation
from services.commitments.actions.people import add_person, create_key
from services.commitments.models.organisations import NewOrganisation, Organisation
from services.commitments.models.people import NewPerson
from shared.access import NOBODY, Role, Scope
from shared.events import EVENTS, Event
from shared.ids import new_id
from shared.service import Runtime
from tests.conftest import NOON


class Office:
    """Calls the API with one key or another."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        transport = httpx.ASGITransport(app=runtime.app(), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://parity.example/api/v1")

    async def record(self, **fields: Any) -> Organisation:
        async with self.runtime.pool.acquire() as conn, conn.transaction():
            return await record_organisation(conn, NewOrganisation(**fields), by=NOBODY, at=NOON)

    async def key(self, organisation_id: UUID, *roles: Role, scopes: Sequence[Scope] = tuple(Scope)) -> tuple[str, UUID]:
        """The secret of a new person's key, and the person's id."""
        new = NewPerson(name="Somebody", email=f"{new_id()}@example.org", organisation_id=organisation_id, roles=frozenset(roles))
        async with self.runtime.identity.acquire() as conn, conn.transaction():
            person = await add_person(conn, new, by=NOBODY, at=NOON)
            _, secret = await create_key(conn, person.person_id, "test", scopes, at=NOON)
        return secret, person.person_id

    async def __call__(
        self, method: str, path: str, key: str, *, expect: int = 200, if_match: int | None = None, **sent: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {key}", **sent.pop("headers", {})}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        response = await self.http.request(method, path, headers=headers, **sent)
        assert response.status_code == expect, response.text
        return response.json() if response.content else None

    async def told(self, kind: type[Event]) -> list[Any]:
        rows = await self.runtime.pool.fetch("SELECT type, data FROM outbox ORDER BY number")
        events = [EVENTS[row["type"]].model_validate(row["data"]) for row in rows]
        return [event for event in events if isinstance(event, kind)]
