"""Marking the story of an approved line as a case study, and recording the consent to tell it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.models.case_studies import CaseStudy, Consent, RecordedConsent, Story
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.store import case_studies, contracts, lines, returns
from shared import history
from shared.access import Caller, Role
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.returns import LineStatus, ReturnStatus
from shared.ids import new_id
from shared.quarters import local_date
from shared.viewer import Viewer

TELLERS = (Role.CONTRACT_MANAGER, Role.ICB_ANALYST)
"""Who may mark a story: its buyer, or the ICB where every buyer shares its contracts."""


class NoStoryYet(Conflict):
    """Only an approved line with a story can be a case study."""


class AlreadyMarked(Conflict):
    """This story is a case study already."""


async def line_to_tell(conn: Connection, line_id: UUID, *, by: Caller) -> tuple[QuarterlyReturn, Line]:
    """A line whose story the caller may tell. Raises NotFound, NoStoryYet."""
    return_id = await lines.return_of(conn, line_id)
    filed = await returns.find(conn, return_id) if return_id is not None else None
    if filed is None or not await _sees(conn, filed, by):
        raise NotFound
    [line] = [line for line in filed.lines if line.line_id == line_id]
    if line.status is not LineStatus.APPROVED or line.content.story is None:
        raise NoStoryYet
    return filed, line


async def mark(conn: Connection, line_id: UUID, title: str, *, by: Caller, at: datetime) -> CaseStudy:
    """Raises NotFound, NoStoryYet, AlreadyMarked."""
    _, line = await line_to_tell(conn, line_id, by=by)
    study = CaseStudy(
        case_study_id=new_id(),
        line_id=line_id,
        contract_id=line.contract_id,
        title=title,
        marked_at=at,
        marked_by=by.person_id,
    )
    if not await case_studies.add(conn, study):
        raise AlreadyMarked
    await _remember(conn, study, "marked", by=by, at=at)
    return study


async def find(conn: Connection, case_study_id: UUID, *, by: Caller) -> Story:
    """Raises NotFound."""
    story = await case_studies.find(conn, case_study_id)
    filed = await returns.find(conn, story.return_id) if story is not None else None
    if story is None or filed is None or not await _sees(conn, filed, by):
        raise NotFound
    return story


async def record_consent(conn: Connection, case_study_id: UUID, consent: Consent, *, by: Caller, at: datetime) -> None:
    """Somebody consented to the story as it stands now. Raises NotFound, NoStoryYet, Invalid."""
    story = await find(conn, case_study_id, by=by)
    if consent.given_on > local_date(at):
        raise Invalid(errors=[FieldError("/given_on", "Date of consent must be today or in the past", "in-the-future")])
    study = await case_studies.lock(conn, case_study_id)
    if study is None:
        raise NotFound
    if story.story is None:
        raise NoStoryYet
    recorded = RecordedConsent(**consent.model_dump(), story=story.story, recorded_at=at, recorded_by=by.person_id)
    await case_studies.save_consent(conn, case_study_id, recorded)
    await _remember(conn, study.model_copy(update={"consent": recorded}), "consented", by=by, at=at)


async def remove(conn: Connection, case_study_id: UUID, *, by: Caller, at: datetime) -> None:
    """The story is told no more, as where consent is withdrawn. Raises NotFound."""
    await find(conn, case_study_id, by=by)
    study = await case_studies.lock(conn, case_study_id)
    if study is None:
        raise NotFound
    await case_studies.remove(conn, case_study_id, by=by.person_id, at=at)
    await _remember(conn, study, "removed", by=by, at=at)


async def _sees(conn: Connection, filed: QuarterlyReturn, by: Caller) -> bool:
    viewer = Viewer.of(by, acting_as=TELLERS)
    return await contracts.sees(conn, viewer, filed.contract_id, approved=filed.status is ReturnStatus.APPROVED)


async def _remember(conn: Connection, study: CaseStudy, action: str, *, by: Caller, at: datetime) -> None:
    await history.record(
        conn,
        at=at,
        by=by.person_id,
        contract_id=study.contract_id,
        subject="case_study",
        subject_id=study.case_study_id,
        action=action,
        detail=study.model_dump(mode="json", include={"line_id", "title", "consent"}),
    )
