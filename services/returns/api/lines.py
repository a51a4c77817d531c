"""Lines of a return: drafts, judgements, restatements."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from services.returns.actions import filing, reading, restating, reviewing
from services.returns.api.routing import Party, Reader, Reviewer, Supplier, Writer, router
from services.returns.models.content import LineContent
from services.returns.models.decisions import JudgementGiven, Restatement, RestatementAnswer, RestatementWanted
from services.returns.models.returns import LineVersion, RestatementRequest
from services.returns.models.views import LineView
from shared.access import Caller
from shared.api import IfMatch, Now, Tx, etag
from shared.db import Connection


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


@router.post("/lines/{line_id}/restatement-requests", status_code=201)
async def request_restatement(line_id: UUID, body: RestatementWanted, tx: Tx, now: Now, caller: Supplier) -> RestatementRequest:
    """Ask the contract manager to restate an approved line."""
    return await restating.request_restatement(tx, line_id, body, by=caller, at=now)


@router.post("/restatement-requests/{request_id}/answer")
async def answer_request(request_id: UUID, body: RestatementAnswer, tx: Tx, now: Now, caller: Reviewer) -> RestatementRequest:
    """Confirm a supplier's request, which restates the line, or decline it with a reason."""
    return await restating.answer_request(tx, request_id, body, by=caller, at=now)


@router.get("/lines/{line_id}/versions")
async def read_versions(line_id: UUID, tx: Tx, caller: Party) -> list[LineVersion]:
    """Every version of a line, the earliest first."""
    return await reading.line_versions(tx, line_id, by=caller)
