"""What became of a return and of each of its lines: who did what, when, and what was different afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from fastapi import Request, Response

from services.returns.actions import reading
from services.returns.models.returns import Line, LineVersion, QuarterlyReturn
from services.returns.pages import words
from services.returns.pages.routing import Party, pages
from shared.access import NOBODY
from shared.api import Now, Tx
from shared.db import Connection
from shared.events.returns import LineStatus
from shared.history import Entry
from shared.identity import people
from shared.pages.naming import names_of
from shared.quarters import Quarter
from shared.words import label


@dataclass(frozen=True)
class Difference:
    """What one thing said before and after; empty where it said nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """One thing that was done."""

    at: datetime
    person_id: UUID
    done: str
    because: str = ""
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class Restated:
    """One change of an approved line, as everybody reads it who may see the line."""

    at: datetime
    buyer: str
    because: str
    differences: list[Difference]


_DONE = {
    "opened": "Return opened",
    "amended": "Return amended after a change of the contract",
    "reminded": "Supplier reminded",
    "certifiers_told": "Certifiers told",
    "overdue": "Found overdue",
    "review_overdue": "Review found overdue",
    "submitted": "Return submitted",
    "saved": "Draft saved",
    "filled": "Filled from activities",
    "judged": "Story judged",
    "approved": "Approved",
    "changes_requested": "Changes requested",
    "restated": "Restated",
    "restatement_asked": "Supplier asked to restate",
    "restatement_asking_withdrawn": "No longer asked to restate",
    "figure_confirmed": "Figure said to be right",
    "restatement_requested": "Restatement asked for",
    "restatement_declined": "Restatement declined",
    "evidence_added": "Evidence added",
    "evidence_removed": "Evidence removed",
}
_BESIDE_VERSIONS = (
    "restatement_asked",
    "restatement_asking_withdrawn",
    "figure_confirmed",
    "restatement_requested",
    "restatement_declined",
    "evidence_removed",
)
"""What leaves no version of a line behind; evidence that was added leaves one where the line is approved."""


@pages.router.get("/{return_id:uuid}/history")
async def history_of_return(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Party) -> Response:
    filed = await reading.read_return(tx, return_id, by=visitor.caller, at=now)
    entries = await reading.history_of(tx, return_id, by=visitor.caller)
    known = {line.line_id: line for line in filed.lines}
    steps = [
        (Step(one.at, one.person_id, _DONE.get(one.action, label(one.action)), _reason(one)), known.get(one.subject_id))
        for one in reversed(entries)
    ]
    return pages.show(
        request,
        "return_history.jinja",
        filed=filed,
        steps=steps,
        names=await names_of(request, (step.person_id for step, _ in steps)),
        now=now,
    )


@pages.router.get("/lines/{line_id:uuid}/history")
async def history_of_line(request: Request, line_id: UUID, tx: Tx, now: Now, visitor: Party) -> Response:
    """Every version of a line, the latest first, each with what it changed."""
    at_work = await reading.read_at_work(tx, line_id, by=visitor.caller)
    versions = await reading.line_versions(tx, line_id, by=visitor.caller)
    entries = await reading.history_of_line(tx, line_id, by=visitor.caller)
    steps = [
        *_versions(versions, entries, at_work.line.quarter),
        *(Step(one.at, one.person_id, _DONE[one.action], _reason(one)) for one in entries if _beside(one, versions)),
    ]
    steps = sorted(steps, key=lambda step: step.at)[::-1]  # of the same moment, what was done last comes first
    return pages.show(
        request,
        "line_history.jinja",
        filed=at_work.filed,
        line=at_work.line,
        steps=steps,
        names=await names_of(request, (step.person_id for step in steps)),
        now=now,
    )


async def restated(request: Request, conn: Connection, filed: QuarterlyReturn, line: Line) -> list[Restated]:
    """What was restated of a line, the latest first, and by which buyer: the ICB reads of organisations, not of people."""
    found = await reading.restatements_of(conn, line)
    staff = await people.find(request.app.state.runtime.identity, [after.person_id for _, after, _ in found]) if found else []
    works_at = {person.id: person.organisation_id for person in staff}
    buyers = {buyer.organisation_id: buyer.name for buyer in filed.contract.buyers}
    return [
        Restated(
            after.at,
            buyers.get(works_at.get(after.person_id, NOBODY)) or words.buyers(filed),
            because,
            differing(_rows(before, line.quarter), _rows(after, line.quarter)),
        )
        for before, after, because in reversed(found)
    ]


def differing(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> list[Difference]:
    """What one thing says otherwise than another, each told as rows (``words.said``)."""
    was, now = dict(before), dict(after)
    keys = [what for what in dict.fromkeys((*was, *now)) if was.get(what) != now.get(what)]
    return [Difference(what, was.get(what, ""), now.get(what, "")) for what in keys]


def _rows(version: LineVersion, quarter: Quarter) -> list[tuple[str, str]]:
    judged = [("Story judged", label(version.judgement))] if version.judgement is not None else []
    return [*words.said(version.content, version.terms, quarter), ("Target", words.target(version.terms)), *judged]


def _versions(versions: Sequence[LineVersion], entries: Sequence[Entry], quarter: Quarter) -> Iterator[Step]:
    restated = {one.detail.get("version"): _reason(one) for one in entries if one.action == "restated"}
    yield Step(versions[0].at, versions[0].person_id, _DONE["opened"])
    for before, after in pairwise(versions):
        because = after.change_reason or "" if after.status is LineStatus.CHANGES_REQUESTED != before.status else ""
        yield Step(
            after.at,
            after.person_id,
            _done(before, after, restated=after.version in restated),
            because or restated.get(after.version, ""),
            differing(_rows(before, quarter), _rows(after, quarter)),
        )


def _done(before: LineVersion, after: LineVersion, *, restated: bool) -> str:
    match before.status, after.status:
        case _ if after.person_id == NOBODY:
            action = "amended"
        case was, LineStatus.SUBMITTED if was is not LineStatus.SUBMITTED:
            action = "submitted"
        case LineStatus.SUBMITTED, LineStatus.APPROVED:
            action = "approved"
        case LineStatus.SUBMITTED, LineStatus.CHANGES_REQUESTED:
            action = "changes_requested"
        case LineStatus.SUBMITTED, LineStatus.SUBMITTED:
            action = "judged"
        case LineStatus.APPROVED, LineStatus.APPROVED:
            action = "restated" if restated else "evidence_added"
        case _:
            action = "filled" if after.filled_from and after.filled_from != before.filled_from else "saved"
    return _DONE[action]


def _beside(entry: Entry, versions: Sequence[LineVersion]) -> bool:
    if entry.action == "evidence_added":
        return not any(one.version == entry.detail.get("version") and one.at == entry.at for one in versions)
    return entry.action in _BESIDE_VERSIONS


def _reason(entry: Entry) -> str:
    reason = entry.detail.get("reason") or entry.detail.get("certified", {}).get("on_behalf_because")
    return str(reason) if reason else ""
