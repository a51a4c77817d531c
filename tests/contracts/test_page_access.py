"""Every page says who may open it, and it is so: all pages of all services, with each role and with nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx2 as httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from deploy.local.services import all_services, service_called
from shared.access import Role
from shared.origin import PATHS
from shared.pages.visitors import COOKIE, Admit, csrf_token
from shared.service import Service
from tests.conftest import OpenRuntime
from tests.visiting import Visit

OPEN = {
    "/commitments/",
    "/commitments/sign-in",
    "/commitments/accessibility",
    "/commitments/cookies",
}
"""Pages that nobody needs to be signed in for, besides those of signing in."""
_SIGNING_IN = re.compile(r"/commitments/(sign-in|sign-out|password|links?|one-time|oidc)\b")


def routes_of(service: Service) -> Iterator[tuple[str, APIRoute]]:
    for route in service.pages.routes if service.pages else ():
        if isinstance(route, APIRoute):
            yield PATHS[service.name] + route.path, route


def admitted(dependant: Dependant) -> list[Admit]:
    here = [dependant.call] if isinstance(dependant.call, Admit) else []
    return here + [admit for one in dependant.dependencies for admit in admitted(one)]


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
def test_every_page_says_who_may_open_it(service: Service) -> None:
    assert list(routes_of(service))
    for path, route in routes_of(service):
        admits = admitted(route.dependant)
        if path in OPEN or _SIGNING_IN.match(path):
            assert not admits, path
        else:
            [admit] = admits
            assert admit.roles, f"{path} lets nobody in"
        assert "/api/" not in path
        assert not re.match(r"/\w+/\{\w+\}", path), f"{path}: without a converter it would hide /docs and /live"


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
async def test_each_role_is_let_in_where_it_is_named_and_nowhere_else(runtime: OpenRuntime, service: Service) -> None:
    opened = await runtime(service)
    commitments = opened if service.name == "commitments" else await runtime(service_called("commitments"))
    people = {role: await Visit.of(opened, commitments, role) for role in Role}
    nobody = Visit.nobody(opened)
    for path, route in routes_of(service):
        if not admitted(route.dependant):
            continue
        [admit] = admitted(route.dependant)
        address = re.sub(r"\{[^}]+\}", lambda place: example(place.group()), path)
        for method in route.methods:
            unknown = await _ask(nobody.http, method, address)
            assert unknown.status_code in (303, 401), f"{method} {path} as nobody: {unknown.status_code}"
            for role, visit in people.items():
                answer = await _ask(visit.http, method, address)
                assert answer.status_code < 500, f"{method} {path} as {role}: {answer.text}"
                kept_out = answer.status_code == 403
                assert kept_out == (role not in admit.roles), f"{method} {path} as {role}: {answer.status_code}"


def example(place: str) -> str:
    if ":uuid" in place:
        return str(uuid4())
    return "1" if ":int" in place else "2026-27-Q2"


async def _ask(http: httpx.AsyncClient, method: str, address: str) -> httpx.Response:
    """A form of the caller's own session, with nothing in it."""
    secret = http.cookies.get(COOKIE)
    sent = {"csrf": csrf_token(secret)} if secret else {}
    return await (http.post(address, data=sent) if method == "POST" else http.request(method, address))
