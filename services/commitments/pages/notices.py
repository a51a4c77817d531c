"""Public notices: what they propose, what was left out of them, and a person's word on it."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from services.commitments.actions import drafts as draft_actions
from services.commitments.actions import proposals as actions
from services.commitments.models.drafts import DraftKind
from services.commitments.models.proposals import Declining, Imported, ProposalKept, ProposalStatus, Settlement
from services.commitments.notices import NoticeFile, read
from services.commitments.pages import words
from services.commitments.pages.registering.from_notice import begun_with, with_later
from services.commitments.pages.registering.steps import place
from services.commitments.pages.routing import Importer, Manager, pages
from services.commitments.rules.proposals import APPLIED, summary
from services.commitments.store import drafts as draft_store
from shared.access import Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import ParityError, PreconditionFailed
from shared.obligations import Words
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, Says, bind, blank, uploads
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.spreadsheets import Sheet
from shared.words import day, label, listed

_PAGE = 25
_HEADINGS = ("Contract", "Buyer", "Supplier", "Starts on", "Ends on", "Status", "Notice")
_WIDTHS = {"Contract": 50, "Buyer": 36, "Supplier": 36, "Status": 26, "Notice": 30}
_SHOWN = {
    "waiting": ("Waiting to be registered", ProposalStatus.WAITING),
    "changed": ("Changed by a later notice", ProposalStatus.CHANGED),
    "all": ("All", None),
}
_FIELDS = {
    "title": "Title",
    "value.amount": "Value",
    "value.currency": "Currency",
    "period.starts_on": "First day",
    "period.ends_on": "Last day",
    "period.may_extend_to": "May be extended to",
    "ended_on": "Came to a close on",
    "signed_on": "Signed on",
    "status": "Status",
}


class _Settling(BaseModel):
    apply: list[str] = []
    reason: Annotated[Words, Says("Enter why", "Why must have 4,000 characters or fewer")]
    version: int = 0


class _Dismissing(BaseModel):
    reason: Annotated[Words, Says("Enter why you dismiss it", "Why must have 4,000 characters or fewer")]
    version: int = 0


@pages.router.get("/notices")
async def list_proposals(
    request: Request,
    tx: Tx,
    visitor: Importer,
    show: Annotated[str, Query(max_length=20)] = "waiting",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    return await _list(request, tx, visitor, blank(), show=show, cursor=cursor)


@pages.router.post("/notices")
async def import_notices(request: Request, tx: Tx, now: Now, visitor: Importer, form: Form) -> Response:
    """Keeps the releases and shows what came of each; sending the same files again changes nothing."""
    files = [NoticeFile(file.filename or "unnamed", await file.read()) for file in uploads(form, "files")]
    if not files:
        wrong = blank().wrong("Select the notice's file", name="files")
        raise Again(await _list(request, tx, visitor, wrong, show="waiting", cursor=None))
    reading = await asyncio.to_thread(read, files)
    imported = await actions.import_notices(tx, reading, by=visitor.caller, at=now)
    return pages.show(
        request,
        "notices_read.jinja",
        imported=imported,
        faults=_by_release(imported),
        words=words,
        back={"href": link("commitments", "/notices"), "text": "Back to notices"},
    )


def _by_release(imported: Imported) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Where in the file and what, by file and release."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for error in imported.errors:
        found.setdefault((error.file, error.release or ""), []).append((error.pointer, error.message))
    return found


async def _list(
    request: Request, conn: Connection, visitor: Visitor, form: Bound[Any], *, show: str, cursor: str | None
) -> Response:
    chosen = show if show in _SHOWN else "waiting"
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    status = _SHOWN[chosen][1]
    found = await actions.list_proposals(conn, by=visitor.caller, status=status, after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: (one.proposal_id,))
    return pages.show(
        request,
        "notices.jinja",
        status=422 if form.errors else 200,
        form=form,
        registers=visitor.has(Role.CONTRACT_MANAGER),
        proposals=[summary(one) for one in shown],
        filters=[(name, text, link("commitments", f"/notices?show={name}")) for name, (text, _) in _SHOWN.items()],
        chosen=chosen,
        words=words,
        next=link("commitments", f"/notices?{urlencode({'show': chosen, 'cursor': more})}") if more else "",
        taken=downloads.offered(link("commitments", "/notices"), show=chosen),
        back=visitor.has(Role.CONTRACT_MANAGER) and {"href": link("commitments", "/contracts"), "text": "Back to contracts"},
    )


@pages.router.get("/notices/download")
async def download_proposals(
    tx: Tx, visitor: Importer, file: downloads.Taken, show: Annotated[str, Query(max_length=20)] = "waiting"
) -> Response:
    _, status = _SHOWN.get(show, _SHOWN["waiting"])
    found: list[ProposalKept] = await downloads.whole(
        lambda last, limit: actions.list_proposals(
            tx, by=visitor.caller, status=status, after=last.proposal_id if last else None, limit=limit
        )
    )
    rows = [
        (one.title, one.buyer, one.supplier, one.starts_on, one.ends_on, words.PROPOSALS[one.status], one.ocid)
        for one in map(summary, found)
    ]
    return await downloads.table(Sheet("Notices", _HEADINGS, rows, widths=_WIDTHS), "contracts-from-notices", file)


@pages.router.get("/notices/{proposal_id:uuid}")
async def show_proposal(request: Request, proposal_id: UUID, tx: Tx, visitor: Importer) -> Response:
    proposal = await actions.read_proposal(tx, proposal_id, by=visitor.caller)
    return await _page(request, tx, visitor, proposal, blank())


@pages.router.post("/notices/{proposal_id:uuid}/register")
async def register(proposal_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    """Goes on with what the person has begun of this proposal, or begins."""
    proposal = await actions.read_proposal(tx, proposal_id, by=visitor.caller)
    draft = await draft_store.of_proposal(tx, visitor.caller.person_id, proposal_id)
    if draft is None:
        content = begun_with(proposal)
        draft = await draft_actions.begin(tx, DraftKind.FROM_NOTICE, content, by=visitor.caller, at=now)
    elif draft.content.proposal_version != proposal.version:
        draft = await draft_actions.change(
            tx, draft.draft_id, lambda content: with_later(content, proposal), by=visitor.caller, at=now
        )
    return redirect(place(draft))


@pages.router.get("/notices/{proposal_id:uuid}/dismiss")
async def ask_dismiss(request: Request, proposal_id: UUID, tx: Tx, visitor: Importer) -> Response:
    proposal = await actions.read_proposal(tx, proposal_id, by=visitor.caller)
    return _dismiss_page(request, proposal, blank())


@pages.router.post("/notices/{proposal_id:uuid}/dismiss")
async def dismiss(request: Request, proposal_id: UUID, tx: Tx, now: Now, visitor: Importer, form: Form) -> Response:
    proposal = await actions.read_proposal(tx, proposal_id, by=visitor.caller)
    bound: Bound[_Dismissing] = bind(_Dismissing, form)
    if bound.value is None:
        raise Again(_dismiss_page(request, proposal, bound))
    said = Declining(reason=bound.value.reason)
    try:
        await actions.decline(tx, proposal_id, said, by=visitor.caller, at=now, version=bound.value.version)
    except ParityError as error:
        raise Again(_dismiss_page(request, proposal, _against(bound, error))) from None
    return redirect(link("commitments", f"/notices/{proposal_id}"))


def _dismiss_page(request: Request, proposal: ProposalKept, form: Bound[Any]) -> Response:
    back = {"href": link("commitments", f"/notices/{proposal.proposal_id}"), "text": "Back to the proposal"}
    status = 422 if form.errors else 200
    return pages.show(request, "notice_dismiss.jinja", status=status, proposal=proposal, form=form, back=back)


@pages.router.post("/notices/{proposal_id:uuid}/settle")
async def settle(request: Request, proposal_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    """Applies what was ticked to the contract; the rest is left as it is recorded."""
    proposal = await actions.read_proposal(tx, proposal_id, by=visitor.caller)
    bound: Bound[_Settling] = bind(_Settling, form)
    if bound.value is None:
        raise Again(await _page(request, tx, visitor, proposal, bound))
    said = Settlement(apply=frozenset(bound.value.apply), reason=bound.value.reason)
    try:
        await actions.settle(tx, proposal_id, said, by=visitor.caller, at=now, version=bound.value.version)
    except ParityError as error:
        raise Again(await _page(request, tx, visitor, proposal, _against(bound, error))) from None
    return redirect(link("commitments", f"/notices/{proposal_id}"))


def _against(bound: Bound[Any], error: ParityError) -> Bound[Any]:
    if isinstance(error, PreconditionFailed):
        return bound.wrong("A notice or a colleague changed this meanwhile. What stands now is shown: look again, then decide")
    return bound.refused(error)


async def _page(request: Request, conn: Connection, visitor: Visitor, proposal: ProposalKept, form: Bound[Any]) -> Response:
    begun = await draft_store.of_proposal(conn, visitor.caller.person_id, proposal.proposal_id)
    return pages.show(
        request,
        "notice.jinja",
        status=422 if form.errors else 200,
        proposal=proposal,
        standing=proposal.standing,
        changes=[(one, _named(one.field), _said(one.field, one.before), _said(one.field, one.after)) for one in proposal.changes],
        may_apply=lambda one: (
            one.field in APPLIED
            and one.after is not None
            and not (one.field == "value.amount" and len(proposal.contract_ids) > 1)
        ),
        begun=begun is not None,
        words=words,
        registers=visitor.has(Role.CONTRACT_MANAGER),
        form=form,
        back={"href": link("commitments", "/notices"), "text": "Back to notices"},
    )


def _named(field: str) -> str:
    """``obligations.K1.target`` is "K1: target"."""
    if field in _FIELDS:
        return _FIELDS[field]
    group, _, rest = field.partition(".")
    if group == "obligations":
        kpi, _, part = rest.rpartition(".")
        return f"KPI {kpi}: {label(part).lower()}"
    return label(field)


def _said(field: str, value: Any) -> str:
    """A value of a change as a person reads it."""
    if value is None:
        return "Nothing"
    if isinstance(value, list):
        return listed([str(one) for one in value])
    if field in ("ended_on", "period.starts_on", "period.ends_on", "period.may_extend_to"):
        return day(date.fromisoformat(value))
    return f"{Decimal(value):,}" if field == "value.amount" else str(value)
