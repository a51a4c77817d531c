"""One return: its task list, and a look over everything before it is certified."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

from fastapi import Request, Response

from services.returns.actions import readiness, reading
from services.returns.actions.finding import REVIEWER, WRITERS
from services.returns.models.returns import QuarterlyReturn
from services.returns.models.views import LineView, ReturnView
from services.returns.pages import words
from services.returns.pages.routing import Reader, Supplier, Writer, acts_as, pages
from services.returns.rules.lifecycle import NothingToSubmit, with_supplier
from services.returns.rules.reviewing import NotComplete, submits_on_behalf
from services.returns.store import lines
from shared.access import Role
from shared.api import Now, Tx
from shared.identity import people
from shared.origin import link
from shared.pages.naming import names_of
from shared.pages.site import Form, redirect


@pages.router.get("/{return_id:uuid}")
async def show_return(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Reader) -> Response:
    filed = await reading.read_return(tx, return_id, by=visitor.caller, at=now)
    answered = await lines.answered(tx, return_id)
    waiting = [line for line in filed.lines if with_supplier(line.status)]
    return pages.show(
        request,
        "return.jinja",
        filed=filed,
        tasks=[(line, words.status_of(line, answered)) for line in filed.lines],
        waiting=waiting,
        left=[line for line in waiting if words.to_do(line, answered)],
        fills=await acts_as(tx, visitor, filed.contract_id, WRITERS),
        reviews=await acts_as(tx, visitor, filed.contract_id, REVIEWER),
        names=await names_of(request, [filed.submitted_by] if filed.submitted_by else []),
        words=words,
        now=now,
    )


@pages.router.get("/{return_id:uuid}/check")
async def check(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Writer) -> Response:
    """Check answers: everything on one page, and what is still missing."""
    filed = await reading.read_return(tx, return_id, by=visitor.caller, at=now)
    certifies = visitor.has(Role.SUPPLIER_CERTIFIER, Role.CONTRACT_MANAGER)
    certifiers = [] if certifies else await _certifiers(request, filed)
    told = None if certifies else await readiness.certifiers_told(tx, filed)
    return pages.show(
        request,
        "check.jinja",
        filed=filed,
        missing=[line for line in filed.lines if with_supplier(line.status) and line.missing],
        waiting=[line for line in filed.lines if with_supplier(line.status)],
        fills=await acts_as(tx, visitor, filed.contract_id, WRITERS),
        certifies=certifies,
        on_behalf=submits_on_behalf(filed, visitor.caller),
        certifiers=certifiers,
        told=told,
        names=await names_of(request, [told.person_id] if told else []),
        with_supplier=with_supplier,
        words=words,
        now=now,
    )


@pages.router.post("/{return_id:uuid}/check/tell-certifiers")
async def tell_certifiers(return_id: UUID, tx: Tx, now: Now, visitor: Supplier, form: Form) -> Response:
    """The page of which the button is says what is still missing, or that somebody was faster and submitted it."""
    with suppress(NotComplete, NothingToSubmit):
        await readiness.ask_certifiers(tx, return_id, by=visitor.caller, at=now)
    return redirect(link("returns", f"/{return_id}/check"))


def next_to_do(filed: ReturnView, line_id: UUID, answered: Collection[UUID]) -> LineView | None:
    """The next line in the contract's order that needs something, from the one after ``line_id`` round to it."""
    ids = [line.line_id for line in filed.lines]
    start = ids.index(line_id) + 1 if line_id in ids else 0
    in_turn = [*filed.lines[start:], *filed.lines[: max(start - 1, 0)]]
    return next((line for line in in_turn if words.to_do(line, answered)), None)


async def _certifiers(request: Request, filed: QuarterlyReturn) -> list[str]:
    identity = request.app.state.runtime.identity
    suppliers = [supplier.organisation_id for supplier in filed.contract.suppliers]
    found = await people.with_role(identity, suppliers, Role.SUPPLIER_CERTIFIER)
    return sorted(person.name for person in found)
