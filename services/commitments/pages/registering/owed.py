"""Three pages for each obligation: the promise, its targets, its bands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.models.drafts import Draft, ObligationDraft, Typed
from services.commitments.models.obligations import Counting, SpreadTotal
from services.commitments.pages import words
from services.commitments.pages.registering.assembling import days_in, quarters_in, targets_of
from services.commitments.pages.registering.forms import BandsTyped, Targets
from services.commitments.pages.registering.measuring import measures_of
from services.commitments.pages.registering.steps import (
    comes_back_later,
    keep_page,
    kept,
    list_of,
    obligation_of,
    place,
    place_of,
    promise_form,
)
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.counting import Counted, count
from shared.access import Role
from shared.api import Now, Tx
from shared.errors import FieldError, NotFound
from shared.identity import people
from shared.obligations import Basis, Frequency, Kind, Measure, QuarterTarget, Side, plain
from shared.pages.forms import Bound, FormError, bind_typed
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_AT = "/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/{page}"


@dataclass(frozen=True)
class _At:
    """An obligation of a draft, and what measures it as far as that is known."""

    draft: Draft
    one: ObligationDraft
    measure: Measure | None


@dataclass(frozen=True)
class _Page:
    """``typed`` is what was kept of it, ``judge`` says what is wrong with that, ``after`` where a good one leads."""

    typed: Callable[[ObligationDraft], Typed]
    judge: Callable[[_At], Bound[Any]]
    show: Callable[[Request, Visitor, _At, Bound[Any]], Awaitable[Response]]
    after: Callable[[Draft, ObligationDraft], str]


@pages.router.get(_AT)
async def ask(request: Request, draft_id: UUID, obligation_id: UUID, page: str, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    one = obligation_of(draft, obligation_id)
    measures = await measures_of(tx, visitor.caller.organisation_id, [one])
    asked = _called(page)
    return await asked.show(request, visitor, _At(draft, one, measures[one.id]), Bound(asked.typed(one)))


@pages.router.post(_AT)
async def keep(
    request: Request, draft_id: UUID, obligation_id: UUID, page: str, tx: Tx, now: Now, visitor: Manager, form: Form
) -> Response:
    """Whatever was typed is kept; ``suggest`` empties the page, so that it shows what Parity suggests."""
    asked, do = _called(page), form.get("do")
    draft, one = await keep_page(tx, draft_id, obligation_id, page, {} if do == "suggest" else kept(form), by=visitor, at=now)
    if do == "suggest":
        return redirect(place_of(draft, one, page))
    if comes_back_later(form):
        return redirect(place(draft))
    measures = await measures_of(tx, visitor.caller.organisation_id, [one])
    at = _At(draft, one, measures[one.id])
    bound = asked.judge(at)
    if bound.errors:
        return await asked.show(request, visitor, at, bound)
    return redirect(asked.after(draft, one))


def _called(page: str) -> _Page:
    """Raises NotFound."""
    if page not in _PAGES:
        raise NotFound
    return _PAGES[page]


def _judge_promise(at: _At) -> Bound[Any]:
    return bind_typed(promise_form(at.one), at.one.promise)


async def _show_promise(request: Request, visitor: Visitor, at: _At, form: Bound[Any]) -> Response:
    one, alone = at.one, at.draft.content.addition is not None
    identity, buyer_id = request.app.state.runtime.identity, visitor.caller.organisation_id
    known = await people.with_role(identity, [buyer_id], Role.CONTRACT_MANAGER)
    return pages.show(
        request,
        "register_promise.jinja",
        status=422 if form.errors else 200,
        form=form,
        one=one,
        measure=at.measure,
        side_name=words.SIDES[one.side],
        social=one.side is Side.SOCIAL_VALUE,
        kinds=words.choices(words.KINDS),
        directions=words.choices(words.DIRECTIONS),
        frequencies=words.labels(Frequency),
        owners=[{"value": person.id, "text": person.name} for person in sorted(known, key=lambda person: person.name)],
        back={"href": list_of(at.draft, one), "text": "Back to the steps" if alone else "Back to the obligations"},
    )


def _judge_targets(at: _At) -> Bound[Any]:
    bound, table = targets_of(at.one.targets, quarters_in(at.draft))
    if bound.value is not None and at.measure is not None and quarters_in(at.draft):
        counted = _counted(at.draft, at.one, bound.value, table, at.measure)
        if not isinstance(counted, Counted):
            return _refused(bound, counted)
    return bound


async def _show_targets(request: Request, visitor: Visitor, at: _At, form: Bound[Any]) -> Response:
    measure = at.measure
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
        one=at.one,
        measure=measure,
        unit=measure.unit if measure else "",
        quarters=quarters_in(at.draft),
        added=at.draft.content.addition is not None,
        spreads=words.choices(words.SPREADS),
        bases=words.choices(words.BASES),
        fte_countings=words.choices(words.FTE_COUNTINGS),
        over_times=words.choices(words.OVER_TIMES),
        reference=at.one.promise.get("reference", ""),
        award=place(at.draft, "award"),
        back={"href": place_of(at.draft, at.one), "text": "Back to the promise"},
    )


def _judge_bands(at: _At) -> Bound[Any]:
    typed = at.one.bands
    bound: Bound[Any] = Bound(typed) if typed.get("none") == "yes" else bind_typed(BandsTyped, typed)
    targets, table = targets_of(at.one.targets, quarters_in(at.draft))
    if not bound.errors and targets.value is not None and at.measure is not None and quarters_in(at.draft):
        counted = _counted(at.draft, at.one, targets.value, table, at.measure, bands=bound.value)
        if not isinstance(counted, Counted):
            return _refused(bound, counted)
    return bound


async def _show_bands(request: Request, visitor: Visitor, at: _At, form: Bound[Any]) -> Response:
    """Without targets there are none to suggest."""
    draft, one, measure = at.draft, at.one, at.measure
    targets, table = targets_of(one.targets, quarters_in(draft))
    if measure is None or targets.value is None or not quarters_in(draft):
        return redirect(place_of(draft, one, "targets" if measure else "promise"))
    counted = _counted(draft, one, targets.value, table, measure)
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


_PAGES = {
    "promise": _Page(lambda one: one.promise, _judge_promise, _show_promise, lambda draft, one: place_of(draft, one, "targets")),
    "targets": _Page(lambda one: one.targets, _judge_targets, _show_targets, lambda draft, one: place_of(draft, one, "bands")),
    "bands": _Page(lambda one: one.bands, _judge_bands, _show_bands, list_of),
}


def _counted(
    draft: Draft,
    one: ObligationDraft,
    said: Targets,
    table: Sequence[QuarterTarget],
    measure: Measure,
    *,
    bands: BandsTyped | None = None,
) -> Counted | list[FieldError]:
    """What the targets come to in this contract, with these bands or those that are suggested; or what to mend."""
    days = days_in(draft)
    assert days is not None  # noqa: S101 - the contract's quarters are known
    entered = Counting(
        wording="-",
        direction=one.direction,
        basis=said.basis,
        fte_counting=said.fte_counting,
        over_time=said.over_time,
        targets=tuple(table),
        spread=SpreadTotal(total=said.total, way=said.way) if said.total is not None and said.way else None,
        bands=bands.bands if bands else None,
    )
    return count(entered, measure, version=1, starts_on=days[0], ends_on=days[1])


def _refused(bound: Bound[Any], errors: list[FieldError]) -> Bound[Any]:
    """Each at the field that it was typed in."""
    field = {"each": "each", "spread": "total", "table": "table"}.get(bound.text("how"), "total")
    told: dict[str, str] = {}
    for error in errors:
        step = error.pointer.split("/")[1]
        told.setdefault({"targets": field, "spread": "total", "bands": "good"}.get(step, step), error.detail)
    return Bound(bound.typed, errors=tuple(FormError(name, text) for name, text in told.items()), key=bound.key)
