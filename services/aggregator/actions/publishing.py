"""Closing a quarter: lock what is heard, decide, save, tell."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.aggregator.models.publications import FigureChange, Known, Publication, PublicationRecord, Reason
from services.aggregator.models.totals import Total
from services.aggregator.rules import closing, showing
from services.aggregator.store import differing
from services.aggregator.store import publications as store
from services.aggregator.store import totals as totals_store
from shared.db import Connection
from shared.events.icb_totals import QuarterPublished, TotalPublished
from shared.history import record
from shared.ids import new_id
from shared.quarters import Quarter
from shared.spine import publish


async def close_quarter(conn: Connection, quarter: Quarter, *, at: datetime, by: UUID, threshold: int) -> Publication:
    """Publish what is known of a quarter, under the next number. ``threshold``: of small numbers.

    Raises QuarterNotOver, and NothingToPublish where nothing was heard since the last publication.
    """
    await store.lock_heard(conn)
    last = await store.last_publication(conn, quarter.first_day)
    known = last.entry if last is not None else 0
    closing.may_close(quarter, at=at, anything_new=await store.anything_since(conn, quarter.first_day, known))
    cells, _ = await totals_store.totals(conn, quarter.first_day)
    totals = [showing.as_total(cell) for cell in showing.with_groups(showing.hide_small_numbers(cells, threshold))]
    changes = await differing.lines_between(conn, quarter.first_day, Known(known)) if last is not None else []
    publication = Publication(
        publication_id=new_id(),
        quarter=quarter,
        number=1 if last is None else last.publication.number + 1,
        published_at=at,
        person_id=by,
        totals=len(totals),
        threshold=threshold,
        reasons=_counts(changes),
    )
    await store.add(conn, PublicationRecord(publication, await store.last_entry(conn)), totals, changes)
    await record(
        conn,
        at=at,
        by=by,
        contract_id=None,
        subject="publication",
        subject_id=publication.publication_id,
        action="published",
        detail={"quarter": quarter.code, "number": publication.number},
    )
    await publish(conn, _published(publication), *(_told(publication, total) for total in totals), at=at)
    return publication


def _counts(changes: list[FigureChange]) -> dict[Reason, int]:
    reasons = [change.reason for change in changes]
    return {reason: reasons.count(reason) for reason in Reason if reason in reasons}


def _published(publication: Publication) -> QuarterPublished:
    return QuarterPublished(
        version=publication.number,
        publication_id=publication.publication_id,
        quarter=publication.quarter,
        number=publication.number,
        published_at=publication.published_at,
        totals=publication.totals,
        reasons={str(reason): lines for reason, lines in publication.reasons.items()},
    )


def _told(publication: Publication, total: Total) -> TotalPublished:
    return TotalPublished(
        version=publication.number,
        publication_id=publication.publication_id,
        quarter=publication.quarter,
        number=publication.number,
        framework=total.framework,
        measure_code=total.measure_code,
        unit=total.unit,
        kind=total.kind,
        dimension=total.dimension,
        member=total.member,
        value=total.value,
        numerator=total.numerator,
        denominator=total.denominator,
        hidden=total.hidden,
        coverage=total.coverage,
        counted=total.counted,
        owner_id=total.owner_id,
    )
