"""Describing a contract anew, with a reason: another title, value or legal regime, a later end, or other places."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from services.commitments.actions import contracts as actions
from services.commitments.models.contracts import Contract, ContractChange, Title
from services.commitments.models.words import LegalRegime
from services.commitments.pages import words
from services.commitments.pages.changing import back_to, own_contract, place_of, shown_again
from services.commitments.pages.registering.assembling import places_of
from services.commitments.pages.registering.forms import PLACES, Number
from services.commitments.pages.routing import Manager, pages
from shared.api import Now, Tx
from shared.obligations import Words, plain
from shared.pages.forms import Bound, FormError, Says, bind, blank
from shared.pages.site import Again, Form, redirect
from shared.words import label

_Why = Annotated[Words, Says("Enter why it changes", "Why must have 4,000 characters or fewer")]


class _Reasoned(BaseModel):
    reason: _Why
    version: int = 0


class _Described(BaseModel):
    title: Annotated[Title, Says("Enter the title of the contract", "Title must have 1,000 characters or fewer")]
    ends_on: Annotated[date, Says("Enter the last day of the contract", called="Last day")]
    value: Annotated[Number | None, Says("", "Value must be a number, such as 250,000")] = None
    legal_regime: Annotated[LegalRegime | None, Says("", "Select the legal regime from the list")] = None
    reason: _Why
    version: int = 0


@pages.router.get("/contracts/{contract_id:uuid}/change")
async def ask_change(request: Request, contract_id: UUID, tx: Tx, visitor: Manager) -> Response:
    contract = await own_contract(tx, contract_id, visitor)
    value = plain(contract.value) if contract.value is not None else None
    regime = contract.legal_regime and contract.legal_regime.value
    form = blank(title=contract.title, value=value, ends_on=contract.ends_on, legal_regime=regime)
    return _page(request, contract, form)


@pages.router.post("/contracts/{contract_id:uuid}/change")
async def change(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    contract = await own_contract(tx, contract_id, visitor)
    bound: Bound[_Described] = bind(_Described, form)
    if bound.value is None:
        raise Again(_page(request, contract, bound))
    said = bound.value
    # What stands already is no change; it is left out, so that the history holds what was changed.
    described = said.model_dump(exclude={"reason", "version"})
    changed = {name: value for name, value in described.items() if value != getattr(contract, name)}
    for name in ("value", "legal_regime"):
        if name in changed and changed[name] is None:
            bound = bound.wrong(f"Enter the {label(name).lower()}: what is recorded cannot be taken away", name=name)
    if not changed:
        bound = bound.wrong("Nothing is changed yet. Change something, or go back")
    if bound.value is None:
        raise Again(_page(request, contract, bound))
    new = ContractChange(**changed, reason=said.reason)
    with shown_again(contract, bound, partial(_page, request), {"": "ends_on"}):
        await actions.change_contract(tx, contract_id, new, by=visitor.caller, at=now, version=said.version)
    return redirect(place_of(contract))


@pages.router.get("/contracts/{contract_id:uuid}/places")
async def ask_places(request: Request, contract_id: UUID, tx: Tx, visitor: Manager) -> Response:
    contract = await own_contract(tx, contract_id, visitor)
    stands = {f"place-{name}": plain(contract.places[place] * 100) for name, place in PLACES.items() if place in contract.places}
    return _places_page(request, contract, blank(**stands))


@pages.router.post("/contracts/{contract_id:uuid}/places")
async def change_places(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    contract = await own_contract(tx, contract_id, visitor)
    bound: Bound[_Reasoned] = bind(_Reasoned, form)
    places = places_of(bound.typed)
    wrong = places.errors
    if places.value is not None and places.value.shares == contract.places:
        wrong = (FormError(f"place-{next(iter(PLACES))}", "Nothing is changed yet. Change a share, or go back"),)
    if wrong or bound.value is None or places.value is None:
        raise Again(_places_page(request, contract, replace(bound, errors=(*wrong, *bound.errors))))
    said = bound.value
    change = ContractChange(places=places.value.shares, reason=said.reason)
    with shown_again(contract, bound, partial(_places_page, request)):
        await actions.change_contract(tx, contract_id, change, by=visitor.caller, at=now, version=said.version)
    return redirect(place_of(contract))


def _places_page(request: Request, contract: Contract, form: Bound[Any]) -> Response:
    return pages.show(
        request,
        "change_places.jinja",
        status=422 if form.errors else 200,
        contract=contract,
        form=form,
        places=PLACES,
        back=back_to(contract),
    )


def _page(request: Request, contract: Contract, form: Bound[Any]) -> Response:
    return pages.show(
        request,
        "describe.jinja",
        status=422 if form.errors else 200,
        contract=contract,
        form=form,
        regimes=words.REGIMES,
        back=back_to(contract),
    )
