"""The last step: everything on one page as it will be recorded, with what is worth a second look; then it is recorded."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.actions.contracts import record_contract
from services.commitments.actions.people import owners_must_be_of
from services.commitments.actions.proposals import confirm as confirm_proposal
from services.commitments.models.contracts import Contract
from services.commitments.models.drafts import Draft
from services.commitments.pages import words
from services.commitments.pages.registering import adding
from services.commitments.pages.registering.assembling import contract as contract_of
from services.commitments.pages.registering.assembling import refused
from services.commitments.pages.registering.from_notice import confirmation, proposal_of
from services.commitments.pages.registering.steps import Problem, Unfinished, place
from services.commitments.pages.routing import Manager, pages
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import ParityError, PreconditionFailed
from shared.obligations import Side
from shared.origin import link
from shared.pages.forms import blank
from shared.pages.naming import names_of
from shared.pages.site import Again, redirect
from shared.pages.visitors import Visitor

_SAYS_OTHERWISE = "A later notice has changed what is proposed. Look at the proposal again, then go on"


@pages.router.get("/registering/{draft_id:uuid}/check")
async def check(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    """Shows what recording comes to, by recording it and taking that back."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    try:
        found = await actions.rehearse(tx, partial(_record, request, tx, draft, visitor, now))
    except ParityError as error:
        return await _page(request, draft, [], refused(draft, error.errors, error.detail), now)
    except Unfinished as unfinished:
        return await _page(request, draft, [], unfinished.problems, now)
    return await _page(request, draft, found, [], now)


@pages.router.post("/registering/{draft_id:uuid}/check")
async def confirm(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    """Records the contract (with separate suppliers one each), or what is added to one, and forgets the draft."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    try:
        await actions.delete(tx, draft_id, by=visitor.caller)
        recorded = await _record(request, tx, draft, visitor, now)
    except ParityError as error:
        raise Again(await _page(request, draft, [], refused(draft, error.errors, error.detail), now)) from None
    except Unfinished as unfinished:
        raise Again(await _page(request, draft, [], unfinished.problems, now)) from None
    if draft.content.addition is not None:
        return redirect(adding.added_at(recorded[0]))
    return redirect(link("commitments", f"/contracts/{recorded[0].contract_id}?registered=yes"))


async def _record(request: Request, conn: Connection, draft: Draft, visitor: Visitor, now: datetime) -> list[Contract]:
    """Raises Unfinished, and what recording a contract, confirming a proposal or adding an obligation raises."""
    proposal = await proposal_of(conn, draft, visitor)
    if draft.content.addition is not None:
        contracts = [await adding.add(conn, draft, by=visitor.caller, at=now)]
        owners = [contracts[0].obligations[-1].owner_id]
    elif proposal is None:
        new = contract_of(draft, visitor.caller.organisation_id)
        if isinstance(new, list):
            raise Unfinished(new)
        contracts = [await record_contract(conn, new, by=visitor.caller, at=now)]
        owners = [one.owner_id for one in new.obligations]
    else:
        said = await confirmation(conn, draft, proposal)
        if isinstance(said, list):
            raise Unfinished(said)
        try:
            contracts = await confirm_proposal(
                conn, proposal.proposal_id, said, by=visitor.caller, at=now, version=draft.content.proposal_version
            )
        except PreconditionFailed:
            raise Unfinished([Problem(_SAYS_OTHERWISE, link("commitments", f"/notices/{proposal.proposal_id}"))]) from None
        owners = [one.owner_id for one in said.obligations]
    await owners_must_be_of(request.app.state.runtime.identity, owners, contracts[0])
    return contracts


async def _page(request: Request, draft: Draft, contracts: list[Contract], problems: list[Problem], now: datetime) -> Response:
    content = draft.content
    owed = [one for contract in contracts for one in contract.obligations]
    people = {one.owner_id for one in owed if one.owner_id} | {one.newest.recorded_by for one in owed}
    back = {"href": place(draft, f"obligations?side={Side.SOCIAL_VALUE}"), "text": "Back to social value obligations"}
    return pages.show(
        request,
        "add_check.jinja" if content.addition else "register_check.jinja",
        status=422 if problems else 200,
        contracts=contracts,
        problems=problems,
        form=blank(),
        draft=draft,
        place=place,
        words=words,
        names=await names_of(request, people),
        back={"href": place(draft), "text": "Back to the steps"} if content.addition else back,
        now=now,
    )
