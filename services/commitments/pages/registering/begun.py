"""Where registering begins, what was begun, and what is left to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.models.drafts import ContractDraft, Draft, DraftKind, ObligationDraft
from services.commitments.pages import words
from services.commitments.pages.registering.assembling import completed
from services.commitments.pages.registering.from_notice import known_parties, parties_form, proposal_of
from services.commitments.pages.registering.steps import place, place_of
from services.commitments.pages.routing import Manager, pages
from services.commitments.store import drafts as store
from shared.api import Now, Tx
from shared.errors import ParityError
from shared.obligations import Side
from shared.origin import link
from shared.pages.forms import Bound, bind_typed, blank
from shared.pages.site import Form, redirect
from shared.words import counted


@pages.router.get("/registering")
async def start(request: Request, tx: Tx, now: Now, visitor: Manager) -> Response:
    begun = await store.of_person(tx, visitor.caller.person_id, limit=actions.MOST)
    return pages.show(request, "registering.jinja", begun=begun, place=place, form=blank(), now=now)


@pages.router.post("/registering")
async def begin(request: Request, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    try:
        draft = await actions.begin(tx, DraftKind.BY_FORM, ContractDraft(), by=visitor.caller, at=now)
    except ParityError as error:
        begun = await store.of_person(tx, visitor.caller.person_id, limit=actions.MOST)
        said = blank().refused(error)
        raise pages.again(request, "registering.jinja", begun=begun, place=place, form=said, now=now) from None
    return redirect(place(draft, "award"))


@pages.router.get("/registering/{draft_id:uuid}")
async def show_tasks(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    proposal = await proposal_of(tx, draft, visitor)
    parties: Bound[Any] | None = None
    if proposal is not None:
        parties = bind_typed(parties_form(proposal, await known_parties(tx, proposal)), draft.content.parties)
    done = completed(draft, parties)
    tasks = _tasks_of_addition(draft, done) if draft.content.addition else _tasks(draft, done)
    return pages.show(request, "registering_tasks.jinja", draft=draft, tasks=tasks, place=place, now=now)


@pages.router.get("/registering/{draft_id:uuid}/delete")
async def ask_delete(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    back = {"href": place(draft), "text": "Back to the steps"}
    return pages.show(request, "register_delete.jinja", title=_title_of(draft), back=back, now=now)


@pages.router.post("/registering/{draft_id:uuid}/delete")
async def delete(draft_id: UUID, tx: Tx, visitor: Manager) -> Response:
    await actions.delete(tx, draft_id, by=visitor.caller)
    return redirect(link("commitments", "/registering"))


def _tasks(draft: Draft, done: frozenset[str]) -> list[tuple[str, str, str, bool]]:
    """Words, address, status and whether it is done, in the order of the steps."""
    content = draft.content
    tasks = [
        ("What was awarded", "award", bool(content.award), "award" in done),
        ("Who takes part", "parties", bool(content.parties), "parties" in done),
        ("Where it delivers", "places", bool(content.places), "places" in done),
    ]
    found = [
        (text, place(draft, step), "Completed" if complete and begun else "In progress" if begun else "Not yet started", complete)
        for text, step, begun, complete in tasks
    ]
    if not content.places:
        found[-1] = (*found[-1][:2], "Optional", True)
    for side in Side:
        owed = [one for one in content.obligations if one.side is side]
        ready = all(str(one.id) in done for one in owed)
        status = f"{counted(len(owed), 'obligation')}, completed" if ready else _left(owed, done)
        found.append(
            (f"{words.SIDES[side]} obligations", place(draft, f"obligations?side={side}"), status if owed else "None yet", ready)
        )
    return found


def _tasks_of_addition(draft: Draft, done: frozenset[str]) -> list[tuple[str, str, str, bool]]:
    """The same for one obligation."""
    tasks = [("From when on, and why", place(draft, "addition"), "Completed", True)]
    for one in draft.content.obligations:
        ready = str(one.id) in done
        for text, page, begun in (
            ("What was promised", "promise", bool(one.promise.get("wording"))),
            ("Targets", "targets", bool(one.targets)),
            ("Bands", "bands", bool(one.bands)),
        ):
            status = "Completed" if ready else "In progress" if begun else "Not yet started"
            tasks.append((text, place_of(draft, one, page), status, ready))
    measures = place(draft, f"measures?side={draft.content.added.side}")
    chosen = bool(draft.content.obligations)
    tasks.insert(1, ("How it is measured", measures, "Completed" if chosen else "Not yet started", chosen))
    return tasks


def _left(owed: list[ObligationDraft], done: frozenset[str]) -> str:
    left = sum(str(one.id) not in done for one in owed)
    return f"{left} of {counted(len(owed), 'obligation')} in progress"


def _title_of(draft: Draft) -> str:
    """As far as it has one."""
    if draft.content.addition is not None:
        return f"an obligation under {draft.content.addition.title}"
    said = draft.content.award
    return str(said.get("title") or said.get("reference") or "a contract without a title")
