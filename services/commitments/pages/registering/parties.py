"""Who takes part, and where the contract delivers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.models.contracts import Part
from services.commitments.models.drafts import Draft, Typed
from services.commitments.pages.registering.assembling import parties_of, places_of
from services.commitments.pages.registering.forms import PLACES, Parties
from services.commitments.pages.registering.from_notice import keep_notice_parties, notice_parties_page, proposal_of
from services.commitments.pages.registering.steps import comes_back_later, ids_in, kept, place
from services.commitments.pages.routing import Manager, pages
from services.commitments.store import choosing
from shared.api import Now, Tx
from shared.db import Connection
from shared.pages.forms import Bound
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_MOST_FOUND = 20
_LISTS = {Part.SUPPLIER: "suppliers", Part.BUYER: "buyers"}


@pages.router.get("/registering/{draft_id:uuid}/parties")
async def ask_parties(request: Request, draft_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    proposal = await proposal_of(tx, draft, visitor)
    if proposal is not None:
        return await notice_parties_page(request, tx, visitor, draft, proposal, Bound(draft.content.parties))
    return await _page(request, tx, visitor, draft, Bound(draft.content.parties))


@pages.router.post("/registering/{draft_id:uuid}/parties")
async def keep_parties(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    """Each of the page's buttons keeps all that was typed: search, add, take away, continue."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    proposal = await proposal_of(tx, draft, visitor)
    if proposal is not None:
        return await keep_notice_parties(request, tx, visitor, draft, proposal, form, now)
    do, _, what = str(form.get("do", "")).partition(":")
    typed = _after(kept(form), do, what)
    draft = await actions.change(tx, draft_id, lambda content: {"parties": typed}, by=visitor.caller, at=now)
    if do == "later":
        return redirect(place(draft))
    if do == "new":
        return redirect(place(draft, "supplier"))
    if do in ("find", "add", "remove"):
        return redirect(place(draft, "parties"))
    bound: Bound[Parties] = parties_of(typed)
    if bound.value is None:
        return await _page(request, tx, visitor, draft, bound)
    return redirect(place(draft, "places"))


def _after(typed: Typed, do: str, what: str) -> Typed:
    """What is typed after a button that adds somebody, or takes somebody away."""
    part, _, id = what.partition(":")
    if do not in ("add", "remove") or part not in _LISTS:
        return typed
    return with_party(typed, Part(part), id) if do == "add" else typed | {_LISTS[Part(part)]: _others(typed, Part(part), id)}


def with_party(typed: Typed, part: Part, id: str) -> Typed:
    """What is typed once somebody is found."""
    return typed | {_LISTS[part]: [*_others(typed, part, id), id], f"find-{part}": ""}


def _others(typed: Typed, part: Part, id: str) -> list[str]:
    return [one for one in _ids(typed, _LISTS[part]) if one != id]


def _ids(typed: Typed, name: str) -> list[str]:
    said = typed.get(name, [])
    return [said] if isinstance(said, str) else said


async def _page(request: Request, conn: Connection, visitor: Visitor, draft: Draft, form: Bound[Parties]) -> Response:
    own = visitor.caller.organisation_id
    held = {part: ids_in(form.many(name)) for part, name in _LISTS.items()}
    found: dict[str, Any] = {}
    for part in Part:
        words = form.text(f"find-{part}").strip()
        if words:
            matches = await choosing.organisations(conn, part, words, limit=_MOST_FOUND)
            found[part] = [(id, name) for id, name in matches if id not in held[part] and not (part is Part.BUYER and id == own)]
    names = await choosing.names(conn, [own, *held[Part.SUPPLIER], *held[Part.BUYER]])
    return pages.show(
        request,
        "register_parties.jinja",
        status=422 if form.errors else 200,
        form=form,
        held=held,
        found=found,
        names=names,
        own=own,
        back={"href": place(draft, "award"), "text": "Back to what was awarded"},
        most=_MOST_FOUND,
    )


@pages.router.get("/registering/{draft_id:uuid}/places")
async def ask_places(request: Request, draft_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    return _places_page(request, draft, Bound(draft.content.places))


@pages.router.post("/registering/{draft_id:uuid}/places")
async def keep_places(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    typed = kept(form)
    draft = await actions.change(tx, draft_id, lambda content: {"places": typed}, by=visitor.caller, at=now)
    if comes_back_later(form):
        return redirect(place(draft))
    bound = places_of(typed)
    if bound.value is None:
        return _places_page(request, draft, bound)
    return redirect(place(draft, "obligations?side=core_service"))


def _places_page(request: Request, draft: Draft, form: Bound[Any]) -> Response:
    back = {"href": place(draft, "parties"), "text": "Back to who takes part"}
    status = 422 if form.errors else 200
    return pages.show(request, "register_places.jinja", status=status, form=form, places=PLACES, back=back)
