"""Whatever stands in the address of a page or is typed into a form of sign-in and administration, the answer is no 500."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.commitments.main import service
from shared.access import Role
from shared.api import encode_cursor
from shared.identity import passwords
from shared.pages.visitors import COOKIE, csrf_token
from shared.service import Runtime
from tests.visiting import Visit

HOSTILE = ("\0", "\ud7ff", "'", "%", "9" * 30, "-1", "0001-01-01", "9999-12-31", "é" * 400, "\r\nSet-Cookie: a=b", "<marquee>")
CURSORS = (
    encode_cursor("a", uuid4()),
    encode_cursor("0001-01-01T00:00:00+14:00", uuid4()),
    encode_cursor("9999-12-31T23:59:59-14:00", uuid4()),
    encode_cursor("2026-01-01T00:00:00", uuid4()),
    encode_cursor("a\0", "b"),
    "nonsense",
)
FIELDS = (
    "name", "email", "password", "now", "code", "secret", "session", "roles", "was", "label", "scopes", "unit", "note", "sector",
    "place", "takes_part", "identifiers", "icb_sees", "escalates_to", "executive_id", "version", "last_day-day", "last_day-month",
    "last_day-year", "key", "was_name", "was_email",
)  # fmt: skip


@pytest.fixture
async def visit(at_work: Runtime) -> Visit:
    visit = await Visit.of(at_work, at_work, *Role)
    async with at_work.identity.acquire() as conn:
        await passwords.keep(conn, visit.person_id, "tram lantern oboe")
    return visit


def _routes(method: str) -> Iterator[tuple[str, APIRoute]]:
    """Those of sign-in and administration, their ids such as nobody has."""
    for route in service.pages.routes if service.pages else ():
        ours = ("links", "sign", "account", "password", "people", "organisations", "measures", "history")
        if isinstance(route, APIRoute) and method in route.methods and route.path.split("/")[1].startswith(ours):
            yield "/commitments" + route.path.replace("{secret:str}", "s"), route


def _to(path: str, visit: Visit) -> str:
    return path.replace("{person_id:uuid}", str(visit.person_id)).replace("{organisation_id:uuid}", str(visit.organisation_id))


async def test_addresses(visit: Visit) -> None:
    for path, route in _routes("GET"):
        if "/sign-out" in path:
            continue
        address = _to(path, visit).replace("{key_id:uuid}", str(uuid4()))
        for parameter in route.dependant.query_params:
            for value in (*HOSTILE, *CURSORS):
                answer = await visit.http.get(f"{address}?{parameter.alias}={quote(value)}")
                assert answer.status_code < 500, f"{address} {parameter.alias}={value!r}: {answer.text}"
                assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]
    for value in HOSTILE:
        assert (await visit.http.get(f"/commitments/links/{quote(value)}")).status_code < 500


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
async def test_forms(at_work: Runtime, visit: Visit, value: str) -> None:
    for path, _ in _routes("POST"):
        secret = visit.http.cookies[COOKIE]
        sent = {**dict.fromkeys(FIELDS, value), "csrf": csrf_token(secret), "key": ""}
        address = _to(path, visit).replace("{key_id:uuid}", str(uuid4()))
        answer = await visit.http.post(address, data=sent)
        assert answer.status_code < 500, f"{address}: {answer.text}"
        assert "<marquee>" not in answer.text
    nobody = Visit.nobody(at_work)
    for path in ("/commitments/sign-in", "/commitments/sign-in/code", "/commitments/links/x"):
        assert (await nobody.http.post(path, data=dict.fromkeys(FIELDS, value))).status_code < 500
