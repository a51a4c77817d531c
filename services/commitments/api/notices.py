"""Public notices: what they propose, and a person's word on it."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import File, Query, Request, Response, UploadFile

from services.commitments.actions import proposals as actions
from services.commitments.actions.people import owners_must_be_of
from services.commitments.api.routing import Importer, Manager, ProposalReader, router
from services.commitments.models.contracts import Contract
from services.commitments.models.proposals import (
    Confirmation,
    Declining,
    Imported,
    ProposalKept,
    ProposalStatus,
    ProposalSummary,
    Settlement,
)
from services.commitments.notices import NoticeFile, Proposal, Reading, propose_from, read
from services.commitments.rules.proposals import summary
from shared.api import Cursor, IfMatch, Limit, Now, Page, Tx, decode_cursor, etag, paged

Notices = Annotated[list[UploadFile], File(max_length=50, description="OCDS release packages, or single releases.")]


@router.post("/notices/preview")
async def preview(files: Notices, caller: ProposalReader) -> Proposal:
    """What these files propose by themselves. Nothing is kept."""
    reading = await _read(files)
    return (await asyncio.to_thread(propose_from, reading)).proposal


@router.post("/notices")
async def import_notices(files: Notices, tx: Tx, now: Now, caller: Importer) -> Imported:
    """Keep the releases of these files, and propose contracts for a person to confirm. Importing again changes nothing."""
    return await actions.import_notices(tx, await _read(files), by=caller, at=now)


@router.get("/proposals")
async def list_proposals(
    tx: Tx,
    caller: ProposalReader,
    limit: Limit,
    cursor: Cursor,
    status: Annotated[ProposalStatus | None, Query(description="Only those of this status.")] = None,
) -> Page[ProposalSummary]:
    """What notices propose to your organisation, the latest first."""
    after = decode_cursor(cursor, UUID)[0] if cursor is not None else None
    found = await actions.list_proposals(tx, by=caller, status=status, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.proposal_id,))
    return Page(items=[summary(one) for one in shown], next=more)


@router.get("/proposals/{proposal_id}")
async def read_proposal(proposal_id: UUID, tx: Tx, caller: ProposalReader, response: Response) -> ProposalKept:
    return _answer(await actions.read_proposal(tx, proposal_id, by=caller), response)


@router.post("/proposals/{proposal_id}/confirm", status_code=201)
async def confirm(
    proposal_id: UUID, body: Confirmation, tx: Tx, now: Now, caller: Importer, version: IfMatch, request: Request
) -> list[Contract]:
    """Record what is proposed, as you say it: one contract, or with separate suppliers one each."""
    contracts = await actions.confirm(tx, proposal_id, body, by=caller, at=now, version=version)
    await owners_must_be_of(request.app.state.runtime.identity, [one.owner_id for one in body.obligations], contracts[0])
    return contracts


@router.post("/proposals/{proposal_id}/decline")
async def decline(
    proposal_id: UUID, body: Declining, tx: Tx, now: Now, caller: Importer, version: IfMatch, response: Response
) -> ProposalKept:
    """Record nothing of it, with a reason."""
    return _answer(await actions.decline(tx, proposal_id, body, by=caller, at=now, version=version), response)


@router.post("/proposals/{proposal_id}/settle")
async def settle(
    proposal_id: UUID, body: Settlement, tx: Tx, now: Now, caller: Manager, version: IfMatch, response: Response
) -> ProposalKept:
    """Decide on what later releases say otherwise: apply some of the changes, leave the rest."""
    return _answer(await actions.settle(tx, proposal_id, body, by=caller, at=now, version=version), response)


async def _read(files: list[UploadFile]) -> Reading:
    uploads = [NoticeFile(file.filename or "unnamed", await file.read()) for file in files]
    return await asyncio.to_thread(read, uploads)


def _answer(proposal: ProposalKept, response: Response) -> ProposalKept:
    response.headers["ETag"] = etag(proposal.version)
    return proposal
