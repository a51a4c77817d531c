"""Case studies, and the approved stories that could become some."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.models.case_studies import CaseStudy, RecordedConsent, Story
from services.returns.store.rows import insert
from shared.db import Connection, Record
from shared.quarters import Quarter
from shared.viewer import Viewer


async def add(conn: Connection, study: CaseStudy) -> bool:
    """False where the line is a case study already."""
    return await insert(conn, "case_studies", study)


async def lock(conn: Connection, case_study_id: UUID) -> CaseStudy | None:
    row = await conn.fetchrow(
        "SELECT * FROM case_studies WHERE case_study_id = $1 AND removed_at IS NULL FOR UPDATE", case_study_id
    )
    return _study(row) if row is not None else None


async def save_consent(conn: Connection, case_study_id: UUID, consent: RecordedConsent) -> None:
    """In the place of an earlier one."""
    await conn.execute(
        """
        UPDATE case_studies SET (consent_by, consent_how, consent_on, consent_story, consent_recorded_at, consent_recorded_by) =
            ($2, $3, $4, $5, $6, $7)
        WHERE case_study_id = $1
        """,
        case_study_id,
        consent.given_by,
        consent.how,
        consent.given_on,
        consent.story,
        consent.recorded_at,
        consent.recorded_by,
    )


async def remove(conn: Connection, case_study_id: UUID, *, by: UUID, at: datetime) -> None:
    await conn.execute(
        "UPDATE case_studies SET removed_at = $2, removed_by = $3 WHERE case_study_id = $1 AND removed_at IS NULL",
        case_study_id,
        at,
        by,
    )


async def find(conn: Connection, case_study_id: UUID) -> Story | None:
    row = await conn.fetchrow(
        """
        SELECT s.*, l.return_id, l.reference, l.quarter, l.terms, l.figure, l.content ->> 'story' AS story, l.approved_at,
               r.contract
        FROM case_studies s JOIN lines l USING (line_id) JOIN quarterly_returns r USING (return_id)
        WHERE s.case_study_id = $1 AND s.removed_at IS NULL
        """,
        case_study_id,
    )
    return _story(row) if row is not None else None


async def page(conn: Connection, viewer: Viewer, *, after: UUID | None, limit: int) -> list[Story]:
    """The case studies that a viewer may see, the one marked last first."""
    found = await conn.fetch(
        """
        SELECT s.*, l.return_id, l.reference, l.quarter, l.terms, l.figure, l.content ->> 'story' AS story, l.approved_at,
               r.contract
        FROM case_studies s JOIN lines l USING (line_id) JOIN quarterly_returns r USING (return_id)
        JOIN contracts c ON c.contract_id = s.contract_id
        WHERE s.removed_at IS NULL AND ($4::uuid IS NULL OR s.case_study_id < $4)
          AND (($2 AND c.buyer_ids @> ARRAY[$1::uuid])
               OR ($3 AND r.status = 'approved' AND NOT EXISTS (
                   SELECT FROM unnest(c.buyer_ids) AS b (id) LEFT JOIN organisations o ON o.organisation_id = b.id
                   WHERE o.icb_sees IS DISTINCT FROM 'contracts' AND b.id <> $1)))
        ORDER BY s.case_study_id DESC LIMIT $5
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_icb,
        after,
        limit,
    )
    return [_story(row) for row in found]


async def stories(
    conn: Connection, viewer: Viewer, quarter: Quarter, *, words: str, after: tuple[datetime, UUID] | None, limit: int
) -> list[Story]:
    """The approved stories of a quarter that a viewer may see and that hold these words, the one approved last first."""
    found = await conn.fetch(
        """
        SELECT l.line_id, l.return_id, l.reference, l.quarter, l.terms, l.figure, l.content ->> 'story' AS story, l.approved_at,
               l.contract_id, r.contract, s.case_study_id, s.title, s.marked_at, s.marked_by, s.consent_by, s.consent_how,
               s.consent_on, s.consent_story, s.consent_recorded_at, s.consent_recorded_by
        FROM lines l JOIN quarterly_returns r USING (return_id) JOIN contracts c ON c.contract_id = l.contract_id
        LEFT JOIN case_studies s ON s.line_id = l.line_id AND s.removed_at IS NULL
        WHERE l.quarter = $4 AND l.status = 'approved' AND l.owed AND l.content ->> 'story' IS NOT NULL
          AND ($5 = '' OR strpos(lower(concat_ws(
                  ' ', l.content ->> 'story', l.terms #>> '{measure,label}', c.reference, c.title)), lower($5)) > 0)
          AND ($6::timestamptz IS NULL OR (l.approved_at, l.line_id) < ($6, $7::uuid))
          AND (($2 AND c.buyer_ids @> ARRAY[$1::uuid])
               OR ($3 AND r.status = 'approved' AND NOT EXISTS (
                   SELECT FROM unnest(c.buyer_ids) AS b (id) LEFT JOIN organisations o ON o.organisation_id = b.id
                   WHERE o.icb_sees IS DISTINCT FROM 'contracts' AND b.id <> $1)))
        ORDER BY l.approved_at DESC, l.line_id DESC LIMIT $8
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_icb,
        quarter.first_day,
        words,
        after and after[0],
        after and after[1],
        limit,
    )
    return [_story(row) for row in found]


def _study(row: Record) -> CaseStudy:
    known = {name: row[name] for name in CaseStudy.model_fields if name != "consent"}
    if row["consent_by"] is None:
        return CaseStudy.model_validate(known)
    consent = {name: row[column] for name, column in _CONSENT.items()}
    return CaseStudy.model_validate({**known, "consent": consent})


def _story(row: Record) -> Story:
    known = {name: row[name] for name in Story.model_fields if name != "marked"}
    return Story.model_validate({**known, "marked": _study(row) if row["case_study_id"] is not None else None})


_CONSENT = {
    "given_by": "consent_by",
    "given_on": "consent_on",
    "how": "consent_how",
    "story": "consent_story",
    "recorded_at": "consent_recorded_at",
    "recorded_by": "consent_recorded_by",
}
