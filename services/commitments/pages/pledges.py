"""Baselines and yearly targets of a Partner VCFSE pledge, all measures on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, Field, create_model

from services.commitments.actions.pledges import set_pledge
from services.commitments.models.contracts import Contract, PledgedBaseline
from services.commitments.models.pledges import PledgedMeasure, Pledging
from services.commitments.pages.changing import back_to, own_contract, place_of, shown_again
from services.commitments.pages.registering.forms import Number
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.pledges import of_measure, open_from, yearly, years_of
from services.commitments.store import choosing
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import NotFound
from shared.obligations import ContractForm, Measure, Text, Words, plain
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.quarters import local_date

_EARLIEST, _LATEST = 1980, 2100


@dataclass(frozen=True)
class _Asked:
    """A measure, with the targets of its financial years: those that are over, and those that can be set."""

    number: int
    measure: Measure
    baseline: PledgedBaseline | None
    over: dict[str, Decimal | None]
    open: dict[str, Decimal | None]
    several: bool


@pages.router.get("/contracts/{contract_id:uuid}/pledge")
async def ask(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    contract, asked = await _asked(tx, contract_id, visitor, now)
    return _page(request, contract, asked, _as_it_stands(contract, asked))


@pages.router.post("/contracts/{contract_id:uuid}/pledge")
async def save(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    contract, asked = await _asked(tx, contract_id, visitor, now)
    bound: Bound[Any] = bind(_form_of(asked), form)
    said = bound.value and bound.value.model_dump()
    if said is not None:
        for one in asked:
            if said[f"baseline-{one.number}"] is None and one.baseline is not None:
                bound = bound.wrong("Enter the baseline: what is recorded cannot be taken away", name=f"baseline-{one.number}")
            elif said[f"baseline-{one.number}"] is not None and said[f"to-{one.number}"] is None:
                bound = bound.wrong("Enter the last day of the twelve months", name=f"to-{one.number}")
            for year, stands in {} if one.several else one.open.items():
                if said[f"target-{one.number}-{year}"] is None and stands is not None:
                    text = "Enter the target: to end what is owed, vary the obligation"
                    bound = bound.wrong(text, name=f"target-{one.number}-{year}")
    if bound.value is None or said is None:
        raise Again(_page(request, contract, asked, bound))
    wanted = Pledging(measures=tuple(_said(one, said) for one in asked), reason=said["reason"])
    fields = {f"/measures/{one.number}/targets/{year}": f"target-{one.number}-{year}" for one in asked for year in one.open}
    with shown_again(contract, bound, lambda stands, refused: _page(request, stands, asked, refused), fields):
        await set_pledge(tx, contract_id, wanted, by=visitor.caller, at=now, version=said["version"])
    return redirect(place_of(contract))


async def _asked(conn: Connection, contract_id: UUID, visitor: Visitor, now: datetime) -> tuple[Contract, list[_Asked]]:
    """The catalogue's Partner VCFSE measures, and whatever else is pledged. Raises NotFound, also where it is no pledge."""
    contract = await own_contract(conn, contract_id, visitor)
    if contract.form is not ContractForm.PLEDGE:
        raise NotFound
    measures = {one.code: one for one in await choosing.partner_measures(conn)}
    measures |= {one.newest.terms.measure.code: one.newest.terms.measure for one in contract.obligations}
    baselines = {one.measure_code: one for one in contract.baselines}
    asked = []
    for number, (code, measure) in enumerate(sorted(measures.items())):
        owed = of_measure(contract, code)
        first, stands = open_from(contract, owed, today=local_date(now)), yearly(owed)
        years = {year: quarters[-1] >= first for year, quarters in years_of(contract).items()}
        over, open = ({year: stands.get(year) for year, still in years.items() if still is wanted} for wanted in (False, True))
        asked.append(_Asked(number, measure, baselines.get(code), over, open, len(owed) > 1))
    return contract, asked


def _in_our_time(value: date | None) -> date | None:
    if value is not None and not _EARLIEST <= value.year <= _LATEST:
        raise ValueError(f"Enter a year between {_EARLIEST} and {_LATEST}")
    return value


def _form_of(asked: list[_Asked]) -> type[BaseModel]:
    """In the order of the page."""
    fields: dict[str, Any] = {}
    number = Says("", "Enter a number, zero or more")
    for one in asked:
        fields[f"baseline-{one.number}"] = (Annotated[Number | None, number], None)
        real = Annotated[date | None, AfterValidator(_in_our_time), Says("", called="Last day")]
        fields[f"to-{one.number}"] = (real, None)
        source = Annotated[Text | None, Says("", "Enter 300 characters or fewer"), Field(max_length=300)]
        fields[f"source-{one.number}"] = (source, None)
        for year in one.open:
            fields[f"target-{one.number}-{year}"] = (Annotated[Number | None, number], None)
    reason = Annotated[Words, Says("Enter why they are set", "Why must have 4,000 characters or fewer")]
    return create_model("Pledge", **fields, reason=(reason, ...), version=(int, 0))


def _said(one: _Asked, said: dict[str, Any]) -> PledgedMeasure:
    amount, to_date = said[f"baseline-{one.number}"], said[f"to-{one.number}"]
    baseline = None
    if amount is not None:
        baseline = PledgedBaseline(
            measure_code=one.measure.code,
            amount=amount,
            from_date=first_of_the_months(to_date),
            to_date=to_date,
            source=said[f"source-{one.number}"] or "",
        )
    targets = {year: said[f"target-{one.number}-{year}"] for year in ({} if one.several else one.open)}
    return PledgedMeasure(
        measure_code=one.measure.code,
        baseline=baseline,
        targets={year: target for year, target in targets.items() if target is not None},
    )


def first_of_the_months(last: date) -> date:
    """The first of the twelve months that end with ``last``."""
    after = last + timedelta(days=1)
    return date(after.year - 1, 3, 1) if (after.month, after.day) == (2, 29) else after.replace(year=after.year - 1)


def _as_it_stands(contract: Contract, asked: list[_Asked]) -> Bound[Any]:
    typed: dict[str, object] = {}
    for one in asked:
        known = one.baseline
        typed[f"baseline-{one.number}"] = known and plain(known.amount)
        typed[f"to-{one.number}"] = known.to_date if known else contract.starts_on - timedelta(days=1)
        typed[f"source-{one.number}"] = known and known.source
        for year, stands in one.open.items():
            typed[f"target-{one.number}-{year}"] = plain(stands) if stands is not None else None
    return blank(**typed)


def _page(request: Request, contract: Contract, asked: list[_Asked], form: Bound[Any]) -> Response:
    return pages.show(
        request,
        "pledge.jinja",
        status=422 if form.errors else 200,
        contract=contract,
        organisation=next(one.name for one in contract.suppliers if one.lead),
        asked=asked,
        form=form,
        back=back_to(contract),
    )
