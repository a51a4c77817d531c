"""The last step: everything on one page as it will be recorded, with what is worth a second look; then it is recorded."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.actions.contracts import record_contract
from services.commitments.actions.people import owners_must_be_of
from services.commitments.models.contracts import Contract, NewContract
from services.commitments.models.drafts import Draft
from services.commitments.pages import words
from services.commitments.pages.registering.assembling import contract as contract_of
from services.commitments.pages.registering.assembling import refused
from services.commitments.pages.registering.steps import Problem, place
from services.commitments.pages.routing import Manager, pages
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import ParityError
from shared.obligations import Side
from shared.origin import link
from shared.pages.forms import blank
from shared.pages.naming import names_of
from shared.pages.site import Again, redirect
from shared.pages.visitors import Visitor


@pages.router.get("/registering/{draft_id:uuid}/check")
async def check(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    """Shows what recording comes to, by recording it and taking that back."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    wanted = contract_of(draft, visitor.caller.organisation_id)
    if isinstance(wanted, list):
        return await _page(request, draft, [], wanted, now)
    try:
        record = partial(_record, request, tx, wanted, visitor, now)
        found = await actions.rehearse(tx, record)
    except ParityError as error:
        return await _page(request, draft, [], refused(draft, error.errors, error.detail), now)
    return await _page(request, draft, found, [], now)


@pages.router.post("/registering/{draft_id:uuid}/check")
async def confirm(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    """Records the contract and forgets the draft."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    wanted = contract_of(draft, visitor.caller.organisation_id)
    if isinstance(wanted, list):
        return await _page(request, draft, [], wanted, now)
    await actions.delete(tx, draft_id, by=visitor.caller)
    try:
        recorded = await _record(request, tx, wanted, visitor, now)
    except ParityError as error:
        page = await _page(request, draft, [], refused(draft, error.errors, error.detail), now)
        raise Again(page) from None
    return redirect(link("commitments", f"/contracts/{recorded[0].contract_id}?registered=yes"))


async def _record(request: Request, conn: Connection, new: NewContract, visitor: Visitor, now: datetime) -> list[Contract]:
    contract = await record_contract(conn, new, by=visitor.caller, at=now)
    await owners_must_be_of(request.app.state.runtime.identity, [one.owner_id for one in new.obligations], contract)
    return [contract]


async def _page(request: Request, draft: Draft, contracts: list[Contract], problems: list[Problem], now: datetime) -> Response:
    owners = {one.owner_id for contract in contracts for one in contract.obligations if one.owner_id}
    return pages.show(
        request,
        "register_check.jinja",
        status=422 if problems else 200,
        contracts=contracts,
        problems=problems,
        form=blank(),
        draft=draft,
        place=place,
        words=words,
        names=await names_of(request, owners),
        back={"href": place(draft, f"obligations?side={Side.SOCIAL_VALUE}"), "text": "Back to social value obligations"},
        now=now,
    )
