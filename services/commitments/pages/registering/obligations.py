"""What is owed: a list for each side, and three pages for each obligation: the promise, its targets, its bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.models.drafts import Draft, ObligationDraft
from services.commitments.models.obligations import Counting, SpreadTotal
from services.commitments.pages import words
from services.commitments.pages.registering.assembling import completed, quarters_in, targets_of
from services.commitments.pages.registering.forms import Award, BandsTyped, OwnPromise, Targets
from services.commitments.pages.registering.steps import (
    comes_back_later,
    keep_page,
    kept,
    obligation_of,
    place,
    place_of,
    promise_form,
)
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.counting import Counted, count
from services.commitments.rules.measures import COMBINED
from services.commitments.store import choosing
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import FieldError
from shared.identity import people
from shared.obligations import Basis, Frequency, Kind, Measure, QuarterTarget, Side, plain
from shared.pages.forms import Bound, FormError, bind_typed
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_MOST_PEOPLE = 500


@pages.router.get("/registering/{draft_id:uuid}/obligations")
async def list_obligations(
    request: Request, draft_id: UUID, tx: Tx, visitor: Manager, side: Side = Side.CORE_SERVICE
) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    done = completed(draft)
    measures = await _measures(tx, visitor, [one for one in draft.content.obligations if one.side is side])
    core = side is Side.CORE_SERVICE
    return pages.show(
        request,
        "register_obligations.jinja",
        side=side,
        side_name=words.SIDES[side],
        owed=[(one, measures[one.id], str(one.id) in done) for one in draft.content.obligations if one.side is side],
        left_out=[id for id in draft.content.kpi_ids if id not in {one.kpi_id for one in draft.content.obligations}],
        draft=draft,
        place=place,
        place_of=place_of,
        next=place(draft, f"obligations?side={Side.SOCIAL_VALUE}") if core else place(draft, "check"),
        back={"href": place(draft, "places"), "text": "Back to where it delivers"}
        if core
        else {"href": place(draft, f"obligations?side={Side.CORE_SERVICE}"), "text": "Back to core service obligations"},
    )


@pages.router.post("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/remove")
async def remove_obligation(draft_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    gone = obligation_of(draft, obligation_id)
    await actions.change(
        tx,
        draft_id,
        lambda content: {"obligations": [one for one in content.obligations if one.id != obligation_id]},
        by=visitor.caller,
        at=now,
    )
    return redirect(place(draft, f"obligations?side={gone.side}"))


@pages.router.get("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}")
async def ask_promise(request: Request, draft_id: UUID, obligation_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    one = obligation_of(draft, obligation_id)
    return await _promise_page(request, tx, visitor, draft, one, Bound(one.promise))


@pages.router.post("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}")
async def keep_promise(
    request: Request, draft_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form
) -> Response:
    draft, one = await keep_page(tx, draft_id, obligation_id, "promise", kept(form), by=visitor, at=now)
    if comes_back_later(form):
        return redirect(place(draft))
    bound: Bound[Any] = bind_typed(promise_form(one), one.promise)
    if bound.value is None:
        return await _promise_page(request, tx, visitor, draft, one, bound)
    return redirect(place_of(draft, one, "targets"))


async def _promise_page(
    request: Request, conn: Connection, visitor: Visitor, draft: Draft, one: ObligationDraft, form: Bound[Any]
) -> Response:
    known = await people.of_organisation(request.app.state.runtime.identity, visitor.caller.organisation_id, limit=_MOST_PEOPLE)
    measure = (await _measures(conn, visitor, [one]))[one.id]
    return pages.show(
        request,
        "register_promise.jinja",
        status=422 if form.errors else 200,
        form=form,
        one=one,
        measure=measure,
        side_name=words.SIDES[one.side],
        social=one.side is Side.SOCIAL_VALUE,
        kinds=words.choices(words.KINDS),
        directions=words.choices(words.DIRECTIONS),
        frequencies=words.labels(Frequency),
        owners=[{"value": person.id, "text": person.name} for person in sorted(known, key=lambda person: person.name)],
        back={"href": place(draft, f"obligations?side={one.side}"), "text": "Back to the obligations"},
    )


@pages.router.get("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/targets")
async def ask_targets(request: Request, draft_id: UUID, obligation_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    one = obligation_of(draft, obligation_id)
    return await _targets_page(request, tx, visitor, draft, one, Bound(one.targets))


@pages.router.post("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/targets")
async def keep_targets(
    request: Request, draft_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form
) -> Response:
    draft, one = await keep_page(tx, draft_id, obligation_id, "targets", kept(form), by=visitor, at=now)
    if comes_back_later(form):
        return redirect(place(draft))
    bound, table = targets_of(one.targets, quarters_in(draft))
    measure = (await _measures(tx, visitor, [one]))[one.id]
    if bound.value is not None and measure is not None and quarters_in(draft):
        counted = _counted(draft, one, bound.value, table, measure, by_suggestion=True)
        if not isinstance(counted, Counted):
            bound = _refused(bound, counted)
    if bound.value is None:
        return await _targets_page(request, tx, visitor, draft, one, bound)
    return redirect(place_of(draft, one, "bands"))


async def _targets_page(
    request: Request, conn: Connection, visitor: Visitor, draft: Draft, one: ObligationDraft, form: Bound[Any]
) -> Response:
    measure = (await _measures(conn, visitor, [one]))[one.id]
    flow = measure is None or measure.kind is Kind.FLOW
    if not form.typed:
        typed = {"how": "spread" if flow else "each", "basis": (Basis.YEAR if flow else Basis.QUARTER).value, "way": "evenly"}
        if measure is not None and measure.kind is Kind.FLAG:
            typed["each"] = "1"
        form = Bound({**typed, "over_time": measure.over_time.value if measure else "", "fte_counting": "average"})
    return pages.show(
        request,
        "register_targets.jinja",
        status=422 if form.errors else 200,
        form=form,
        one=one,
        measure=measure,
        unit=measure.unit if measure else "",
        quarters=quarters_in(draft),
        spreads=words.choices(words.SPREADS),
        bases=words.choices(words.BASES),
        fte_countings=words.choices(words.FTE_COUNTINGS),
        over_times=words.choices(words.OVER_TIMES),
        reference=one.promise.get("reference", ""),
        award=place(draft, "award"),
        back={"href": place_of(draft, one), "text": "Back to the promise"},
    )


@pages.router.get("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/bands")
async def ask_bands(request: Request, draft_id: UUID, obligation_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    one = obligation_of(draft, obligation_id)
    return await _bands_page(request, tx, visitor, draft, one, Bound(one.bands))


@pages.router.post("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/bands")
async def keep_bands(
    request: Request, draft_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form
) -> Response:
    """A person confirms the bands; ``suggest`` takes the suggestion for the targets as they are now."""
    typed = {} if form.get("do") == "suggest" else kept(form)
    draft, one = await keep_page(tx, draft_id, obligation_id, "bands", typed, by=visitor, at=now)
    if form.get("do") == "suggest":
        return redirect(place_of(draft, one, "bands"))
    if comes_back_later(form):
        return redirect(place(draft))
    bound: Bound[Any] = Bound(typed) if typed.get("none") == "yes" else bind_typed(BandsTyped, typed)
    targets, table = targets_of(one.targets, quarters_in(draft))
    measure = (await _measures(tx, visitor, [one]))[one.id]
    if not bound.errors and targets.value is not None and measure is not None and quarters_in(draft):
        counted = _counted(draft, one, targets.value, table, measure, bands=bound.value)
        if not isinstance(counted, Counted):
            bound = _refused(bound, counted)
    if bound.errors:
        return await _bands_page(request, tx, visitor, draft, one, bound)
    return redirect(place(draft, f"obligations?side={one.side}"))


async def _bands_page(
    request: Request, conn: Connection, visitor: Visitor, draft: Draft, one: ObligationDraft, form: Bound[Any]
) -> Response:
    measure = (await _measures(conn, visitor, [one]))[one.id]
    targets, table = targets_of(one.targets, quarters_in(draft))
    if measure is None or targets.value is None or not quarters_in(draft):
        return redirect(place_of(draft, one, "targets" if measure else ""))
    counted = _counted(draft, one, targets.value, table, measure, by_suggestion=True)
    if not isinstance(counted, Counted):
        return redirect(place_of(draft, one, "targets"))
    suggested = counted.terms.bands
    if not form.typed and suggested is not None:
        shown = BandsTyped.of(suggested)
        form = Bound(
            {
                "by": shown.by.value,
                "good": plain(shown.good),
                "approaching": plain(shown.approaching),
                "improvement": plain(shown.improvement),
            }
        )
    return pages.show(
        request,
        "register_bands.jinja",
        status=422 if form.errors else 200,
        form=form,
        one=one,
        measure=measure,
        counted=counted,
        suggested=suggested,
        words=words,
        bands_by=words.choices(words.BANDS_BY),
        reference=one.promise.get("reference", ""),
        back={"href": place_of(draft, one, "targets"), "text": "Back to the targets"},
    )


def _counted(
    draft: Draft,
    one: ObligationDraft,
    said: Targets,
    table: Sequence[QuarterTarget],
    measure: Measure,
    *,
    bands: BandsTyped | None = None,
    by_suggestion: bool = False,
) -> Counted | list[FieldError]:
    """What the targets come to in this contract, with these bands or those that are suggested; or what to mend."""
    award: Bound[Award] = bind_typed(Award, draft.content.award)
    assert award.value is not None  # noqa: S101 - the contract's quarters are known
    entered = Counting(
        wording="-",
        basis=said.basis,
        fte_counting=said.fte_counting,
        over_time=said.over_time,
        targets=tuple(table),
        spread=SpreadTotal(total=said.total, way=said.way) if said.total is not None and said.way else None,
        bands=bands.bands if bands and not by_suggestion else None,
    )
    return count(entered, measure, version=1, starts_on=award.value.starts_on, ends_on=award.value.ends_on)


def _refused(bound: Bound[Any], errors: list[FieldError]) -> Bound[Any]:
    """Each at the field that it was typed in."""
    field = {"each": "each", "spread": "total", "table": "table"}.get(bound.text("how"), "total")
    told: dict[str, str] = {}
    for error in errors:
        step = error.pointer.split("/")[1]
        told.setdefault({"targets": field, "spread": "total", "bands": "good"}.get(step, step), error.detail)
    return Bound(bound.typed, errors=tuple(FormError(name, text) for name, text in told.items()), key=bound.key)


async def _measures(conn: Connection, visitor: Visitor, owed: Sequence[ObligationDraft]) -> dict[UUID, Measure | None]:
    """The measure of each, by its id; None while the page of the promise does not say enough about an own one."""
    buyer_id = visitor.caller.organisation_id
    known = await choosing.measures_called(conn, buyer_id, [one.measure for one in owed if one.measure])
    found: dict[UUID, Measure | None] = {}
    for one in owed:
        if one.measure is not None:
            found[one.id] = known.get(one.measure)
        else:
            promise: Bound[OwnPromise] = bind_typed(OwnPromise, one.promise)
            found[one.id] = _own(promise.value, buyer_id) if promise.value else None
    return found


def _own(said: OwnPromise, buyer_id: UUID) -> Measure:
    return Measure(
        framework="own",
        buyer_id=buyer_id,
        code=said.code,
        label=said.label,
        unit=said.unit or "",
        kind=said.kind,
        direction=said.own_direction,
        over_time=COMBINED[said.kind][0],
    )
