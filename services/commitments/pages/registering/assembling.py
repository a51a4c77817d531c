"""From what was typed, page by page, to the contract that is recorded; or to what is still to mend, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from services.commitments.models.contracts import NewContract
from services.commitments.models.drafts import Draft, ObligationDraft, Typed
from services.commitments.models.obligations import NewObligation
from services.commitments.pages.registering.forms import (
    PLACES,
    Award,
    BandsTyped,
    OwnPromise,
    Parties,
    Percent,
    Places,
    Promise,
    Targets,
)
from services.commitments.pages.registering.steps import Problem, place, place_of, promise_form
from services.commitments.rules.target_table import CannotReadTargets, read_targets
from shared.errors import FieldError
from shared.obligations import Kind, QuarterTarget, plain
from shared.pages.forms import Bound, FormError, bind_typed, without_stop
from shared.quarters import Quarter, quarters_of

K = TypeVar("K")
M = TypeVar("M", bound=BaseModel)
_PERCENT: TypeAdapter[Decimal] = TypeAdapter(Percent)


def parties_of(typed: Typed) -> Bound[Parties]:
    """Shares may be left out, or are said for every supplier."""
    bound: Bound[Parties] = bind_typed(Parties, typed)
    if bound.value is None:
        return bound
    _, wrong = shares_in(typed, {f"share-{id}": id for id in bound.value.suppliers}, of_all=True)
    return _with(bound, wrong)


def places_of(typed: Typed) -> Bound[Places]:
    shares, wrong = shares_in(typed, {f"place-{name}": one for name, one in PLACES.items()})
    return _with(Bound(typed, value=Places(shares=shares)), wrong)


def targets_of(typed: Typed, quarters: list[Quarter]) -> tuple[Bound[Targets], tuple[QuarterTarget, ...]]:
    """The form, and the targets by quarter where they are not spread from a total."""
    bound: Bound[Targets] = bind_typed(Targets, typed)
    said = bound.value
    if said is None:
        return bound, ()
    if not quarters:
        return bound.wrong("Enter the first and last day of the contract first", name="how"), ()
    if said.how == "spread":
        return bound, ()
    if said.each is not None:
        return bound, tuple(QuarterTarget(quarter=quarter, target=said.each) for quarter in quarters)
    try:
        return bound, read_targets(said.table or "", quarters)
    except CannotReadTargets as error:
        return bound.wrong(error.detail, name="table"), ()


def shares_in(typed: Typed, fields: Mapping[str, K], *, of_all: bool = False) -> tuple[dict[K, Decimal], list[FormError]]:
    """Shares (1 is the whole) of those for whom a percentage was typed, which come to the whole."""
    found: dict[K, Decimal] = {}
    wrong = []
    for name, key in fields.items():
        said = str(typed.get(name, "")).strip()
        if not said:
            continue
        try:
            found[key] = _PERCENT.validate_python(said) / 100
        except ValidationError:
            found[key] = Decimal(0)
        if not found[key]:
            wrong.append(FormError(name, "Share must be a number above 0 and no more than 100, such as 50"))
    first = next(iter(fields), "")
    if found and not wrong and of_all and len(found) < len(fields):
        wrong.append(FormError(first, "Enter a share for each of them, or for none"))
    whole = sum(found.values(), Decimal(0))
    if found and not wrong and whole != 1:
        wrong.append(FormError(first, f"The shares come to {plain(whole * 100)} %. They must come to 100 %, or all be empty"))
    return found, wrong


def _with(bound: Bound[M], wrong: list[FormError]) -> Bound[M]:
    return replace(bound, value=None, errors=tuple(wrong)) if wrong else bound


def days_in(draft: Draft) -> tuple[date, date] | None:
    """The first and last day of the contract, or of what is added to one; None while they are not known."""
    if (addition := draft.content.addition) is not None:
        return addition.starts_on, addition.ends_on
    award = bind_typed(Award, draft.content.award)
    return (award.value.starts_on, award.value.ends_on) if award.value else None


def quarters_in(draft: Draft) -> list[Quarter]:
    """None while the days are not known."""
    days = days_in(draft)
    return quarters_of(*days) if days else []


def completed(draft: Draft, parties: Bound[Any] | None = None) -> frozenset[str]:
    """The steps that need nothing more, and the ids of such obligations. ``parties``: those of a notice, which names them."""
    content = draft.content
    bounds: dict[str, Bound[Any]] = {
        "award": bind_typed(Award, content.award),
        "parties": parties or parties_of(content.parties),
        "places": places_of(content.places),
    }
    quarters = quarters_in(draft)
    ready = {str(one.id) for one in content.obligations if isinstance(obligation(draft, one, quarters), NewObligation)}
    return frozenset({step for step, bound in bounds.items() if bound.value is not None} | ready)


def obligation(draft: Draft, one: ObligationDraft, quarters: list[Quarter]) -> NewObligation | list[Problem]:
    """One obligation as it is recorded, or what to mend."""
    promise: Bound[Promise] = bind_typed(promise_form(one), one.promise)
    targets, table = targets_of(one.targets, quarters)
    name = promise.text("reference") or "an obligation"
    problems = [
        *problems_of(promise, f"{name}: ", place_of(draft, one)),
        *problems_of(targets, f"{name}: ", place_of(draft, one, "targets")),
    ]
    own = promise.value if isinstance(promise.value, OwnPromise) else None
    bands: Bound[BandsTyped] = bind_typed(BandsTyped, one.bands)
    flag = own is not None and own.kind is Kind.FLAG
    if not one.bands and not flag:
        problems.append(Problem(f"{name}: confirm the bands", place_of(draft, one, "bands")))
    elif bands.value is None and not flag and one.bands.get("none") != "yes":
        problems += problems_of(bands, f"{name}: ", place_of(draft, one, "bands"))
    if problems or promise.value is None or targets.value is None:
        return problems
    said = targets.value
    return NewObligation.model_validate(
        {
            **promise.value.model_dump(exclude=set(OwnPromise.model_fields) - set(Promise.model_fields)),
            "side": one.side,
            "measure": one.measure,
            "direction": one.direction,
            "own_measure": own
            and {"code": own.code, "label": own.label, "unit": own.unit, "kind": own.kind, "direction": own.own_direction},
            "basis": said.basis,
            "fte_counting": said.fte_counting,
            "over_time": said.over_time,
            "targets": table,
            "spread": {"total": said.total, "way": said.way} if said.how == "spread" else None,
            "bands": bands.value.bands if bands.value and not flag else None,
        }
    )


def contract(draft: Draft, buyer_id: UUID) -> NewContract | list[Problem]:
    """The whole contract as it is recorded for this lead buyer, or everything that is to mend."""
    content = draft.content
    award: Bound[Award] = bind_typed(Award, content.award)
    parties = parties_of(content.parties)
    places = places_of(content.places)
    problems = [
        *problems_of(award, "", place(draft, "award")),
        *problems_of(parties, "", place(draft, "parties")),
        *problems_of(places, "", place(draft, "places")),
    ]
    owed = obligations(draft, problems)
    if problems or award.value is None or parties.value is None or places.value is None:
        return problems
    said, who = award.value, parties.value
    shares, _ = shares_in(content.parties, {f"share-{id}": id for id in who.suppliers})
    try:
        return NewContract.model_validate(
            {
                **award_parts(said),
                "buyers": [
                    {"organisation_id": buyer_id, "lead": True},
                    *({"organisation_id": id} for id in who.buyers if id != buyer_id),
                ],
                "suppliers": [
                    {"organisation_id": id, "lead": id == (who.lead or who.suppliers[0]), "share": shares.get(id)}
                    for id in who.suppliers
                ],
                "places": places.value.shares,
                "obligations": owed,
            }
        )
    except ValidationError as error:
        return [Problem(one["msg"].removeprefix("Value error, "), place(draft)) for one in error.errors()]


def obligations(draft: Draft, problems: list[Problem]) -> list[NewObligation]:
    """All that can be recorded; what is to mend of the others is added to ``problems``."""
    quarters = quarters_in(draft)
    owed = []
    seen: set[str] = set()
    for one in draft.content.obligations:
        found = obligation(draft, one, quarters)
        if isinstance(found, list):
            problems += found
            continue
        if found.reference in seen:
            problems.append(Problem(f"{found.reference}: another obligation has this reference", place_of(draft, one)))
        seen.add(found.reference)
        owed.append(found)
    return owed


def addition(draft: Draft) -> NewObligation | list[Problem]:
    """What is added to a contract, or everything that is to mend."""
    if not draft.content.obligations:
        return [Problem("Choose how it is measured", place(draft, "measures"))]
    problems: list[Problem] = []
    owed = obligations(draft, problems)
    return problems or owed[0]


def award_parts(said: Award) -> dict[str, Any]:
    """What the award says of a contract, by the contract's own fields."""
    parts = said.model_dump(exclude={"net_zero_and_social_value", "qualitative_part"})
    weights = {"net_zero_and_social_value": said.net_zero_and_social_value, "qualitative_part": said.qualitative_part}
    return {**parts, "weights": weights if said.qualitative_part is not None else None}


def refused(draft: Draft, errors: tuple[FieldError, ...], detail: str) -> list[Problem]:
    """What the action said against it, each at the step that it concerns."""
    told = [_at(draft, one) for one in errors] or [(detail, place(draft, "award"))]
    return [Problem(without_stop(text), href) for text, href in told]


_PAGES = {"targets": "targets", "spread": "targets", "basis": "targets", "bands": "bands"}
"""Which page of an obligation asks for a part of it; the promise's where it is not among them."""


def _at(draft: Draft, error: FieldError) -> tuple[str, str]:
    steps = error.pointer.split("/")[1:]
    content = draft.content
    match steps:
        case ["obligations", number, *rest] if number.isdigit() and int(number) < len(content.obligations):
            one = content.obligations[int(number)]
            name = str(one.promise.get("reference", ""))
            page = _PAGES.get(rest[0] if rest else "", "promise")
            return f"{name}: {error.detail}", place_of(draft, one, page)
        case ["from_quarter"]:
            return error.detail, place(draft, "addition")
        case ["buyers" | "suppliers" | "parties" | "suppliers_are" | "lead_supplier", *_]:
            return error.detail, place(draft, "parties")
        case ["places", *_]:
            return error.detail, place(draft, "places")
        case ["obligations", *_]:
            return error.detail, place(draft, "obligations?side=core_service")
        case _:
            return error.detail, place(draft, "award")


def problems_of(bound: Bound[Any], before: str, href: str) -> list[Problem]:
    """What is wrong with a form, as links to its fields on the page ``href``."""
    return [Problem(before + error.text, f"{href}#{bound.place(error)}") for error in bound.errors]
