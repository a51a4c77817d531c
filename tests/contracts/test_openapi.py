"""The API does what its description says: no 500 and no status that is not described, whatever is sent."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from uuid import uuid4

import pytest

from deploy.local.services import all_services, service_called
from deploy.local.serving import listen, serve
from shared.access import Role, Scope
from shared.identity import keys, people
from shared.service import Service
from tests.conftest import NOON, OpenRuntime

_EXAMPLES = int(os.environ.get("PARITY_API_EXAMPLES", "15"))


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
async def test_the_api_keeps_to_its_description(service: Service, runtime: OpenRuntime) -> None:
    opened = await runtime(service)
    commitments = await runtime(service_called("commitments"))
    async with commitments.identity.acquire() as conn, conn.transaction():
        person = people.Person(uuid4(), "Everyone", "everyone@parity.example", uuid4(), tuple(Role))
        await people.add(conn, person, at=NOON)
        _, secret = await keys.create(conn, person_id=person.id, label="test", scopes=list(Scope), at=NOON)
    listening = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving = asyncio.create_task(serve(opened.app(), listening))
    try:
        tried = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
            *("--wait-for-schema", "120", "--request-timeout", "120"),
            *("--header", f"Authorization: Bearer {secret}", "--checks", "not_a_server_error,status_code_conformance"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(_EXAMPLES), "--generation-deterministic"),
            *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await tried.communicate()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    report = said.decode()
    assert tried.returncode == 0, report[-6000:]
    assert re.search(r"[1-9]\d* generated", report), report[-2000:]
