"""The review of a return: everything on one page, a decision per line, and one step for what is on target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Query, Request, Response
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.returns.actions import reviewing
from services.returns.actions.review_reading import read_review
from services.returns.models.decisions import ChangeWanted, LineApproval
from services.returns.models.returns import Line
from services.returns.models.reviews import Decisions, LineToReview, Review
from services.returns.models.views import LineView, ReturnView
from services.returns.pages import words
from services.returns.pages.routing import Reviewer, Version, pages
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.figures import WHY_UNLIKELY
from services.returns.rules.files import opens_in_a_browser
from services.returns.rules.reviewing import on_target
from services.returns.rules.standing import rated_as, rated_before
from shared.api import Now, Tx
from shared.errors import NotFound, ParityError, PreconditionFailed
from shared.events.returns import LineStatus, ReturnStatus
from shared.obligations import Judgement, Words
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, bind, blank, typed_in
from shared.pages.naming import names_of
from shared.pages.site import Again, Form, redirect
from shared.ratings import Rated, Unlikely
from shared.spreadsheets import Sheet
from shared.words import label

_HEADINGS = ("Line", "Measure", "Side", "Reported", "Out of", "Unit", "Target", "Rating", "Status")
_EARLIER = 8
"""Quarters before that are shown."""
_REASON: TypeAdapter[str] = TypeAdapter(Words)
_CHANGED = "Somebody changed this return after you opened it. What stands now is shown below: look at it, then save again"
JUDGEMENTS = [
    {"value": Judgement.MET.value, "text": "Yes, it shows what was promised"},
    {"value": Judgement.PARTLY.value, "text": "Partly"},
    {"value": Judgement.NOT_MET.value, "text": "No", "hint": "This raises an alert, whatever the figure is."},
]


@dataclass(frozen=True)
class Shown:
    """A line as the review shows it. ``rated``: if its figure is approved as it is."""

    line: LineView
    wording: str
    earlier: list[tuple[Line, Rated | None]]
    rated: Rated | None
    on_target: bool
    notes: list[str]

    @property
    def waits(self) -> bool:
        return self.line.status is LineStatus.SUBMITTED


class Step(BaseModel):
    """What is sent to approve all that is on target: the lines that the page listed, and one judgement of their stories."""

    version: Version
    line: list[UUID]
    judgement: Judgement | None = None


class Seen(BaseModel):
    version: Version


@pages.router.get("/{return_id:uuid}/review")
async def show_review(
    request: Request,
    return_id: UUID,
    tx: Tx,
    now: Now,
    visitor: Reviewer,
    approved: Annotated[int, Query(ge=0, le=1000)] = 0,
    sent_back: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> Response:
    review = await read_review(tx, return_id, by=visitor.caller, at=now)
    lines = [_shown(one, review.filed) for one in review.lines]
    judged: dict[str, object] = {f"judgement-{one.line.line_id}": one.line.judgement for one in lines if one.waits}
    return await _page(request, review, lines, now, form=blank(**judged), approved=approved, sent_back=sent_back)


@pages.router.post("/{return_id:uuid}/review")
async def save_decisions(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Reviewer, form: Form) -> Response:
    """Approve some lines and send others back, or only judge a story; the rest waits."""
    review = await read_review(tx, return_id, by=visitor.caller, at=now)
    lines = [_shown(one, review.filed) for one in review.lines]
    seen = bind(Seen, form).value
    typed: Bound[Any] = Bound(typed_in(form), key=str(uuid4()))
    if seen is None or seen.version != review.filed.version:
        raise await _again(request, review, lines, now, typed.wrong(_CHANGED))
    decisions, typed = _decided(lines, typed)
    if typed.errors:
        raise await _again(request, review, lines, now, typed)
    deadlines = Deadlines.of(request.app.state.runtime.settings)
    try:
        await reviewing.decide(tx, return_id, decisions, deadlines, by=visitor.caller, at=now, version=seen.version)
    except PreconditionFailed:
        raise await _again(request, review, lines, now, typed.wrong(_CHANGED)) from None
    except NotFound:
        raise
    except ParityError as error:
        raise await _again(request, review, lines, now, typed.refused(error)) from None
    return _reviewed(return_id, decisions)


@pages.router.get("/{return_id:uuid}/review/download")
async def download_lines(return_id: UUID, tx: Tx, now: Now, visitor: Reviewer, file: downloads.Taken) -> Response:
    review = await read_review(tx, return_id, by=visitor.caller, at=now)
    rows = [
        (
            *(line.reference, line.terms.measure.label, label(line.side)),
            *(*words.in_cells(line.figure or line.counts, line.terms), words.target(line.terms)),
            label(one.rated.rating) if one.rated else "Not rated",
            "To review" if one.waits else "With the supplier" if line.status is LineStatus.OPEN else label(line.status),
        )
        for one in (_shown(each, review.filed) for each in review.lines)
        for line in [one.line]
    ]
    contract = review.filed.contract
    sheet = Sheet("Lines", _HEADINGS, rows, widths={"Measure": 50})
    return await downloads.table(sheet, f"{contract.reference}-{review.filed.quarter.code}-lines", file)


@pages.router.get("/{return_id:uuid}/review/on-target")
async def show_on_target(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Reviewer) -> Response:
    """What one step would approve."""
    review = await read_review(tx, return_id, by=visitor.caller, at=now)
    if not _on_target(review):
        return redirect(link("returns", f"/{return_id}/review"))
    return await _step_page(request, review, now, form=blank())


@pages.router.post("/{return_id:uuid}/review/on-target")
async def approve_on_target(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Reviewer, form: Form) -> Response:
    review = await read_review(tx, return_id, by=visitor.caller, at=now)
    bound: Bound[Step] = bind(Step, form)
    step = bound.value
    if step is None or step.version != review.filed.version:
        raise Again(await _step_page(request, review, now, form=bound.wrong(_CHANGED)))
    unjudged = [one for one in _on_target(review) if one.line.content.story is not None and one.line.judgement is None]
    if step.judgement is None and unjudged:
        wrong = bound.wrong("Select whether the stories show what was promised", name="judgement")
        raise Again(await _step_page(request, review, now, form=wrong))
    stories = {one.line.line_id: one.line for one in review.lines if one.line.content.story is not None}
    decisions = Decisions(
        approved=tuple(
            LineApproval(line_id=one, judgement=(stories[one].judgement or step.judgement) if one in stories else None)
            for one in step.line
        )
    )
    deadlines = Deadlines.of(request.app.state.runtime.settings)
    try:
        await reviewing.decide(tx, return_id, decisions, deadlines, by=visitor.caller, at=now, version=step.version)
    except NotFound:
        raise
    except ParityError as error:
        wrong = bound.wrong(_CHANGED if isinstance(error, PreconditionFailed) else error.detail)
        raise Again(await _step_page(request, review, now, form=wrong)) from None
    return _reviewed(return_id, decisions)


def _decided(lines: Sequence[Shown], typed: Bound[Any]) -> tuple[Decisions, Bound[Any]]:
    """What was chosen for the lines that wait, or the same form with what is missing."""
    approved, changes, judged = [], [], []
    for line in (one.line for one in lines if one.waits):
        said = typed.text(f"judgement-{line.line_id}")
        judgement = Judgement(said) if said in set(Judgement) else None
        decision = typed.text(f"decision-{line.line_id}")
        if decision == "approve":
            if line.content.story is not None and judgement is None:
                wrong = f"{line.reference}: select whether the story shows what was promised"
                typed = typed.wrong(wrong, name=f"judgement-{line.line_id}")
            approved.append(LineApproval(line_id=line.line_id, judgement=judgement))
        elif decision == "changes":
            try:
                reason = _REASON.validate_python(typed.text(f"reason-{line.line_id}"))
                changes.append(ChangeWanted(line_id=line.line_id, reason=reason))
            except ValidationError:
                empty = not typed.text(f"reason-{line.line_id}").strip()
                wrong = "enter what the supplier should change" if empty else "reason must be 4,000 characters or fewer"
                typed = typed.wrong(f"{line.reference}: {wrong}", name=f"reason-{line.line_id}")
        elif judgement is not None and judgement is not line.judgement:
            judged.append(LineApproval(line_id=line.line_id, judgement=judgement))
    if not (typed.errors or approved or changes or judged):
        waiting = [one.line for one in lines if one.waits]
        name = f"decision-{waiting[0].line_id}" if waiting else ""
        typed = typed.wrong("Select approve or ask for changes for at least one line", name=name)
    return Decisions(approved=tuple(approved), changes=tuple(changes), judged=tuple(judged)), typed


def _shown(one: LineToReview, filed: ReturnView) -> Shown:
    line, earlier = one.line, one.earlier
    before = rated_before(earlier, filed.contract)
    figure = line.figure or line.counts
    rated = rated_as(line, figure, earlier, filed.contract) if figure else None
    notes = [f"The figure {WHY_UNLIKELY[Unlikely(rule)]}." for rule in line.unlikely if rule in set(Unlikely)]
    if line.terms.evidence_required and not line.evidence:
        notes.append("The contract asks for evidence, and there is none.")
    shown = [(was, before.get(was.quarter)) for was in earlier[:_EARLIER]]
    return Shown(line, one.wording, shown, rated, on_target(line, rated), notes)


def _on_target(review: Review) -> list[Shown]:
    return [shown for shown in (_shown(one, review.filed) for one in review.lines) if shown.on_target]


def _reviewed(return_id: UUID, decisions: Decisions) -> Response:
    done = f"approved={len(decisions.approved)}&sent_back={len(decisions.changes)}"
    return redirect(link("returns", f"/{return_id}/review?{done}"))


async def _again(request: Request, review: Review, lines: Sequence[Shown], now: datetime, form: Bound[Any]) -> Again:
    return Again(await _page(request, review, lines, now, form=form))


async def _page(
    request: Request, review: Review, lines: Sequence[Shown], now: datetime, *, form: Bound[Any], **context: Any
) -> Response:
    filed = review.filed
    people = [file.added_by for one in lines for file in one.line.evidence] + [one.line.saved_by for one in lines]
    return pages.show(
        request,
        "review.jinja",
        status=422 if form.errors else 200,
        review=review,
        filed=filed,
        lines=lines,
        waiting=[one for one in lines if one.waits],
        on_target=[one for one in lines if one.on_target],
        under_review=filed.status in (ReturnStatus.SUBMITTED, ReturnStatus.CHANGES_REQUESTED),
        form=form,
        judgements=JUDGEMENTS,
        taken=downloads.offered(link("returns", f"/{filed.return_id}/review")),
        opens=opens_in_a_browser,
        names=await names_of(request, [*people, *([filed.submitted_by] if filed.submitted_by else [])]),
        words=words,
        now=now,
        **context,
    )


async def _step_page(request: Request, review: Review, now: datetime, *, form: Bound[Any]) -> Response:
    lines = _on_target(review)
    return pages.show(
        request,
        "review_on_target.jinja",
        status=422 if form.errors else 200,
        filed=review.filed,
        lines=lines,
        stories=[one for one in lines if one.line.content.story is not None and one.line.judgement is None],
        form=form,
        judgements=JUDGEMENTS,
        opens=opens_in_a_browser,
        names=await names_of(request, [file.added_by for one in lines for file in one.line.evidence]),
        words=words,
        now=now,
    )
