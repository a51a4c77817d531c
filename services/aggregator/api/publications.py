"""Closing quarters, and what was published; the bridge; coverage; Partner VCFSE."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from services.aggregator.actions import comparing, publishing, reading
from services.aggregator.actions.naming import measure_called
from services.aggregator.api.routing import (
    Analyst,
    AsOf,
    Closer,
    FinancialYear,
    IsCounted,
    MeasureCode,
    Member,
    Number,
    OwnerId,
    Subscriber,
    Threshold,
    Unit,
    WantedQuarter,
)
from services.aggregator.models.coverage import IncompleteReturn, QuarterCoverage, QuarterOverview
from services.aggregator.models.facts import REGION
from services.aggregator.models.pledges import PartnerReport
from services.aggregator.models.publications import Bridge, HeardUpTo, Known, Publication, ShownChange
from services.aggregator.models.totals import Dimension
from services.aggregator.store import differing, missing
from services.aggregator.store import publications as store
from shared.api import Cursor, Limit, Now, Page, Tx, api_router, decode_cursor, paged
from shared.errors import FieldError, Invalid
from shared.obligations import Frozen
from shared.quarters import Quarter, QuarterCode, local_date

router = api_router("publications")


class QuarterToClose(Frozen):
    quarter: Quarter


class PublicationDetail(Frozen):
    """A publication with what it was made from."""

    publication: Publication
    heard: list[HeardUpTo] = Field(description="How far every partition of the event log had been heard.")


@router.post("/publications", status_code=201)
async def close_quarter(
    body: QuarterToClose, tx: Tx, now: Now, caller: Closer, threshold: Threshold, response: Response
) -> Publication:
    """Close a quarter, or publish it again under the next number after something changed."""
    made = await publishing.close_quarter(tx, body.quarter, at=now, by=caller.person_id, threshold=threshold)
    response.headers["Location"] = f"publications/{made.quarter.code}/{made.number}"
    return made


@router.get("/publications")
async def list_publications(
    tx: Tx, caller: Subscriber, limit: Limit, cursor: Cursor, quarter: QuarterCode | None = None
) -> Page[Publication]:
    """The newest quarter first, of each the newest number."""
    after = decode_cursor(cursor, date, int) if cursor else None
    found = await store.publications(tx, quarter.first_day if quarter else None, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.quarter.first_day, one.number))
    return Page(items=shown, next=more)


@router.get("/publications/{quarter}/{number}")
async def read_publication(quarter: QuarterCode, number: Number, tx: Tx, caller: Subscriber) -> PublicationDetail:
    """One publication; its figures are ``totals?quarter=…&publication=…``."""
    made = (await store.publication(tx, quarter.first_day, number)).publication
    return PublicationDetail(publication=made, heard=await store.positions(tx, made.publication_id))


@router.get("/publications/{quarter}/{number}/changes")
async def read_changes(quarter: QuarterCode, number: Number, tx: Tx, caller: Analyst, threshold: Threshold) -> list[ShownChange]:
    """Which figures differ from the publication before, and why. Reasons in words stay with the return."""
    made = (await store.publication(tx, quarter.first_day, number)).publication
    return await comparing.shown_changes(tx, await differing.kept(tx, made.publication_id), threshold=threshold)


@router.get("/quarters")
async def list_quarters(tx: Tx, caller: Subscriber) -> list[QuarterOverview]:
    """Every quarter that anything is known of: its returns, its last publication, and whether anything was heard since."""
    return await reading.quarters(tx)


@router.get("/quarters/{quarter}/pending")
async def pending_changes(quarter: QuarterCode, tx: Tx, caller: Analyst, threshold: Threshold) -> list[ShownChange]:
    """Which figures the next publication of a closed quarter would change: newly approved and restated ones."""
    last = await store.last_publication(tx, quarter.first_day)
    if last is None:
        raise store.NoSuchPublication(f"{quarter} has not been published yet.")
    return await comparing.shown_changes(
        tx, await differing.between(tx, quarter.first_day, Known(last.entry)), threshold=threshold
    )


@router.get("/quarters/{quarter}/incomplete-returns")
async def incomplete_returns(
    quarter: QuarterCode, tx: Tx, caller: Analyst, limit: Limit, cursor: Cursor, as_of: AsOf = None
) -> Page[IncompleteReturn]:
    """Returns that are not in, and then those not wholly approved, of contracts whose buyers let the ICB see them."""
    after = decode_cursor(cursor, bool, str, UUID) if cursor else None
    found = await missing.incomplete_returns(tx, quarter.first_day, Known(at=as_of), after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.received, one.reference, one.return_id))
    return Page(items=shown, next=more)


@router.get("/bridge")
async def read_bridge(
    tx: Tx,
    caller: Analyst,
    quarter: WantedQuarter,
    measure: MeasureCode,
    threshold: Threshold,
    unit: Unit = None,
    owner_id: OwnerId = None,
    counted: IsCounted = "contracts",
    dimension: Dimension = Dimension.REGION,
    member: Member = REGION,
    publication: Annotated[int | None, Query(ge=1, le=1_000_000, description="Compare this publication of the quarter")] = None,
    against: Annotated[int | None, Query(ge=1, le=1_000_000, description="with this one; without: the one before.")] = None,
) -> Bridge:
    """Why a total differs from the last quarter's, or a publication from another, in parts that add up exactly."""
    found = await measure_called(tx, measure, unit, owner_id)
    pledge = counted == "pledges"
    if publication is None:
        return await comparing.bridge_of_quarters(
            tx, found, quarter, pledge=pledge, dimension=dimension, member=member, threshold=threshold
        )
    if publication == 1 and against is None:
        raise Invalid(
            errors=[FieldError("/query/publication", "The first publication has none before it to compare with", "first")]
        )
    later = await store.publication(tx, quarter.first_day, publication)
    earlier = await store.publication(tx, quarter.first_day, against or publication - 1)
    return await comparing.bridge_of_publications(
        tx, found, earlier, later, pledge=pledge, dimension=dimension, member=member, threshold=threshold
    )


@router.get("/coverage")
async def read_coverage(tx: Tx, caller: Subscriber, quarter: WantedQuarter) -> QuarterCoverage:
    """Returns due, received and approved in a quarter, altogether and by measure."""
    return await reading.coverage(tx, quarter)


@router.get("/partner-vcfse")
async def partner_vcfse(
    tx: Tx,
    caller: Analyst,
    now: Now,
    year: FinancialYear | None = None,
    as_of: AsOf = None,
) -> PartnerReport:
    """Partner VCFSE: pledges against their baselines and yearly targets, for the region and per organisation."""
    return await reading.partner_vcfse(tx, year or Quarter.of(local_date(now)).financial_year, as_of=as_of)
