"""Varying what is owed from a quarter on, and closing a contract early: each with a reason, and looked at before it is done."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from services.commitments.actions import contracts as actions
from services.commitments.actions.drafts import rehearse
from services.commitments.models.contracts import Closing, Contract
from services.commitments.models.obligations import Counting, Obligation, SpreadTotal, Variation
from services.commitments.pages import words
from services.commitments.pages.changing import back_to, own_contract, place_of, shown_again
from services.commitments.pages.registering.assembling import targets_of
from services.commitments.pages.registering.forms import BandsTyped
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.contracts import targets_in_force
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import NotFound
from shared.obligations import Bands, BandsBy, Words, plain
from shared.pages.forms import Bound, Says, Typed, bind, bind_typed, blank, typed_in
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.quarters import Quarter, local_date, quarters_between
from shared.words import quarter_name

_ENDS = "ends"


class _Varying(BaseModel):
    """What is asked besides targets and bands, which have forms of their own."""

    from_quarter: Annotated[Quarter, Says("Select the first quarter", "Select the first quarter")]
    what: Annotated[Literal["changes", "ends"], Says("Select what changes", "Select what changes")]
    wording: Annotated[
        Words | None, Says("", "What is promised must have 4,000 characters or fewer"), Field(validate_default=True)
    ] = None
    reason: Annotated[Words, Says("Enter why it is varied", "Why must have 4,000 characters or fewer")]
    version: int = 0

    @field_validator("wording")
    @classmethod
    def _said(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("what") == "changes":
            raise ValueError("Enter what is promised")
        return value


class _Closing(BaseModel):
    ends_on: Annotated[date, Says("Enter the last day", called="Last day")]
    reason: Annotated[Words, Says("Enter why it is closed", "Why must have 4,000 characters or fewer")]
    version: int = 0


@pages.router.get("/contracts/{contract_id:uuid}/obligations/{obligation_id:uuid}/vary")
async def ask_variation(request: Request, contract_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    contract, obligation = await _found(tx, contract_id, obligation_id, visitor)
    return _page(request, contract, obligation, Bound(_as_it_stands(obligation)), now)


@pages.router.post("/contracts/{contract_id:uuid}/obligations/{obligation_id:uuid}/vary")
async def vary(
    request: Request, contract_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form
) -> Response:
    """First shows what it comes to, beside what stands; then, confirmed, does it."""
    contract, obligation = await _found(tx, contract_id, obligation_id, visitor)
    typed = typed_in(form)
    bound, variation, version = _bound(typed, contract, obligation)
    if variation is None or form.get("do") == "edit":
        shown = bound if form.get("do") != "edit" else Bound(typed)
        return _page(request, contract, obligation, shown, now)
    act = partial(actions.vary, tx, contract_id, obligation_id, variation, by=visitor.caller, at=now, version=version)

    def again(stands: Contract, refused: Bound[Any]) -> Response:
        return _page(request, stands, stands.called(obligation_id) or obligation, refused, now)

    with shown_again(contract, bound, again, _FIELDS | {"targets": _field_of(typed)}):
        if form.get("do") != "confirm":
            varied = await rehearse(tx, act)
            return _check_page(request, contract, obligation, varied, variation, typed)
        await act()
    return redirect(f"{place_of(contract)}#obligation-{obligation.reference}")


_FIELDS = {"spread": "total", "bands": "good", "from_quarter": "from_quarter"}


def _field_of(typed: Typed) -> str:
    return {"each": "each", "table": "table"}.get(str(typed.get("how", "")), "total")


def _bound(typed: Typed, contract: Contract, obligation: Obligation) -> tuple[Bound[Any], Variation | None, int]:
    """The form with all that is wrong with it, or what it asks for and the version that was seen."""
    bound: Bound[_Varying] = bind_typed(_Varying, typed)
    said = bound.value
    if said is not None and said.what == _ENDS:
        return bound, Variation(from_quarter=said.from_quarter, reason=said.reason), said.version
    first = said.from_quarter if said else Quarter.of(contract.starts_on)
    quarters = quarters_between(first, Quarter.of(contract.ends_on))
    targets, table = targets_of(typed, quarters)
    bands, wrong = _bands(typed)
    # The reason is asked last.
    errors = tuple(sorted((*bound.errors, *targets.errors, *wrong), key=lambda error: error.name == "reason"))
    if said is None or targets.value is None or errors:
        return Bound(typed, errors=errors, key=bound.key), None, 0
    counted, stands = targets.value, {one.quarter: one.target for one in targets_in_force(obligation)}
    # The table comes filled with all quarters: those before stay as they are, and are in nobody's way.
    table = tuple(one for one in table if one.quarter >= said.from_quarter or stands.get(one.quarter) != one.target)
    if counted.how == "table" and not table:
        return bound.wrong("Enter a target for each quarter from the first one that changes", name="table"), None, 0
    terms = obligation.newest.terms
    counting = Counting(
        wording=said.wording or "",
        direction=terms.direction,
        frequency=terms.frequency,
        evidence_required=terms.evidence_required,
        basis=counted.basis,
        fte_counting=counted.fte_counting,
        over_time=counted.over_time,
        bands=bands,
        targets=table,
        spread=SpreadTotal(total=counted.total, way=counted.way) if counted.total is not None and counted.way else None,
    )
    return bound, Variation(from_quarter=said.from_quarter, reason=said.reason, counting=counting), said.version


def _bands(typed: Typed) -> tuple[Bands | None, tuple[Any, ...]]:
    """None where all are left empty: then the tool suggests them."""
    if not any(str(typed.get(name, "")).strip() for name in ("good", "approaching", "improvement")):
        return None, ()
    bound: Bound[BandsTyped] = bind_typed(BandsTyped, typed)
    return (bound.value.bands if bound.value else None), bound.errors


def _as_it_stands(obligation: Obligation) -> Typed:
    newest = obligation.newest
    terms = newest.terms
    bands = BandsTyped.of(terms.bands) if terms.bands else None
    return {
        "what": "changes",
        "wording": newest.wording,
        "how": "table",
        "table": "\n".join(f"{one.quarter}: {plain(one.target)}" for one in newest.targets),
        "basis": terms.basis.value,
        "fte_counting": terms.fte_counting.value,
        "over_time": terms.over_time.value,
        "by": bands.by.value if bands else BandsBy.SHARE_OF_TARGET.value,
        "good": plain(bands.good) if bands else "",
        "approaching": plain(bands.approaching) if bands else "",
        "improvement": plain(bands.improvement) if bands else "",
    }


async def _found(conn: Connection, contract_id: UUID, obligation_id: UUID, visitor: Visitor) -> tuple[Contract, Obligation]:
    """Raises NotFound, also where the contract is another buyer's."""
    contract = await own_contract(conn, contract_id, visitor)
    obligation = contract.called(obligation_id)
    if obligation is None:
        raise NotFound
    return contract, obligation


def _page(request: Request, contract: Contract, obligation: Obligation, form: Bound[Any], now: datetime) -> Response:
    last = Quarter.of(contract.ends_on)
    first = max(Quarter.of(local_date(now)), Quarter.of(contract.starts_on), obligation.newest.from_quarter)
    return pages.show(
        request,
        "vary.jinja",
        status=422 if form.errors else 200,
        contract=contract,
        obligation=obligation,
        terms=obligation.newest.terms,
        form=form,
        quarters=[{"value": one.code, "text": quarter_name(one)} for one in quarters_between(first, last)],
        spreads=words.choices(words.SPREADS),
        bases=words.choices(words.BASES),
        fte_countings=words.choices(words.FTE_COUNTINGS),
        over_times=words.choices(words.OVER_TIMES),
        bands_by=words.choices(words.BANDS_BY),
        back=back_to(contract),
        now=now,
    )


def _check_page(
    request: Request, contract: Contract, obligation: Obligation, varied: Contract, variation: Variation, typed: Typed
) -> Response:
    """Both side by side, with all that was typed kept along."""
    after = varied.called(obligation.obligation_id)
    assert after is not None  # noqa: S101 - it was just varied
    old = {one.quarter: one.target for one in targets_in_force(obligation)}
    new = {one.quarter: one.target for one in targets_in_force(after)}
    quarters = [one for one in sorted({*old, *new}) if one >= variation.from_quarter]
    return pages.show(
        request,
        "vary_check.jinja",
        contract=contract,
        obligation=obligation,
        after=after.newest,
        variation=variation,
        rows=[(quarter, old.get(quarter), new.get(quarter)) for quarter in quarters],
        words=words,
        typed=[(name, one) for name, said in typed.items() for one in ([said] if isinstance(said, str) else said)],
        form=blank(),
    )


@pages.router.get("/contracts/{contract_id:uuid}/close")
async def ask_close(request: Request, contract_id: UUID, tx: Tx, visitor: Manager) -> Response:
    return _close_page(request, await own_contract(tx, contract_id, visitor), blank())


@pages.router.post("/contracts/{contract_id:uuid}/close")
async def close(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    contract = await own_contract(tx, contract_id, visitor)
    bound: Bound[_Closing] = bind(_Closing, form)
    if bound.value is None:
        raise Again(_close_page(request, contract, bound))
    said = bound.value
    closing = Closing(ends_on=said.ends_on, reason=said.reason)
    with shown_again(contract, bound, partial(_close_page, request), {"": "ends_on"}):
        await actions.close(tx, contract_id, closing, by=visitor.caller, at=now, version=said.version)
    return redirect(place_of(contract))


def _close_page(request: Request, contract: Contract, form: Bound[Any]) -> Response:
    status = 422 if form.errors else 200
    return pages.show(request, "close.jinja", status=status, contract=contract, form=form, back=back_to(contract))
