"""No form of another site and none of another session does anything, on any page that takes one; nor does a cookie at the API."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from deploy.local.services import all_services, service_called
from shared.access import Role
from shared.origin import PATHS
from shared.pages.visitors import COOKIE, csrf_token
from shared.service import Service
from tests.conftest import OpenRuntime
from tests.contracts.test_page_access import admitted, example, routes_of
from tests.visiting import Page, Visit


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
async def test_a_form_is_taken_from_its_own_page_only(runtime: OpenRuntime, service: Service) -> None:
    opened = await runtime(service)
    commitments = opened if service.name == "commitments" else await runtime(service_called("commitments"))
    visit, other = [await Visit.of(opened, commitments, *Role) for _ in range(2)]
    own, anothers = csrf_token(visit.http.cookies[COOKIE]), csrf_token(other.http.cookies[COOKIE])
    asked = 0

    async def refused(address: str, sent: dict[str, str], words: str, **headers: str) -> None:
        nonlocal asked
        asked += 1
        answer = await visit.http.post(address, data=sent, headers=headers)
        assert answer.status_code == 403, f"{address}: {answer.status_code}"
        assert words in Page(answer).text

    for path, route in routes_of(service):
        if "POST" not in route.methods:
            continue
        address = re.sub(r"\{[^}]+\}", lambda place: example(place.group()), path)
        for site in ("cross-site", "same-site"):
            await refused(address, {"csrf": own}, "did not come from Parity", **{"Sec-Fetch-Site": site})
        if admitted(route.dependant):
            for sent in ({}, {"csrf": anothers}):
                await refused(address, sent, "opened in an earlier session")
    assert asked > 5


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
async def test_a_session_opens_no_route_of_the_api(runtime: OpenRuntime, service: Service) -> None:
    """Else another site's form could reach it: keys alone do, and no browser sends those by itself."""
    opened = await runtime(service)
    commitments = opened if service.name == "commitments" else await runtime(service_called("commitments"))
    visit = await Visit.of(opened, commitments, *Role)
    for route in (route for router in service.routers for route in router.routes if isinstance(route, APIRoute)):
        address = PATHS[service.name] + re.sub(r"\{[^}]+\}", lambda place: example(place.group()), route.path)
        for method in route.methods:
            answer = await visit.http.request(method, address, json=None if method == "GET" else {}, headers={"Accept": "*/*"})
            assert answer.status_code in (401, 422), f"{method} {address}: {answer.status_code}"
