"""Every route says who may call it, and it is so: all routes of all services, with each role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from deploy.local.services import all_services, service_called
from shared import operations
from shared.access import Allow, Role, Scope
from shared.identity import keys, people
from shared.service import Service
from tests.conftest import NOON, OpenRuntime

OPEN = {route.path for route in operations.router.routes if isinstance(route, APIRoute)}
"""What whoever runs a service asks it; a proxy keeps these from the public."""


def _routes(service: Service) -> Iterator[APIRoute]:
    for router in service.routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for one in dependant.dependencies:
        yield from _calls(one)


def _allowed(dependant: Dependant) -> list[Allow]:
    here = [dependant.call] if isinstance(dependant.call, Allow) else []
    return here + [allow for one in dependant.dependencies for allow in _allowed(one)]


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
def test_every_route_says_who_may_call_it(service: Service) -> None:
    routes = list(_routes(service))
    assert routes
    for route in routes:
        [allow] = _allowed(route.dependant)
        assert allow.roles, f"{route.path} lets nobody in"
        assert route.path.startswith("/api/v1/")
        assert route.path not in OPEN


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
def test_nothing_of_a_request_waits_for_a_thread(service: Service) -> None:
    """FastAPI hands a plain function to a pool of threads, which costs a request more than most of them do."""
    for route in _routes(service):
        for call in _calls(route.dependant):
            works = call if iscoroutinefunction(call) or isasyncgenfunction(call) else getattr(call, "__call__", call)  # noqa: B004
            assert iscoroutinefunction(works) or isasyncgenfunction(works), f"{route.path}: {call} is not async"


@pytest.fixture(params=all_services(), ids=lambda service: service.name)
async def at_work(
    request: pytest.FixtureRequest, runtime: OpenRuntime
) -> AsyncIterator[tuple[Service, httpx.AsyncClient, dict[Role, str]]]:
    service: Service = request.param
    opened = await runtime(service)
    secrets = {}
    # Of the services only commitments may write the identity database.
    commitments = await runtime(service_called("commitments"))
    async with commitments.identity.acquire() as conn, conn.transaction():
        for role in Role:
            person = people.Person(uuid4(), role.value, f"{role}@parity.example", uuid4(), (role.value,))
            await people.add(conn, person, at=NOON)
            _, secrets[role] = await keys.create(conn, person_id=person.id, label="test", scopes=list(Scope), at=NOON)
        _, secrets_without_scope = await keys.create(conn, person_id=person.id, label="test", scopes=[], at=NOON)
    transport = httpx.ASGITransport(app=opened.app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as http:
        http.headers["X-Without-Scope"] = secrets_without_scope
        yield service, http, secrets


async def test_each_role_is_let_in_where_it_is_named_and_nowhere_else(
    at_work: tuple[Service, httpx.AsyncClient, dict[Role, str]],
) -> None:
    service, http, secrets = at_work
    without_scope = http.headers.pop("X-Without-Scope")
    for route in _routes(service):
        [allow] = _allowed(route.dependant)
        path = re.sub(r"\{[^}]+\}", str(uuid4()), route.path)
        for method in route.methods or ():
            assert (await http.request(method, path)).status_code == 401, f"{method} {path} without a key"
            wrong = await http.request(method, path, headers={"Authorization": "Bearer parity_wrong"})
            assert wrong.status_code == 401, f"{method} {path} with a key that nobody holds"
            scoped = await http.request(method, path, headers={"Authorization": f"Bearer {without_scope}"})
            assert scoped.status_code == 403, f"{method} {path} with a key without scopes"
            for role, secret in secrets.items():
                answer = await http.request(method, path, headers={"Authorization": f"Bearer {secret}"})
                assert answer.status_code < 500, f"{method} {path} as {role}: {answer.text}"
                assert (answer.status_code == 403) == (role not in allow.roles), f"{method} {path} as {role}: {answer.text}"
