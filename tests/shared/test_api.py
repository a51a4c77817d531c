"""What every route may rely on: one transaction, idempotent creation, pages, ETags, and errors that help."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest
from pydantic import BaseModel

from shared.access import Caller, Role, allow
from shared.api import Cursor, CursorNotUnderstood, IfMatch, Limit, Now, Page, Tx, api_router, decode_cursor, encode_cursor
from shared.errors import Conflict, FieldError, Invalid
from shared.identity import keys, people
from shared.schedule import run_due
from shared.service import Runtime, create_service
from tests.conftest import NOON, OpenRuntime

router = api_router("marks")
Manager = Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope="returns:write")]


class Mark(BaseModel):
    name: str


class NotAgain(Conflict):
    """This mark is there already."""


@router.post("/marks", status_code=201)
async def make(mark: Mark, tx: Tx, now: Now, caller: Manager) -> dict[str, str]:
    """``again`` fails after it wrote, ``broken`` by our own fault."""
    await tx.execute("INSERT INTO job_runs (job, slot, ran_at) VALUES ($1, $2, $3)", mark.name, now.date(), now)
    if mark.name == "again":
        raise NotAgain
    if mark.name == "broken":
        raise RuntimeError("a secret in an exception's text")
    return {"id": str(uuid4())}


@router.get("/marks")
async def show(tx: Tx, caller: Manager, limit: Limit, cursor: Cursor) -> Page[int]:
    return Page(items=[limit], next=None)


@router.put("/marks/{name}")
async def change(name: str, caller: Manager, version: IfMatch) -> int:
    raise Invalid(errors=[FieldError("/a~1b", f"Not in version {version}")])


@pytest.fixture
async def at_work(runtime: OpenRuntime, database: Callable[..., str]) -> Runtime:
    service = create_service("returns", title="Marks", routers=[router], migrations=Path("nowhere"))
    return await runtime(service)


@pytest.fixture
async def client(at_work: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    app = at_work.app()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://parity.example"
    ) as client:
        client.app = app  # type: ignore[attr-defined]
        yield client


async def _key(database_url: str, *roles: str, scopes: tuple[str, ...] = ("returns:write",)) -> dict[str, str]:
    from shared.db import connect

    conn = await connect(database_url)
    try:
        person = people.Person(uuid4(), "Somebody", f"{uuid4()}@parity.example", uuid4(), roles)
        await people.add(conn, person, at=NOON)
        _, secret = await keys.create(conn, person_id=person.id, label="test", scopes=scopes, at=NOON)
    finally:
        await conn.close()
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
async def manager(at_work: Runtime) -> dict[str, str]:
    return await _key(_writing(at_work), "contract_manager")


def _writing(at_work: Runtime) -> str:
    """The identity database as commitments sees it: the others may only read."""
    return at_work.settings.database("identity").replace("//returns@", "//commitments@")


async def _marks(at_work: Runtime, name: str) -> int:
    count: int = await at_work.pool.fetchval("SELECT count(*) FROM job_runs WHERE job = $1", name)
    return count


async def test_a_route_without_a_key_answers_401_and_with_a_wrong_role_or_scope_403(
    client: httpx.AsyncClient, at_work: Runtime
) -> None:
    assert (await client.post("/api/v1/marks", json={"name": "a"})).status_code == 401
    assert (await client.post("/api/v1/marks", json={"name": "a"}, headers={"Authorization": "Bearer x"})).status_code == 401
    other_role = await _key(_writing(at_work), "supplier_editor")
    assert (await client.post("/api/v1/marks", json={"name": "a"}, headers=other_role)).status_code == 403
    other_scope = await _key(_writing(at_work), "contract_manager", scopes=("alerts:read",))
    answer = await client.post("/api/v1/marks", json={"name": "a"}, headers=other_scope)
    assert answer.status_code == 403
    assert "returns:write" in answer.json()["detail"]


async def test_what_was_answered_with_201_is_committed_and_a_refusal_leaves_nothing(
    client: httpx.AsyncClient, at_work: Runtime, manager: dict[str, str]
) -> None:
    assert (await client.post("/api/v1/marks", json={"name": "a"}, headers=manager)).status_code == 201
    assert await _marks(at_work, "a") == 1
    refused = await client.post("/api/v1/marks", json={"name": "again"}, headers=manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-again")
    assert await _marks(at_work, "again") == 0


async def test_the_same_idempotency_key_creates_once_and_answers_alike(
    client: httpx.AsyncClient, at_work: Runtime, manager: dict[str, str]
) -> None:
    headers = {**manager, "Idempotency-Key": "one"}
    first = await client.post("/api/v1/marks", json={"name": "once"}, headers=headers)
    second = await client.post("/api/v1/marks", json={"name": "once"}, headers=headers)
    assert (second.status_code, second.json()) == (201, first.json())
    assert await _marks(at_work, "once") == 1
    other = await client.post("/api/v1/marks", json={"name": "twice"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_refused_request_does_not_use_its_idempotency_key_up(
    client: httpx.AsyncClient, at_work: Runtime, manager: dict[str, str]
) -> None:
    headers = {**manager, "Idempotency-Key": "two"}
    assert (await client.post("/api/v1/marks", json={"name": "again"}, headers=headers)).status_code == 409
    assert (await client.post("/api/v1/marks", json={"name": "fine"}, headers=headers)).status_code == 201


async def test_another_person_may_use_the_same_idempotency_key(
    client: httpx.AsyncClient, at_work: Runtime, manager: dict[str, str]
) -> None:
    other = await _key(_writing(at_work), "contract_manager")
    for slot, headers in (("p1", manager), ("p2", other)):
        answer = await client.post("/api/v1/marks", json={"name": slot}, headers={**headers, "Idempotency-Key": "same"})
        assert answer.status_code == 201
        assert await _marks(at_work, slot) == 1


async def test_our_own_fault_is_a_500_that_says_nothing_of_its_cause(client: httpx.AsyncClient, manager: dict[str, str]) -> None:
    answer = await client.post("/api/v1/marks", json={"name": "broken"}, headers=manager)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("request_", "status", "pointer"),
    [
        ({"json": {"name": 3}}, 422, "/name"),
        ({"json": {}}, 422, "/name"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, ""),
    ],
)
async def test_an_error_points_at_what_to_mend(
    client: httpx.AsyncClient, manager: dict[str, str], request_: dict[str, Any], status: int, pointer: str
) -> None:
    headers = {**manager, **request_.pop("headers", {})}
    answer = await client.post("/api/v1/marks", headers=headers, **request_)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_a_request_larger_than_the_bound_is_refused_announced_or_not(
    client: httpx.AsyncClient, at_work: Runtime, manager: dict[str, str]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(at_work.settings.upload_max_bytes // 1_000_000 + 2):
            yield b" " * 1_000_000

    announced = await client.post("/api/v1/marks", content=b" " * (at_work.settings.upload_max_bytes + 1), headers=manager)
    unannounced = await client.post("/api/v1/marks", content=endless(), headers=manager)
    for answer in (announced, unannounced):
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_limit_is_50_unless_given_and_200_at_most(client: httpx.AsyncClient, manager: dict[str, str]) -> None:
    assert (await client.get("/api/v1/marks", headers=manager)).json()["items"] == [50]
    assert (await client.get("/api/v1/marks?limit=200", headers=manager)).json()["items"] == [200]
    too_many = await client.get("/api/v1/marks?limit=201", headers=manager)
    assert too_many.json()["errors"][0]["pointer"] == "/query/limit"


@pytest.mark.parametrize(("given", "status"), [(None, 428), ("*", 400), ('"x"', 400), ('"7"', 422), ('W/"7"', 422)])
async def test_a_change_needs_the_etag_of_what_was_read(
    client: httpx.AsyncClient, manager: dict[str, str], given: str | None, status: int
) -> None:
    headers = manager if given is None else {**manager, "If-Match": given}
    assert (await client.put("/api/v1/marks/a", headers=headers)).status_code == status


async def test_nobody_has_to_sign_in_to_ask_after_the_service(client: httpx.AsyncClient) -> None:
    for path in ("/live", "/ready", "/metrics", "/docs", "/openapi.json"):
        assert (await client.get(path)).status_code == 200, path
    page = (await client.get("/docs")).text
    assert "//" not in page.replace("<!doctype", "")
    assert (await client.get("/nowhere")).json()["code"] == "not-found"


async def test_a_service_without_its_database_is_alive_but_not_ready(client: httpx.AsyncClient, at_work: Runtime) -> None:
    await at_work.pool.close()
    assert (await client.get("/live")).status_code == 200
    answer = await client.get("/ready")
    assert answer.status_code == 503
    assert list(answer.json()["trouble"]) == ["database"]
    told = (await client.get("/metrics")).text
    assert 'parity_degraded{part="database",service="returns"} 1.0' in told
    assert 'parity_degraded{part="relay",service="returns"} 0.0' in told


async def test_a_service_is_not_ready_before_its_tables_are(client: httpx.AsyncClient, at_work: Runtime, tmp_path: Path) -> None:
    newer = tmp_path / "returns" / "migrations"
    newer.mkdir(parents=True)
    (newer / "0099_more.sql").touch()
    client.app.state.runtime = replace(at_work, service=replace(at_work.service, migrations=newer))  # type: ignore[attr-defined]
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["trouble"] == {"database": "Run parity migrate: returns/0099_more is missing."}


async def test_chores_say_when_they_last_took_effect(client: httpx.AsyncClient, at_work: Runtime) -> None:
    assert await run_due(at_work.pool, at_work.service.chores, at=NOON) == 1
    told = (await client.get("/metrics")).text
    (line,) = [line for line in told.splitlines() if line.startswith("parity_chore_last") and 'service="returns"' in line]
    assert 'chore="forget-idempotency-keys"' in line
    assert float(line.split()[-1]) == NOON.timestamp()


def test_a_cursor_gives_back_what_it_was_made_of_and_a_foreign_one_is_refused() -> None:
    known = UUID(int=7)
    assert decode_cursor(encode_cursor(NOON, known), type(NOON), UUID) == (NOON, known)
    for foreign in ("", "x", "!!!!", encode_cursor(1), encode_cursor("a", "b")):
        with pytest.raises(CursorNotUnderstood):
            decode_cursor(foreign, type(NOON), UUID)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**70])
def test_a_number_beyond_every_column_is_no_cursor_of_ours(number: int) -> None:
    assert decode_cursor(encode_cursor(2**63 - 1), int) == (2**63 - 1,)
    with pytest.raises(CursorNotUnderstood):
        decode_cursor(base64.urlsafe_b64encode(f"[{number}]".encode()).decode(), int)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-07-01T09:00:00"])
def test_a_moment_that_has_no_time_in_utc_is_no_cursor_of_ours(moment: str) -> None:
    with pytest.raises(CursorNotUnderstood):
        decode_cursor(encode_cursor(moment), datetime)
