"""Forms by which people work on an alert: acknowledge, plan the recovery, dispute, answer, resolve, leave a note."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from services.alerts.actions import working
from services.alerts.actions.reading import WholeAlert, alert_in_full
from services.alerts.models.alerts import Dispute, RecoveryPlan
from services.alerts.pages.alert import everything, summary
from services.alerts.pages.routing import Analyst, Buyer, EitherParty, Supplier, pages
from services.alerts.rules.viewing import buyers_eyes, eyes, icb_eyes, is_buyer, is_supplier, suppliers_eyes
from shared.api import Now, Tx
from shared.errors import NotFound, ParityError
from shared.obligations import Text
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect

M = TypeVar("M", bound=BaseModel)

_TOO_LONG = "Enter no more than 4,000 characters"


class Plan(BaseModel):
    plan: Annotated[Text, Says("Enter what will be done", _TOO_LONG)]
    due_on: Annotated[date, Says("Enter the date by which it will be done", called="Date")]


class Decision(BaseModel):
    agreed: Annotated[Literal["yes", "no"], Says("Select whether you agree to the plan")]
    answer: Annotated[Text | None, Says("", _TOO_LONG)] = None


class Reason(BaseModel):
    reason: Annotated[Text, Says("Enter a reason", _TOO_LONG)]


class Note(BaseModel):
    note: Annotated[Text, Says("Enter your note", _TOO_LONG)]


class Answer(BaseModel):
    upheld: Annotated[Literal["yes", "no"], Says("Select whether the supplier is right")]
    answer: Annotated[Text, Says("Enter your answer", _TOO_LONG)]


@pages.router.post("/{alert_id:uuid}/acknowledge")
async def acknowledge(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Buyer) -> Response:
    whole = await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id)
    try:
        await working.acknowledge(tx, alert_id, at=now, by=visitor.caller)
    except ParityError as error:
        shown = await everything(request, tx, whole, visitor.caller, now)
        raise pages.again(request, "alert.jinja", form=blank().refused(error), now=now, **shown) from None
    return redirect(link("alerts", f"/{alert_id}"))


@pages.router.get("/{alert_id:uuid}/plan")
async def ask_plan(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: EitherParty) -> Response:
    whole = await alert_in_full(tx, eyes(visitor.caller), alert_id)
    as_buyer = is_buyer(visitor.caller, whole.seen.buyer_ids)
    if not (as_buyer or is_supplier(visitor.caller, whole.seen.supplier_ids)):
        raise NotFound
    return _ask(request, "plan.jinja", whole, now, as_buyer=as_buyer)


@pages.router.post("/{alert_id:uuid}/plan")
async def plan(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: EitherParty, form: Form) -> Response:
    """The supplier proposes; what the contract manager enters is agreed at once."""
    whole = await alert_in_full(tx, eyes(visitor.caller), alert_id)

    async def act(entered: Plan) -> object:
        return await working.plan_recovery(tx, alert_id, entered.plan, entered.due_on, at=now, by=visitor.caller)

    as_buyer = is_buyer(visitor.caller, whole.seen.buyer_ids)
    return await _take(request, "plan.jinja", whole, now, bind(Plan, form), act, as_buyer=as_buyer)


@pages.router.get("/{alert_id:uuid}/plans/{plan_id:uuid}")
async def ask_decision(request: Request, alert_id: UUID, plan_id: UUID, tx: Tx, now: Now, visitor: Buyer) -> Response:
    whole = await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id)
    return _ask(request, "decide_plan.jinja", whole, now, plan=_plan(whole, plan_id))


@pages.router.post("/{alert_id:uuid}/plans/{plan_id:uuid}")
async def decide_plan(request: Request, alert_id: UUID, plan_id: UUID, tx: Tx, now: Now, visitor: Buyer, form: Form) -> Response:
    whole = await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id)
    bound: Bound[Decision] = bind(Decision, form)
    if bound.value is not None and bound.value.agreed == "no" and not bound.value.answer:
        bound = bound.wrong("Enter why you decline the plan", name="answer")

    async def act(decided: Decision) -> object:
        if decided.agreed == "yes":
            return await working.agree_plan(tx, alert_id, plan_id, at=now, by=visitor.caller)
        return await working.decline_plan(tx, alert_id, plan_id, decided.answer or "", at=now, by=visitor.caller)

    return await _take(request, "decide_plan.jinja", whole, now, bound, act, plan=_plan(whole, plan_id))


@pages.router.get("/{alert_id:uuid}/dispute")
async def ask_dispute(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Supplier) -> Response:
    return _ask(request, "dispute.jinja", await alert_in_full(tx, suppliers_eyes(visitor.caller), alert_id), now)


@pages.router.post("/{alert_id:uuid}/dispute")
async def dispute(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Supplier, form: Form) -> Response:
    whole = await alert_in_full(tx, suppliers_eyes(visitor.caller), alert_id)

    async def act(said: Reason) -> object:
        return await working.dispute(tx, alert_id, said.reason, at=now, by=visitor.caller)

    return await _take(request, "dispute.jinja", whole, now, bind(Reason, form), act)


@pages.router.get("/{alert_id:uuid}/disputes/{dispute_id:uuid}")
async def ask_answer(request: Request, alert_id: UUID, dispute_id: UUID, tx: Tx, now: Now, visitor: Buyer) -> Response:
    whole = await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id)
    return _ask(request, "answer.jinja", whole, now, dispute=_dispute(whole, dispute_id))


@pages.router.post("/{alert_id:uuid}/disputes/{dispute_id:uuid}")
async def answer(request: Request, alert_id: UUID, dispute_id: UUID, tx: Tx, now: Now, visitor: Buyer, form: Form) -> Response:
    whole = await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id)

    async def act(said: Answer) -> object:
        upheld = said.upheld == "yes"
        return await working.answer_dispute(
            tx, alert_id, dispute_id, upheld=upheld, answer=said.answer, at=now, by=visitor.caller
        )

    return await _take(request, "answer.jinja", whole, now, bind(Answer, form), act, dispute=_dispute(whole, dispute_id))


@pages.router.get("/{alert_id:uuid}/resolve")
async def ask_resolve(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Buyer) -> Response:
    return _ask(request, "resolve.jinja", await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id), now)


@pages.router.post("/{alert_id:uuid}/resolve")
async def resolve(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Buyer, form: Form) -> Response:
    whole = await alert_in_full(tx, buyers_eyes(visitor.caller), alert_id)

    async def act(said: Reason) -> None:
        await working.resolve(tx, alert_id, said.reason, at=now, by=visitor.caller)

    return await _take(request, "resolve.jinja", whole, now, bind(Reason, form), act)


@pages.router.get("/{alert_id:uuid}/note")
async def ask_note(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Analyst) -> Response:
    return _ask(request, "note.jinja", await alert_in_full(tx, icb_eyes(visitor.caller), alert_id), now)


@pages.router.post("/{alert_id:uuid}/note")
async def leave_note(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Analyst, form: Form) -> Response:
    whole = await alert_in_full(tx, icb_eyes(visitor.caller), alert_id)

    async def act(said: Note) -> None:
        await working.leave_note(tx, alert_id, said.note, at=now, by=visitor.caller)

    return await _take(request, "note.jinja", whole, now, bind(Note, form), act)


def _ask(request: Request, template: str, whole: WholeAlert, now: Now, **context: Any) -> Response:
    return pages.show(request, template, form=blank(), **_around(whole, now), **context)


async def _take(
    request: Request,
    template: str,
    whole: WholeAlert,
    now: Now,
    bound: Bound[M],
    act: Callable[[M], Awaitable[object]],
    **context: Any,
) -> Response:
    """Back to the alert; or the form again with what is wrong, found by itself or by the action."""
    if bound.value is not None:
        try:
            await act(bound.value)
            return redirect(link("alerts", f"/{whole.alert.alert_id}"))
        except ParityError as error:
            bound = bound.refused(error)
    raise pages.again(request, template, form=bound, **_around(whole, now), **context)


def _around(whole: WholeAlert, now: Now) -> dict[str, Any]:
    back = {"href": link("alerts", f"/{whole.alert.alert_id}"), "text": "Back to the alert"}
    return {**summary(whole), "now": now, "back": back}


def _plan(whole: WholeAlert, plan_id: UUID) -> RecoveryPlan:
    for plan in whole.plans:
        if plan.plan_id == plan_id:
            return plan
    raise NotFound


def _dispute(whole: WholeAlert, dispute_id: UUID) -> Dispute:
    for dispute in whole.disputes:
        if dispute.dispute_id == dispute_id:
            return dispute
    raise NotFound
