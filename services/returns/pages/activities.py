"""One activity: a supplier notes what was done from a phone, and the quarter's line fills itself from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.returns.actions import activities as actions
from services.returns.actions import dividing, evidence
from services.returns.actions.activities import ActivityInUse, AlreadyNoted
from services.returns.actions.finding import find_contract, obligation_in
from services.returns.models.activities import Activity, ActivityContent, Owed
from services.returns.pages import line_form, words
from services.returns.pages.activity_form import PARTS, Said, as_typed, parts_said, quantity_said, refused
from services.returns.pages.activity_lists import DONE, noted_last
from services.returns.pages.evidence import add_each
from services.returns.pages.routing import Supplier, pages
from services.returns.rules.activities import divides
from services.returns.rules.files import opens_in_a_browser
from services.returns.rules.lifecycle import with_supplier
from services.returns.store import activities as store
from services.returns.store import evidence as evidence_store
from services.returns.store import lines
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import NotFound, ParityError, PreconditionFailed
from shared.ids import new_id
from shared.origin import link
from shared.pages.forms import Bound, bind, blank, uploads
from shared.pages.naming import names_of
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.quarters import Quarter, local_date

_MOST_OTHERS = 100
"""For which a part of an activity can be: those that were noted last."""


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
    found = await noted_last(conn, visitor, now, unit=owed.terms.measure.unit, limit=_MOST_OTHERS)
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
        return await _activity_page(request, conn, activity, owed, visitor, now, form=told, saved=DONE[done])
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
