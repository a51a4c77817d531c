"""Whatever stands in an address, the answer is no 500: text that cannot be stored, numbers and times beyond every column."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2 as httpx
import pytest
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from deploy.local.services import all_services, service_called
from shared.access import Role, Scope
from shared.identity import keys, people
from shared.service import Service
from tests.conftest import NOON, OpenRuntime

HOSTILE = ("\0", "'", "%", "9" * 30, "-1", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9998-99-Q4", "é" * 200)
_ID, _HUGE = str(uuid4()), 2**70
CURSORS: tuple[Sequence[Any], ...] = (
    ("2026-07-01", _ID),
    ("0001-01-01", _ID),
    ("9999-12-31", _ID),
    ("0001-01-01T00:00:00+14:00", _ID),
    ("9999-12-31T23:59:59-14:00", _ID),
    ("0001-01-01T00:00:00", _ID),
    ("\0", "\0"),
    ("\ud800", "x"),
    ("a", _ID),
    (_ID,),
    *((day, number) for day in ("2026-07-01", "0001-01-01") for number in (2**31, 2**63, -(2**63) - 1, _HUGE)),
    *((number, "2026-07-01", _ID, True) for number in (2**31, 2**63 - 1, 2**63, -(2**63) - 1, _HUGE)),
    tuple("abcdefgh"),
    ("2026-07-01", *"bcdefgh"),
    ("\0", *"bcdefgh"),
)


def cursors() -> Iterator[str]:
    """As a list gives them, but with values that no list holds."""
    for values in CURSORS:
        yield base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def parameters(route: APIRoute) -> list[str]:
    """The names of everything that its query may hold."""
    return [one.alias for one in _query(route.dependant)]


def _query(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _query(inner)


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
async def test_nothing_in_an_address_makes_a_500(service: Service, runtime: OpenRuntime) -> None:
    opened = await runtime(service)
    commitments = await runtime(service_called("commitments"))
    async with commitments.identity.acquire() as conn, conn.transaction():
        person = people.Person(uuid4(), "Everyone", "everyone@parity.example", uuid4(), tuple(Role))
        await people.add(conn, person, at=NOON)
        _, secret = await keys.create(conn, person_id=person.id, label="test", scopes=list(Scope), at=NOON)
    transport = httpx.ASGITransport(app=opened.app(), raise_app_exceptions=False)
    failed, asked = [], 0
    async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as http:
        http.headers["Authorization"] = f"Bearer {secret}"

        async def ask(path: str, **query: str) -> None:
            nonlocal asked
            asked += 1
            answer = await http.get(path, params=query)
            if answer.status_code >= 500:
                failed.append((path, query))

        for route in (route for router in service.routers for route in router.routes if isinstance(route, APIRoute)):
            if "GET" not in (route.methods or ()):
                continue
            plain = re.sub(r"\{[^}]+\}", _ID, route.path)
            for name in parameters(route):
                for value in cursors() if name == "cursor" else HOSTILE:
                    await ask(plain, **{name: value})
            for name in re.findall(r"\{([^}]+)\}", route.path):
                for value in HOSTILE:
                    filled = route.path.replace(f"{{{name}}}", quote(value, safe=""))
                    await ask(re.sub(r"\{[^}]+\}", "2026-27-Q1", filled))
    assert failed == []
    assert asked > 20
