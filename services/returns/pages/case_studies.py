"""Case studies: find approved stories, mark one, record the consent to tell it, and take them away."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from services.returns.actions import case_studies as actions
from services.returns.actions.case_studies import TELLERS, AlreadyMarked
from services.returns.models.case_studies import Consent, ConsentHow, ShortText, Story
from services.returns.pages import words as said
from services.returns.pages.case_study_files import as_docx, as_list, as_table
from services.returns.pages.routing import pages
from services.returns.rules.deadlines import last_ended
from services.returns.store import case_studies as store
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import NotFound, ParityError
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.naming import names_of
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor, admit
from shared.quarters import local_date
from shared.viewer import Viewer
from shared.words import label, months

_PAGE = 25
_QUARTERS = 12

Teller = Annotated[Visitor, admit(*TELLERS)]
"""The buyer's contract manager, or the ICB's analyst where every buyer shares its contracts."""


class Taken(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    DOCX = "docx"


class Marked(BaseModel):
    title: Annotated[ShortText, Says("Enter a title", "Title must be 200 characters or fewer")]


class Consented(BaseModel):
    given_by: Annotated[ShortText, Says("Enter who gave consent", "Who gave consent must be 200 characters or fewer")]
    given_on: Annotated[date, Says("Enter the date on which consent was given", called="Date of consent")]
    how: Annotated[ConsentHow, Says("Select how consent was given", "Select how consent was given")]


@pages.router.get("/case-studies")
async def list_studies(
    request: Request, tx: Tx, now: Now, visitor: Teller, cursor: Annotated[str | None, Query(max_length=2000)] = None
) -> Response:
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await store.page(tx, _viewer(visitor), after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: (one.marked.case_study_id,) if one.marked else ())
    return pages.show(
        request,
        "case_studies.jinja",
        stories=shown,
        next=link("returns", f"/case-studies?{urlencode({'cursor': more})}") if more else "",
        taken=downloads.offered(link("returns", "/case-studies/marked")),
        words=said,
        now=now,
    )


@pages.router.get("/case-studies/stories")
async def find_stories(
    request: Request,
    tx: Tx,
    now: Now,
    visitor: Teller,
    quarter: Annotated[str, Query(max_length=20)] = "",
    words: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """The approved stories of a quarter, the one approved last first."""
    quarters = [last_ended(local_date(now)).plus(-back) for back in range(_QUARTERS)]
    chosen = next((one for one in quarters if one.code == quarter), quarters[0])
    after = decode_cursor(cursor, datetime, UUID) if cursor else None
    looked_for = words.replace("\0", "").strip()
    found = await store.stories(tx, _viewer(visitor), chosen, words=looked_for, after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: (one.approved_at, one.line_id))
    narrowed = {"quarter": chosen.code, "words": looked_for}
    return pages.show(
        request,
        "stories.jinja",
        stories=shown,
        quarters=[{"value": one.code, "text": months(one)} for one in quarters],
        form=blank(**narrowed),
        next=link("returns", f"/case-studies/stories?{urlencode({**narrowed, 'cursor': more})}") if more else "",
        words=said,
        now=now,
    )


@pages.router.get("/case-studies/download")
async def download(tx: Tx, visitor: Teller, form: Annotated[Taken, Query()] = Taken.DOCX) -> Response:
    """Those that may be told, in the words that were consented to."""
    told = [one for one in await _all(tx, visitor) if one.consent is not None]
    if form is Taken.DOCX:
        return downloads.file(await asyncio.to_thread(as_docx, told), "case-studies", form)
    return await downloads.table(as_table(told), "case-studies", downloads.TableForm(form))


@pages.router.get("/case-studies/marked/download")
async def download_list(tx: Tx, visitor: Teller, file: downloads.Taken) -> Response:
    """The list as its page shows it: also those that nobody consented to yet."""
    return await downloads.table(as_list(await _all(tx, visitor)), "case-studies-marked", file)


async def _all(conn: Connection, visitor: Visitor) -> list[Story]:
    return await downloads.whole(
        lambda last, limit: store.page(
            conn, _viewer(visitor), after=last.marked.case_study_id if last and last.marked else None, limit=limit
        )
    )


@pages.router.get("/lines/{line_id:uuid}/case-study")
async def ask(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Teller) -> Response:
    filed, line = await actions.line_to_tell(tx, line_id, by=visitor.caller)
    return pages.show(request, "case_study_mark.jinja", filed=filed, line=line, form=blank(), words=said, now=now)


@pages.router.post("/lines/{line_id:uuid}/case-study")
async def mark(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Teller, form: Form) -> Response:
    filed, line = await actions.line_to_tell(tx, line_id, by=visitor.caller)
    bound: Bound[Marked] = bind(Marked, form)
    if bound.value is None:
        raise pages.again(request, "case_study_mark.jinja", filed=filed, line=line, form=bound, words=said, now=now)
    try:
        study = await actions.mark(tx, line_id, bound.value.title, by=visitor.caller, at=now)
    except AlreadyMarked as error:
        wrong = bound.refused(error)
        raise pages.again(request, "case_study_mark.jinja", filed=filed, line=line, form=wrong, words=said, now=now) from None
    return redirect(link("returns", f"/case-studies/{study.case_study_id}"))


@pages.router.get("/case-studies/{case_study_id:uuid}")
async def show(request: Request, case_study_id: UUID, tx: Tx, now: Now, visitor: Teller) -> Response:
    return await _page(request, tx, case_study_id, visitor, now, form=blank())


@pages.router.post("/case-studies/{case_study_id:uuid}/consent")
async def record_consent(request: Request, case_study_id: UUID, tx: Tx, now: Now, visitor: Teller, form: Form) -> Response:
    bound: Bound[Consented] = bind(Consented, form)
    if bound.value is None:
        raise Again(await _page(request, tx, case_study_id, visitor, now, form=bound))
    try:
        consent = Consent.model_validate(bound.value.model_dump())
        await actions.record_consent(tx, case_study_id, consent, by=visitor.caller, at=now)
    except NotFound:
        raise
    except ParityError as error:
        raise Again(await _page(request, tx, case_study_id, visitor, now, form=bound.refused(error))) from None
    return redirect(link("returns", f"/case-studies/{case_study_id}"))


@pages.router.get("/case-studies/{case_study_id:uuid}/remove")
async def ask_to_remove(request: Request, case_study_id: UUID, tx: Tx, now: Now, visitor: Teller) -> Response:
    story = await actions.find(tx, case_study_id, by=visitor.caller)
    return pages.show(request, "case_study_remove.jinja", study=story.marked, now=now)


@pages.router.post("/case-studies/{case_study_id:uuid}/remove")
async def remove(case_study_id: UUID, tx: Tx, now: Now, visitor: Teller) -> Response:
    await actions.remove(tx, case_study_id, by=visitor.caller, at=now)
    return redirect(link("returns", "/case-studies"))


def _viewer(visitor: Visitor) -> Viewer:
    return Viewer.of(visitor.caller, acting_as=TELLERS)


async def _page(
    request: Request, conn: Tx, case_study_id: UUID, visitor: Visitor, now: datetime, *, form: Bound[Any]
) -> Response:
    story = await actions.find(conn, case_study_id, by=visitor.caller)
    study = story.marked
    people = [person for person in (study and study.marked_by, story.consent and story.consent.recorded_by) if person]
    return pages.show(
        request,
        "case_study.jinja",
        status=422 if form.errors else 200,
        story=story,
        study=study,
        ways=[{"value": way.value, "text": label(way)} for way in ConsentHow],
        names=await names_of(request, people),
        form=form,
        words=said,
        now=now,
    )
