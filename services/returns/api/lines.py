"""Lines of a return: drafts, judgements, what became of them."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from services.returns.actions import filing, reading, restating, reviewing
from services.returns.api.routing import Party, Reader, Reviewer, Writer, router
from services.returns.models.content import LineContent
from services.returns.models.decisions import JudgementGiven, Restatement
from services.returns.models.returns import LineVersion
from services.returns.models.views import LineView
from shared.access import Caller
from shared.api import IfMatch, Now, Tx, etag
from shared.db import Connection
from shared.history import Entry


async def _shown(tx: Connection, line_id: UUID, caller: Caller, response: Response) -> LineView:
    line = await reading.read_line(tx, line_id, by=caller)
    response.headers["ETag"] = etag(line.version)
    return line


@router.get("/lines/{line_id}")
async def read_line(line_id: UUID, tx: Tx, caller: Reader, response: Response) -> LineView:
    return await _shown(tx, line_id, caller, response)


@router.put("/lines/{line_id}")
async def save_line(
    line_id: UUID, body: LineContent, tx: Tx, now: Now, caller: Writer, version: IfMatch, response: Response
) -> LineView:
    """Save a draft of one line. A 412 carries the line as it stands, so that nothing typed is lost."""
    await filing.save_line(tx, line_id, body, by=caller, at=now, version=version)
    return await _shown(tx, line_id, caller, response)


@router.post("/lines/{line_id}/fill")
async def fill_line(line_id: UUID, tx: Tx, now: Now, caller: Writer, version: IfMatch, response: Response) -> LineView:
    """Fill the figure from the activities noted in the quarter."""
    await filing.fill_line(tx, line_id, by=caller, at=now, version=version)
    return await _shown(tx, line_id, caller, response)


@router.post("/lines/{line_id}/judge")
async def judge(
    line_id: UUID, body: JudgementGiven, tx: Tx, now: Now, caller: Reviewer, version: IfMatch, response: Response
) -> LineView:
    """Judge the story of a submitted line against the promise."""
    await reviewing.judge(tx, line_id, body.judgement, by=caller, at=now, version=version)
    return await _shown(tx, line_id, caller, response)


@router.post("/lines/{line_id}/restate")
async def restate(
    line_id: UUID, body: Restatement, tx: Tx, now: Now, caller: Reviewer, version: IfMatch, response: Response
) -> LineView:
    """Change an approved line, with a reason."""
    await restating.restate(tx, line_id, body, by=caller, at=now, version=version)
    return await _shown(tx, line_id, caller, response)


@router.get("/lines/{line_id}/versions")
async def read_versions(line_id: UUID, tx: Tx, caller: Party) -> list[LineVersion]:
    """Every version of a line, the earliest first."""
    return await reading.line_versions(tx, line_id, by=caller)


@router.get("/lines/{line_id}/history")
async def read_history(line_id: UUID, tx: Tx, caller: Party) -> list[Entry]:
    """Everything that was done to a line by itself, the earliest first."""
    return await reading.history_of_line(tx, line_id, by=caller)
