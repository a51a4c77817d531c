"""Fixtures of the commitments service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.commitments.main import service
from tests.commitments.taking_part import Office
from tests.conftest import OpenRuntime


@pytest.fixture
async def office(runtime: OpenRuntime) -> AsyncIterator[Office]:
    office = Office(await runtime(service))
    yield office
    await office.http.aclose()
