"""Choosing what an obligation is measured by: a measure of the catalogue, found by theme and words, or one of the buyer's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import Query, Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.actions.contracts import read_contract
from services.commitments.models.drafts import Draft, ObligationDraft, Typed
from services.commitments.models.obligations import Obligation
from services.commitments.pages import words
from services.commitments.pages.registering.steps import place, place_of
from services.commitments.pages.routing import Manager, pages
from services.commitments.store import choosing
from services.commitments.store import measures as measure_store
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import Conflict
from shared.obligations import Frequency, Side
from shared.pages.forms import Bound, blank
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_MOST_FOUND = 25
MOST_OWED = 500
_LETTERS = {Side.CORE_SERVICE: "C", Side.SOCIAL_VALUE: "SV"}
Said = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


class TooManyObligations(Conflict):
    """A contract has at most 500 obligations."""


@pages.router.get("/registering/{draft_id:uuid}/measures")
async def search_measures(
    request: Request, draft_id: UUID, tx: Tx, visitor: Manager, side: Side = Side.SOCIAL_VALUE, theme: Said = "", q: Said = ""
) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    return await _page(request, tx, visitor, draft, side, blank(theme=theme, q=q))


@pages.router.post("/registering/{draft_id:uuid}/measures")
async def choose_measure(
    request: Request,
    draft_id: UUID,
    tx: Tx,
    now: Now,
    visitor: Manager,
    form: Form,
    side: Side = Side.SOCIAL_VALUE,
    theme: Said = "",
    q: Said = "",
) -> Response:
    """Adds an obligation to the draft."""
    code = None if form.get("do") == "own" else str(form.get("measure", ""))[:50].replace("\0", "")
    known = code is not None and await measure_store.find_measure(tx, code, buyer_id=visitor.caller.organisation_id)
    if code is not None and not known:
        draft = await actions.read(tx, draft_id, by=visitor.caller)
        wrong = blank(theme=theme, q=q).wrong("Select a measure", name="measure")
        return await _page(request, tx, visitor, draft, side, wrong)
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    addition = draft.content.addition
    if len(draft.content.obligations) >= MOST_OWED:
        raise TooManyObligations
    side = addition.side if addition else side
    owed = (await read_contract(tx, addition.contract_id, by=visitor.caller)).obligations if addition else ()
    new = ObligationDraft(id=uuid4(), side=side, measure=code, promise=_begun(draft, owed, side))
    before = () if addition else draft.content.obligations
    draft = await actions.change(tx, draft_id, lambda content: {"obligations": [*before, new]}, by=visitor.caller, at=now)
    return redirect(place_of(draft, new))


def _begun(draft: Draft, owed: Sequence[Obligation], side: Side) -> Typed:
    """The next free reference beside what is ``owed`` already, and what is so most often."""
    taken = {str(one.promise.get("reference")) for one in draft.content.obligations} | {one.reference for one in owed}
    number = next(n for n in range(1, MOST_OWED + 2) if f"{_LETTERS[side]}{n}" not in taken)
    return {"reference": f"{_LETTERS[side]}{number}", "frequency": Frequency.QUARTERLY.value, "evidence_required": "no"}


async def _page(request: Request, conn: Connection, visitor: Visitor, draft: Draft, side: Side, form: Bound[Any]) -> Response:
    buyer_id = visitor.caller.organisation_id
    theme, q = form.text("theme"), form.text("q").strip()
    found = await choosing.measures(conn, buyer_id, theme=theme, words=q, limit=_MOST_FOUND + 1)
    return pages.show(
        request,
        "register_measures.jinja",
        status=422 if form.errors else 200,
        form=form,
        side=side,
        side_name=words.SIDES[side],
        found=found[:_MOST_FOUND],
        more=len(found) > _MOST_FOUND,
        themes=[{"value": one, "text": one} for one in await choosing.themes(conn)],
        searched=urlencode({"side": side.value, "theme": theme, "q": q}),
        back={"href": place(draft), "text": "Back to the steps"}
        if draft.content.addition
        else {"href": place(draft, f"obligations?side={side}"), "text": f"Back to {words.SIDES[side].lower()} obligations"},
    )
