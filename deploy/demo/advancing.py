"""Moving the demonstration's time on: by a request to the running one, or by a command where none runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request as Outgoing
from urllib.request import urlopen

import orjson
from pydantic import AwareDatetime, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from deploy.database.provision import connected
from deploy.demo.days import Days, NotADemonstration
from deploy.demo.keys import secret_of
from deploy.local.folder import CannotStart
from deploy.local.runtimes import runtimes_by
from shared.access import Role, caller_of
from shared.clock import DemonstrationClock
from shared.errors import Conflict, Forbidden, ParityError
from shared.identity.present import present
from shared.obligations import Frozen
from shared.problems import problem
from shared.quarters import local_date
from shared.service import Runtime
from shared.settings import Settings

PATH = "/demonstration/advance"
Lived = Callable[[int, int], None]
"""Told how many days are over, of how many."""


class AlreadyAdvancing(Conflict):
    """The demonstration's time is being moved on already. Wait until that is done."""


class Advance(Frozen):
    to: AwareDatetime


def advancing_route(runtimes: Sequence[Runtime], clock: DemonstrationClock) -> Route:
    """POST with the administrator's key: answers a line of JSON per day, and at last the new present."""
    days = _OneAtATime(Days(runtimes, clock), clock)

    async def advance(request: Request) -> Response:
        request.scope["app"] = keeper_app
        try:
            caller = await caller_of(request)
            if not caller.has(Role.ADMINISTRATOR):
                raise Forbidden
            wanted = Advance.model_validate_json(await request.body())
            lines = days.live(wanted.to)
        except ParityError as error:
            return problem(error.status, error.code, error.detail, headers=error.headers)
        except ValidationError:
            return problem(422, "invalid", 'Send {"to": "2027-01-05T12:00:00Z"}.')
        return StreamingResponse(lines, media_type="application/x-ndjson")

    keeper_app = next(runtime for runtime in runtimes if runtime.service.name == "commitments").app()
    return Route(PATH, advance, methods=["POST"])


class _OneAtATime:
    """Days are lived whole: where the client goes away, the day it left in is the last one."""

    def __init__(self, days: Days, clock: DemonstrationClock) -> None:
        self._days = days
        self._clock = clock
        self._living = asyncio.Lock()
        self._listener: object | None = None

    def live(self, to: datetime) -> AsyncIterator[bytes]:
        """Lines of JSON. Raises AlreadyAdvancing."""
        if self._listener is not None:
            raise AlreadyAdvancing
        return self._told(to)

    async def _told(self, to: datetime) -> AsyncIterator[bytes]:
        self._listener = listener = object()
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        living = asyncio.create_task(self._live(to, lines, listener))
        try:
            while (line := await lines.get()) is not None:
                yield line
            await living
        finally:
            if self._listener is listener:
                self._listener = None

    async def _live(self, to: datetime, lines: asyncio.Queue[bytes | None], listener: object) -> None:
        try:
            async with self._living:
                total = (local_date(to) - local_date(self._clock.now())).days + 1
                number = 0
                async for _ in self._days.advance(to):
                    number += 1
                    await lines.put(_line(lived=number, total=total))
                    if self._listener is not listener:
                        return
                await lines.put(_line(present=self._clock.now()))
        except ParityError as error:
            await lines.put(_line(code=error.code, detail=error.detail))
        finally:
            await lines.put(None)


def _line(**said: object) -> bytes:
    return orjson.dumps(said) + b"\n"


def advance_there(running: Mapping[str, Any], folder: Path, to: datetime, lived: Lived) -> None:
    """Ask the demonstration that runs on ``folder``. Raises CannotStart, ParityError."""
    if "url" not in running:
        raise CannotStart("Parity is starting on this folder. Try again in a moment.")
    asked = Outgoing(  # noqa: S310 - the address of our own process, from the folder's lock
        running["url"] + PATH,
        data=json.dumps({"to": to.isoformat()}).encode(),
        headers={"Authorization": f"Bearer {secret_of(folder, 'administrator')}"},
        method="POST",
    )
    try:
        with urlopen(asked) as answer:  # noqa: S310
            for line in answer:
                said = json.loads(line)
                if "lived" in said:
                    lived(said["lived"], said["total"])
                elif "detail" in said:
                    raise Conflict(said["detail"])
    except HTTPError as refused:
        if refused.code == 404:
            raise NotADemonstration from None
        raise Conflict(json.loads(refused.read())["detail"]) from None


async def advance_here(settings_of: Callable[[str], Settings], to: datetime, lived: Lived) -> None:
    """Live through the days in this process. Raises NotADemonstration, TimeRunsForward."""
    async with connected(settings_of("commitments").database("identity")) as conn:
        stands = await present(conn)
    if stands is None:
        raise NotADemonstration
    clock = DemonstrationClock(stands)
    total = (local_date(to) - local_date(stands)).days + 1
    number = 0
    async with runtimes_by(settings_of, clock) as opened:
        async for _ in Days(opened, clock).advance(to):
            number += 1
            lived(number, total)
