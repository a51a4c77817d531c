"""Fixtures of the commitments service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.commitments.main import service
from shared.access import Role
from shared.service import Runtime
from tests.commitments.taking_part import Office
from tests.conftest import OpenRuntime
from tests.visiting import Visit


@pytest.fixture
async def at_work(runtime: OpenRuntime) -> Runtime:
    return await runtime(service)


@pytest.fixture
async def joan(at_work: Runtime) -> Visit:
    """An administrator."""
    return await Visit.of(at_work, at_work, Role.ADMINISTRATOR, name="Joan Whitfield")


@pytest.fixture
async def office(runtime: OpenRuntime) -> AsyncIterator[Office]:
    office = Office(await runtime(service))
    yield office
    await office.http.aclose()
