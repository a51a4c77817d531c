"""The page of one line: what was promised, how it stands, and the form that says what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from services.returns.actions import filing, reading
from services.returns.actions.finding import REVIEWER, WRITERS
from services.returns.models.content import LineContent
from services.returns.models.views import LineView
from services.returns.pages import line_form, words
from services.returns.pages.history import Difference, differing, restated
from services.returns.pages.routing import Reader, Version, Writer, acts_as, pages
from services.returns.pages.task_list import next_to_do
from services.returns.rules.figures import months_run
from services.returns.rules.files import opens_in_a_browser
from services.returns.rules.lifecycle import with_supplier
from services.returns.rules.standing import rated_as, rated_before, target_to_date
from services.returns.store import lines
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import Invalid, ParityError, PreconditionFailed
from shared.events.returns import LineStatus
from shared.origin import link
from shared.pages.forms import Bound, bind
from shared.pages.naming import names_of
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_EARLIER = 8
"""Quarters before that are shown."""


class Seen(BaseModel):
    version: Version


@dataclass(frozen=True)
class Kept:
    """What became of what was typed: the form with what is wrong with it, and whether it is saved."""

    form: Bound[LineContent]
    changed: bool = False
    """Somebody else changed the line meanwhile, so nothing was saved."""
    unsaved: LineContent | None = None
    """What was typed, where it could be read and not be saved."""

    @property
    def saved(self) -> bool:
        return not self.form.errors and not self.changed


@pages.router.get("/lines/{line_id:uuid}")
async def show_line(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Reader) -> Response:
    return await line_page(request, tx, visitor, line_id, now)


@pages.router.post("/lines/{line_id:uuid}")
async def save_line(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    """Save what was typed. A draft is kept however little it says; "Save and continue" asks for the rest of it too."""
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    do = str(form.get("do", ""))
    if do == "more":
        rows = line_form.with_rows(line_form.bound(form, at_work.line), at_work.line)
        return await line_page(request, tx, visitor, line_id, now, kept=Kept(rows), parts_open=True)
    kept = await keep(tx, at_work.line, form, visitor, at=now)
    if not kept.saved:
        return await line_page(request, tx, visitor, line_id, now, kept=kept)
    if do == "later":
        return redirect(link("returns", f"/{at_work.filed.return_id}"))
    line = (await reading.read_at_work(tx, line_id, by=visitor.caller)).line
    if line.missing:
        # What was typed stands as a draft: nothing of it is lost, whatever is still missing.
        kept = Kept(line_form.refused(kept.form, line.missing, line))
        return await line_page(request, tx, visitor, line_id, now, kept=kept, draft_saved=True)
    return redirect(await _next(tx, line, visitor, at=now))


@pages.router.post("/lines/{line_id:uuid}/fill")
async def fill_line(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    """Fill the figure from the activities of the quarter; what else was typed is saved with it."""
    line = (await reading.read_at_work(tx, line_id, by=visitor.caller)).line
    kept = await keep(tx, line, form, visitor, at=now)
    if kept.saved:
        try:
            await filing.fill_line(tx, line_id, by=visitor.caller, at=now)
            return redirect(link("returns", f"/lines/{line_id}#activities"))
        except ParityError as error:
            kept = Kept(kept.form.refused(error))
    return await line_page(request, tx, visitor, line_id, now, kept=kept)


async def keep(conn: Connection, line: LineView, form: Form, visitor: Visitor, *, at: datetime) -> Kept:
    """Save what was typed as a draft, where that can be. What is there already, by a second click too, is saved."""
    bound = line_form.bound(form, line)
    content = bound.value
    if content is None or (content == line.content and with_supplier(line.status)):
        return Kept(bound)
    seen = bind(Seen, form).value
    try:
        await filing.save_line(conn, line.line_id, content, by=visitor.caller, at=at, version=seen.version if seen else 0)
    except PreconditionFailed:
        return Kept(bound, changed=True, unsaved=content)
    except Invalid as error:
        return Kept(line_form.refused(bound, error.errors, line))
    except ParityError as error:
        return Kept(bound.refused(error), unsaved=content)
    return Kept(bound)


async def line_page(
    request: Request,
    conn: Connection,
    visitor: Visitor,
    line_id: UUID,
    now: datetime,
    *,
    kept: Kept | None = None,
    parts_open: bool = False,
    draft_saved: bool = False,
) -> Response:
    """The line as it stands, with what was typed. Raises NotFound."""
    at_work = await reading.read_at_work(conn, line_id, by=visitor.caller)
    kept = kept or Kept(line_form.shown(at_work.line))
    form, changed = kept.form, kept.changed
    filed, line, earlier = at_work.filed, at_work.line, at_work.earlier
    names = await names_of(request, _people(line))
    if changed:
        who = "You" if line.saved_by == visitor.caller.person_id else names[line.saved_by]
        then = "look at what stands now, then save again" if with_supplier(line.status) else "it is with the reviewer"
        form = form.wrong(f"{who} changed this line meanwhile: {then}", name="changed")
    fills = await acts_as(conn, visitor, filed.contract_id, WRITERS)
    restates = await acts_as(conn, visitor, filed.contract_id, REVIEWER)
    before = rated_before(earlier, filed.contract)
    return pages.show(
        request,
        "line.jinja",
        status=422 if form.errors else 200,
        filed=filed,
        line=line,
        wording=at_work.wording,
        number=[one.line_id for one in filed.lines].index(line.line_id) + 1,
        form=form,
        changes=await _changes(conn, line, form, visitor) if changed else [],
        changed=changed,
        fills=fills,
        restates=restates,
        asked=line.asked_to_restate,
        answered=[one for one in line.restatements_asked if one.answer is not None],
        restated=await restated(request, conn, filed, line) if line.status is LineStatus.APPROVED else [],
        editable=fills and with_supplier(line.status),
        parts=line_form.parts_of(line.terms),
        months=words.month_names(line.quarter),
        ran=months_run(filed.contract, line.quarter),
        rows=range(line_form.parts_typed(form)),
        parts_open=parts_open or line_form.parts_open(form),
        earlier=[(one, before.get(one.quarter)) for one in earlier[:_EARLIER]],
        so_far=rated_as(line, None, earlier, filed.contract),
        rated=rated_as(line, line.counts, earlier, filed.contract) if line.counts else None,
        bands=words.bands(line.terms, target_to_date(line, earlier, filed.contract)),
        noted=at_work.noted,
        opens=opens_in_a_browser,
        largest=request.app.state.runtime.settings.evidence_max_bytes,
        names=names,
        unsaved=words.said(kept.unsaved, line.terms, line.quarter) if kept.unsaved else [],
        draft_saved=draft_saved,
        words=words,
        now=now,
    )


def _people(line: LineView) -> list[UUID]:
    asked = [person for one in line.restatement_requests for person in (one.requested_by, one.decided_by) if person is not None]
    answered = [person for one in line.restatements_asked for person in (one.asked_by, one.answered_by) if person is not None]
    return [line.saved_by, *(file.added_by for file in line.evidence), *asked, *answered]


async def _changes(conn: Connection, line: LineView, form: Bound[LineContent], visitor: Visitor) -> list[Difference]:
    """What became different since the page was opened that this form comes from."""
    versions = await reading.line_versions(conn, line.line_id, by=visitor.caller)
    seen = [one for one in versions if str(one.version) == form.text("version")]
    before = words.said(seen[0].content, seen[0].terms, line.quarter) if seen else []
    return differing(before, words.said(line.content, line.terms, line.quarter))


async def _next(conn: Connection, line: LineView, visitor: Visitor, *, at: datetime) -> str:
    """The next line that needs something; else the page to check them all."""
    filed = await reading.read_return(conn, line.return_id, by=visitor.caller, at=at)
    following = next_to_do(filed, line.line_id, await lines.answered(conn, line.return_id))
    return link("returns", f"/lines/{following.line_id}" if following else f"/{line.return_id}/check")
