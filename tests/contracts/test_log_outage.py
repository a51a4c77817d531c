"""While the event log is away nobody who works notices: see docs/decisions/ready-without-the-log.md. On both logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest

from deploy.local.services import service_called
from shared.access import Role
from shared.service import Runtime
from tests.commitments.taking_part import Office
from tests.conftest import OpenRuntime
from tests.event_logs import LogUnderTest
from tests.spine_world import running, until


@pytest.fixture
async def office(runtime: OpenRuntime, log_under_test: LogUnderTest) -> AsyncIterator[Office]:
    at_work = await runtime(service_called("commitments"), log=log_under_test.url, epoch=log_under_test.epoch)
    office = Office(at_work)
    yield office
    await office.http.aclose()


async def asked(runtime: Runtime, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=runtime.app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as operator:
        return await operator.get(path)


async def gauges(runtime: Runtime) -> dict[str, float]:
    lines = (await asked(runtime, "/metrics")).text.splitlines()
    ours = (line.rsplit(" ", 1) for line in lines if 'service="commitments"' in line)
    return {name: float(value) for name, value in ours}


async def test_requests_are_answered_and_nothing_is_lost_while_the_log_is_away(
    office: Office, log_under_test: LogUnderTest
) -> None:
    trust = await office.record(name="A trust", sector="public", buyer=True)
    key, _ = await office.key(trust.organisation_id, Role.ADMINISTRATOR)
    degraded, unsent = 'parity_degraded{part="relay",service="commitments"}', 'parity_outbox_unsent{service="commitments"}'

    async def state() -> Any:
        answer = await asked(office.runtime, "/ready")
        assert answer.status_code == 200, "a proxy would send nobody here"
        assert answer.json()["ready"]
        return answer.json()["degraded"]

    async def all_sent() -> bool:
        return (await gauges(office.runtime))[unsent] == 0

    async with running(office.runtime):
        await until(all_sent)
        assert await state() == {}
        await asyncio.to_thread(log_under_test.take_away)
        try:
            said = {"name": "Written meanwhile", "sector": "private", "supplier": True}
            written = await office("POST", "/organisations", key, json=said, expect=201)
            read = await office("GET", f"/organisations/{written['organisation_id']}", key)
            assert read["name"] == "Written meanwhile"

            async def noticed() -> bool:
                return "relay" in await state()

            await until(noticed, 120)
            seen = await gauges(office.runtime)
            assert seen[degraded] == 1
            assert seen[unsent] == 1
            assert seen['parity_outbox_oldest_age_seconds{service="commitments"}'] > 0
        finally:
            await asyncio.to_thread(log_under_test.bring_back)
        await until(all_sent, 120)
        assert await state() == {}
        assert (await gauges(office.runtime))[degraded] == 0


async def test_who_hears_nothing_says_so_and_goes_on_answering(runtime: OpenRuntime, log_under_test: LogUnderTest) -> None:
    at_work = await runtime(service_called("aggregator"), log=log_under_test.url, epoch=log_under_test.epoch)

    async def hears() -> bool:
        answer = await asked(at_work, "/ready")
        assert answer.status_code == 200
        return "consumer" not in answer.json()["degraded"]

    async def hears_nothing() -> bool:
        return not await hears()

    async with running(at_work):
        await asyncio.sleep(3)
        assert await hears()
        await asyncio.to_thread(log_under_test.take_away)
        try:
            await until(hears_nothing, 120)
        finally:
            await asyncio.to_thread(log_under_test.bring_back)
        await until(hears, 120)
