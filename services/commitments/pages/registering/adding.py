"""One obligation more under a registered contract: from which quarter on and why, then by the same pages as when registering."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from services.commitments.actions import drafts as actions
from services.commitments.actions.contracts import add_obligations
from services.commitments.models.contracts import Contract
from services.commitments.models.drafts import Addition, ContractDraft, Draft, DraftKind
from services.commitments.pages import words
from services.commitments.pages.changing import back_to, own_contract, place_of, shown_again
from services.commitments.pages.registering import assembling
from services.commitments.pages.registering.steps import Unfinished, place
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.contracts import check_addition, earliest_addition
from shared.access import Caller
from shared.api import Now, Tx
from shared.db import Connection
from shared.obligations import Side, Words
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Again, Form, redirect
from shared.quarters import Quarter, local_date, quarters_between
from shared.words import quarter_name


class _Adding(BaseModel):
    side: Annotated[Side, Says("Select what it belongs to", "Select what it belongs to")]
    from_quarter: Annotated[Quarter, Says("Select the first quarter", "Select the first quarter")]
    reason: Annotated[Words, Says("Enter why it is added", "Why must have 4,000 characters or fewer")]


@pages.router.get("/contracts/{contract_id:uuid}/obligations/add")
async def ask(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    return _page(request, await own_contract(tx, contract_id, visitor), blank(), now)


@pages.router.post("/contracts/{contract_id:uuid}/obligations/add")
async def begin(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    contract = await own_contract(tx, contract_id, visitor)
    bound: Bound[_Adding] = bind(_Adding, form)
    addition = _judged(request, contract, bound, now)
    with shown_again(contract, bound, lambda stands, refused: _page(request, stands, refused, now)):
        content = ContractDraft(addition=addition)
        draft = await actions.begin(tx, DraftKind.BY_FORM, content, by=visitor.caller, at=now)
    return redirect(place(draft, f"measures?side={addition.side}"))


@pages.router.get("/registering/{draft_id:uuid}/addition")
async def ask_again(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    added = draft.content.added
    held = blank(side=added.side, from_quarter=added.from_quarter.code, reason=added.reason)
    return _page(request, await own_contract(tx, added.contract_id, visitor), held, now, draft)


@pages.router.post("/registering/{draft_id:uuid}/addition")
async def change(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    """Another quarter or reason, or the other side; what was entered of the obligation stays."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    contract = await own_contract(tx, draft.content.added.contract_id, visitor)
    addition = _judged(request, contract, bind(_Adding, form), now, draft)
    draft = await actions.change(
        tx,
        draft_id,
        lambda content: {
            "addition": addition,
            "obligations": [one.model_copy(update={"side": addition.side}) for one in content.obligations],
        },
        by=visitor.caller,
        at=now,
    )
    return redirect(place(draft) if draft.content.obligations else place(draft, f"measures?side={addition.side}"))


def _judged(request: Request, contract: Contract, bound: Bound[_Adding], now: datetime, draft: Draft | None = None) -> Addition:
    """Raises the page again."""
    said = bound.value
    if said is None:
        raise Again(_page(request, contract, bound, now, draft))
    with shown_again(contract, bound, lambda stands, refused: _page(request, stands, refused, now, draft)):
        check_addition(contract, said.from_quarter, today=local_date(now))
    return Addition(
        contract_id=contract.contract_id,
        title=contract.title,
        starts_on=max(contract.starts_on, said.from_quarter.first_day),
        ends_on=contract.ends_on,
        **said.model_dump(),
    )


def _page(request: Request, contract: Contract, form: Bound[Any], now: datetime, draft: Draft | None = None) -> Response:
    first, last = earliest_addition(contract, today=local_date(now)), Quarter.of(contract.ends_on)
    return pages.show(
        request,
        "add_obligation.jinja",
        status=422 if form.errors else 200,
        contract=contract,
        form=form,
        sides=[{"value": side.value, "text": text} for side, text in words.SIDES.items()],
        quarters=[{"value": one.code, "text": quarter_name(one)} for one in quarters_between(first, last)],
        back={"href": place(draft), "text": "Back to the steps"} if draft else back_to(contract),
        now=now,
    )


async def add(conn: Connection, draft: Draft, *, by: Caller, at: datetime) -> Contract:
    """The contract with the obligation. Raises Unfinished, and what adding an obligation raises."""
    new, said = assembling.addition(draft), draft.content.added
    if isinstance(new, list):
        raise Unfinished(new)
    return await add_obligations(conn, said.contract_id, [new], said.reason, from_quarter=said.from_quarter, by=by, at=at)


def added_at(contract: Contract) -> str:
    """Where the obligation stands that was just added."""
    return f"{place_of(contract)}#obligation-{contract.obligations[-1].reference}"
