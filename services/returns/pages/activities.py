"""Activities as they happen: a supplier notes what was done from a phone, and the quarter's line fills itself from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response

from services.returns.actions import activities as actions
from services.returns.actions import dividing, evidence
from services.returns.actions.activities import ActivityInUse, AlreadyNoted
from services.returns.actions.finding import find_contract, obligation_in
from services.returns.models.activities import Activity, ActivityContent, Noted, Owed
from services.returns.pages import line_form, words
from services.returns.pages.activity_form import PARTS, Said, as_typed, parts_said, quantity_said, refused
from services.returns.pages.evidence import add_each
from services.returns.pages.routing import Supplier, pages
from services.returns.rules.activities import divides
from services.returns.rules.files import opens_in_a_browser
from services.returns.rules.lifecycle import with_supplier
from services.returns.store import activities as store
from services.returns.store import activity_lists, lines
from services.returns.store import evidence as evidence_store
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import NotFound, ParityError, PreconditionFailed
from shared.ids import new_id
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, bind, blank, uploads
from shared.pages.naming import names_of
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.quarters import Quarter, local_date
from shared.spreadsheets import Sheet

_PAGE = 25
_HEADINGS = (
    "Date", "Contract reference", "Contract", "Obligation", "Measure", "How much", "Out of", "Unit", "In all", "Note", "Files",
)  # fmt: skip
_WIDTHS = {"Contract": 40, "Measure": 40, "Note": 60}
_OFFERED = 5
"""What was noted last is offered at once; the rest is one tap further."""
_CONTRACTS = 10
"""On a page of everything that is owed."""
_MOST_OTHERS = 100
"""For which a part of an activity can be: those that were noted last."""
_STILL_NOTED = timedelta(days=183)
"""A contract that ended so long ago is offered still: what was done last may not be noted yet."""
_DONE = {
    "noted": "Your activity is noted.",
    "too-late": "Your activity is noted. The figure of its quarter was submitted before, so that figure stays as it is. "
    "Once it is approved, you can ask for a change on its line.",
    "changed": "Your change is saved.",
    "removed": "The activity is removed.",
}


@pages.router.get("/activities")
async def list_activities(
    request: Request,
    tx: Tx,
    now: Now,
    visitor: Supplier,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What was noted, what happened last first; above it, what can be noted with one tap."""
    after = decode_cursor(cursor, date, UUID) if cursor else None
    found = await activity_lists.page(tx, visitor.caller.organisation_id, after=after, limit=_PAGE + 1)
    shown, following = paged(found, _PAGE, lambda one: (one.activity.happened_on, one.activity.activity_id))
    owed = await _noted_last(tx, visitor, now, limit=_OFFERED + 1) if after is None else []
    return pages.show(
        request,
        "activities.jinja",
        noted=shown,
        offered=owed[:_OFFERED],
        more=len(owed) > _OFFERED,
        first=after is None,
        done=_DONE.get(done, ""),
        next=link("returns", f"/activities?{urlencode({'cursor': following})}") if following else "",
        taken=downloads.offered(link("returns", "/activities")),
        words=words,
        now=now,
    )


@pages.router.get("/activities/download")
async def download_activities(tx: Tx, visitor: Supplier, file: downloads.Taken) -> Response:
    found: list[Noted] = await downloads.whole(
        lambda last, limit: activity_lists.page(
            tx,
            visitor.caller.organisation_id,
            after=(last.activity.happened_on, last.activity.activity_id) if last else None,
            limit=limit,
        )
    )
    rows = [
        (
            *(done.happened_on, owed.contract_reference, owed.title, owed.reference, owed.terms.measure.label),
            *(*words.in_cells(done.quantity, owed.terms), done.whole, done.note, one.files),
        )
        for one in found
        for done, owed in [(one.activity, one.owed)]
    ]
    return await downloads.table(Sheet("Activities", _HEADINGS, rows, widths=_WIDTHS), "activities", file)


@pages.router.get("/activities/new")
async def choose(
    request: Request,
    tx: Tx,
    now: Now,
    visitor: Supplier,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Everything that is owed, contract by contract."""
    after = decode_cursor(cursor, str, str, UUID) if cursor else None
    supplier_id, running = visitor.caller.organisation_id, _running(now)
    found = await activity_lists.by_contract(tx, supplier_id, **running, after=after, limit=_CONTRACTS + 1)
    shown, more = paged(found, _CONTRACTS, lambda owed: (owed[0].title, owed[0].contract_reference, owed[0].contract_id))
    return pages.show(
        request,
        "activity_choose.jinja",
        contracts=shown,
        next=link("returns", f"/activities/new?{urlencode({'cursor': more})}") if more else "",
        now=now,
    )


@pages.router.get("/activities/new/{contract_id:uuid}/{obligation_id:uuid}")
async def ask(request: Request, contract_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Supplier) -> Response:
    owed = await _find(tx, contract_id, obligation_id, visitor)
    form = blank(happened_on=local_date(now), activity_id=new_id())
    return pages.show(request, "activity.jinja", **await _new(request, tx, owed, visitor, now), form=form, now=now)


@pages.router.post("/activities/new/{contract_id:uuid}/{obligation_id:uuid}")
async def note(
    request: Request, contract_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Supplier, form: Form
) -> Response:
    """Note it once, however often it is sent. A file that cannot be used costs nothing of what was typed."""
    owed = await _find(tx, contract_id, obligation_id, visitor)
    context = await _new(request, tx, owed, visitor, now)
    bound, quantity = quantity_said(bind(Said, form), owed.terms)
    bound, others = parts_said(bound, context["others"])
    if bound.value is None or quantity is None:
        raise pages.again(request, "activity.jinja", **context, form=bound, now=now)
    said = bound.value
    content = ActivityContent(happened_on=said.happened_on, quantity=quantity, note=said.note)
    same: dict[str, Any] = {"by": visitor.caller, "at": now, "activity_id": said.activity_id}
    try:
        if others:
            activity = await dividing.note_divided(tx, contract_id, obligation_id, content, others, **same)
        else:
            activity = await actions.note(tx, contract_id, obligation_id, content, **same)
    except AlreadyNoted:
        return redirect(link("returns", "/activities?done=noted"))
    except NotFound:
        raise
    except ParityError as error:
        raise pages.again(request, "activity.jinja", **context, form=refused(bound, error), now=now) from None
    done = "too-late" if await _is_submitted(tx, activity) else "noted"
    return await _with_files(request, tx, activity, owed, visitor, form, now, done=done)


@pages.router.get("/activities/{activity_id:uuid}")
async def show(request: Request, activity_id: UUID, tx: Tx, now: Now, visitor: Supplier) -> Response:
    activity = await actions.find(tx, activity_id, by=visitor.caller)
    owed = await _find(tx, activity.contract_id, activity.obligation_id, visitor)
    return await _activity_page(request, tx, activity, owed, visitor, now, form=as_typed(activity, owed.terms))


@pages.router.post("/activities/{activity_id:uuid}")
async def change(request: Request, activity_id: UUID, tx: Tx, now: Now, visitor: Supplier, form: Form) -> Response:
    activity = await actions.find(tx, activity_id, by=visitor.caller)
    owed = await _find(tx, activity.contract_id, activity.obligation_id, visitor)
    bound, quantity = quantity_said(bind(Said, form), owed.terms)
    bound, others = parts_said(bound, await _others(tx, owed, visitor, now)) if activity.whole_id is None else (bound, [])
    if bound.value is None or quantity is None:
        raise Again(await _activity_page(request, tx, activity, owed, visitor, now, form=bound))
    said = bound.value
    content = ActivityContent(happened_on=said.happened_on, quantity=quantity, note=said.note)
    same: dict[str, Any] = {"by": visitor.caller, "at": now, "version": said.version or 0}
    if others or content != ActivityContent(**{name: getattr(activity, name) for name in ActivityContent.model_fields}):
        try:
            if others:
                activity = await dividing.divide(tx, activity_id, content, others, **same)
            else:
                activity = await actions.change(tx, activity_id, content, **same)
        except PreconditionFailed:
            # What stands now is on the page, and what was typed is in the form.
            raise Again(await _activity_page(request, tx, activity, owed, visitor, now, form=bound, changed=True)) from None
        except ParityError as error:
            raise Again(await _activity_page(request, tx, activity, owed, visitor, now, form=refused(bound, error))) from None
    return await _with_files(request, tx, activity, owed, visitor, form, now, done="changed")


@pages.router.get("/activities/{activity_id:uuid}/remove")
async def ask_to_remove(request: Request, activity_id: UUID, tx: Tx, now: Now, visitor: Supplier) -> Response:
    activity = await actions.find(tx, activity_id, by=visitor.caller)
    owed = await _find(tx, activity.contract_id, activity.obligation_id, visitor)
    form = blank(version=activity.version)
    return pages.show(request, "activity_remove.jinja", activity=activity, owed=owed, form=form, words=words, now=now)


@pages.router.post("/activities/{activity_id:uuid}/remove")
async def remove(request: Request, activity_id: UUID, tx: Tx, now: Now, visitor: Supplier) -> Response:
    try:
        await actions.remove(tx, activity_id, by=visitor.caller, at=now)
    except ActivityInUse:
        return redirect(link("returns", f"/activities/{activity_id}"))
    return redirect(link("returns", "/activities?done=removed"))


async def _is_submitted(conn: Connection, activity: Activity) -> bool:
    """Whether the line that it would fill was submitted before."""
    quarter = Quarter.of(activity.happened_on)
    found = await lines.earlier(conn, activity.obligation_id, quarter.next())
    return any(line.quarter == quarter and not with_supplier(line.status) for line in found)


class _Running(TypedDict):
    from_day: date
    to_day: date


def _running(now: datetime) -> _Running:
    """Between which days a contract ran for which something can be noted."""
    return {"from_day": local_date(now) - _STILL_NOTED, "to_day": local_date(now)}


async def _noted_last(conn: Connection, visitor: Visitor, now: datetime, *, limit: int, unit: str | None = None) -> list[Owed]:
    return await activity_lists.noted_last(conn, visitor.caller.organisation_id, **_running(now), unit=unit, limit=limit)


async def _find(conn: Connection, contract_id: UUID, obligation_id: UUID, visitor: Visitor) -> Owed:
    """Raises NotFound."""
    contract = await find_contract(conn, contract_id, visitor.caller)
    return Owed.of(contract, obligation_in(contract, obligation_id))


async def _new(request: Request, conn: Connection, owed: Owed, visitor: Visitor, now: datetime) -> dict[str, Any]:
    """What the page of a new activity shows besides its form."""
    return {**_shown(request, owed), **_offered(await _others(conn, owed, visitor, now))}


async def _others(conn: Connection, owed: Owed, visitor: Visitor, now: datetime) -> list[Owed]:
    """What a part of an activity may be for."""
    if not divides(owed.terms):
        return []
    found = await _noted_last(conn, visitor, now, unit=owed.terms.measure.unit, limit=_MOST_OTHERS)
    return [one for one in found if one.obligation_id != owed.obligation_id and divides(one.terms)]


def _offered(others: Sequence[Owed]) -> dict[str, Any]:
    return {"others": others, "rows": range(min(PARTS, len(others)))}


def _shown(request: Request, owed: Owed) -> dict[str, Any]:
    largest = words.size(request.app.state.runtime.settings.evidence_max_bytes)
    return {"owed": owed, "parts": line_form.parts_of(owed.terms), "largest": largest, "words": words}


async def _with_files(
    request: Request,
    conn: Connection,
    activity: Activity,
    owed: Owed,
    visitor: Visitor,
    form: Form,
    now: datetime,
    *,
    done: str,
) -> Response:
    """The files that were chosen with it. What is wrong with one is said on the activity's page: the rest is saved."""
    settings, chosen = request.app.state.runtime.settings, uploads(form, "file")
    add = evidence.add_to_activity
    wrong = await add_each(conn, settings, add, activity.activity_id, chosen, by=visitor.caller, at=now)
    if wrong:
        told = as_typed(activity, owed.terms).wrong(". ".join(wrong), name="file")
        return await _activity_page(request, conn, activity, owed, visitor, now, form=told, saved=_DONE[done])
    return redirect(link("returns", f"/activities?done={done}"))


async def _activity_page(
    request: Request,
    conn: Connection,
    activity: Activity,
    owed: Owed,
    visitor: Visitor,
    now: datetime,
    *,
    form: Bound[Any],
    **context: Any,
) -> Response:
    """What is divided already keeps its parts: each is changed on its own page."""
    files = await evidence_store.of_activity(conn, activity.activity_id)
    return pages.show(
        request,
        "activity.jinja",
        status=422 if form.errors or context.get("changed") else 200,
        **_shown(request, owed),
        activity=activity,
        in_use=await store.stands_behind_submitted(conn, activity.activity_id),
        **_offered(await _others(conn, owed, visitor, now) if activity.whole_id is None else []),
        divided=await dividing.other_parts(conn, activity),
        files=files,
        opens=opens_in_a_browser,
        names=await names_of(request, [activity.changed_by, *(file.added_by for file in files)]),
        form=form,
        now=now,
        **context,
    )
