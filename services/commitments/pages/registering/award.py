"""The first step: what was awarded."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.models.contracts import NET_ZERO_AND_SOCIAL_VALUE, QUALITATIVE_PART, TENDER_DAYS
from services.commitments.models.drafts import Draft
from services.commitments.pages import words
from services.commitments.pages.registering.forms import Award
from services.commitments.pages.registering.from_notice import proposal_of
from services.commitments.pages.registering.steps import comes_back_later, kept, place
from services.commitments.pages.routing import Manager, pages
from services.commitments.store import choosing
from shared.api import Now, Tx
from shared.db import Connection
from shared.pages.forms import Bound, bind_typed
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_MOST_ABOVE = 200


@pages.router.get("/registering/{draft_id:uuid}/award")
async def ask_award(request: Request, draft_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    return await _page(request, tx, visitor, draft, Bound(draft.content.award or {"form": "contract"}))


@pages.router.post("/registering/{draft_id:uuid}/award")
async def keep_award(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    typed = kept(form)
    draft = await actions.change(tx, draft_id, lambda content: {"award": typed}, by=visitor.caller, at=now)
    if comes_back_later(form):
        return redirect(place(draft))
    bound: Bound[Award] = bind_typed(Award, typed)
    if bound.value is None:
        return await _page(request, tx, visitor, draft, bound)
    return redirect(place(draft, "parties"))


async def _page(request: Request, conn: Connection, visitor: Visitor, draft: Draft, form: Bound[Award]) -> Response:
    proposal = await proposal_of(conn, draft, visitor)
    above = await choosing.above(conn, visitor.caller.organisation_id, limit=_MOST_ABOVE)
    return pages.show(
        request,
        "register_award.jinja",
        status=422 if form.errors else 200,
        form=form,
        forms=words.choices(words.FORMS),
        regimes=words.REGIMES,
        above=[{"value": id, "text": text} for id, text in above],
        currency="£" if proposal is None or proposal.standing.value is None else _prefix(proposal.standing.value.currency),
        missing=proposal.standing.missing if proposal else (),
        warnings=proposal.standing.warnings if proposal else (),
        least=(NET_ZERO_AND_SOCIAL_VALUE, QUALITATIVE_PART, TENDER_DAYS),
        back={"href": place(draft), "text": "Back to the steps"},
    )


def _prefix(currency: str) -> str:
    return "£" if currency == "GBP" else currency
