"""What the pages share: their router, who may open them, and what a page of figures is asked for."""

from __future__ import annotations

import pathlib
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator

from services.aggregator.actions.naming import measure_called
from services.aggregator.actions.reading import latest_quarter
from services.aggregator.models.cuts import FIRST, LAST
from services.aggregator.models.facts import REGION
from services.aggregator.models.totals import Counted, Dimension
from services.aggregator.pages.asking import Asked, AskedComparison, AskedMeasure, AskedYear
from services.aggregator.rules.years import financial_year
from services.aggregator.store import publications
from shared.access import Role
from shared.api import Now, Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.obligations import Text
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit
from shared.quarters import Quarter, QuarterCode, local_date

pages = Pages(templates=pathlib.Path(__file__).parents[1] / "templates")

Analyst = Annotated[Visitor, admit(Role.ICB_ANALYST)]


async def _threshold(request: Request) -> int:
    threshold: int = request.app.state.runtime.settings.small_number_threshold
    return threshold


Threshold = Annotated[int, Depends(_threshold)]
"""Of small numbers."""

Number = Annotated[int, Path(ge=1, le=1_000_000)]


def _past(cut: date | None, now: datetime) -> date | None:
    if cut is not None and cut >= local_date(now):
        raise Invalid(errors=[FieldError("/query/cut", "The date of a provisional cut must be in the past")])
    return cut


async def _asked(
    tx: Tx,
    now: Now,
    threshold: Threshold,
    quarter: Annotated[QuarterCode | None, Query()] = None,
    cut: Annotated[date | None, Query(ge=FIRST)] = None,
    publication: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Asked:
    wanted: Quarter = quarter or await latest_quarter(tx, now)
    if not FIRST <= wanted.first_day <= LAST:
        raise Invalid(errors=[FieldError("/query/quarter", f"Choose a quarter between {FIRST.year} and {LAST.year}")])
    if cut is not None and publication is not None:
        raise Invalid(errors=[FieldError("/query/cut", "Choose either a provisional cut or a publication, not both")])
    made = None if publication is None else await publications.publication(tx, wanted.first_day, publication)
    return Asked(quarter=wanted, threshold=threshold, cut=_past(cut, now), publication=made)


WantedFigures = Annotated[Asked, Depends(_asked)]
"""The figures of one quarter, and as known at which time. Without a quarter: the last that anything is known of."""

_Words = Annotated[Text | None, Query(max_length=200)]


async def _asked_measure(
    tx: Tx,
    asked: WantedFigures,
    measure: Annotated[Text, Query(max_length=200)],
    framework: _Words = None,
    unit: _Words = None,
    owner_id: UUID | None = None,
    counted: Counted = "contracts",
    dimension: Dimension = Dimension.REGION,
    member: Annotated[Text, Query(max_length=200)] = REGION,
) -> AskedMeasure:
    return AskedMeasure(
        quarter=asked.quarter,
        threshold=asked.threshold,
        cut=asked.cut,
        publication=asked.publication,
        measure=await measure_called(tx, measure, unit, owner_id, framework=framework),
        counted=counted,
        dimension=dimension,
        member=member,
    )


WantedMeasure = Annotated[AskedMeasure, Depends(_asked_measure)]
"""One measure's figures; of the region, or of a member of a dimension."""


class NothingToCompare(NotFound):
    """There is no earlier publication of this quarter to compare with."""


async def _asked_comparison(
    tx: Tx, asked: WantedFigures, against: Annotated[int | None, Query(ge=1, le=1_000_000)] = None
) -> AskedComparison:
    """Without ``against``: a publication with the one before, anything else with the last."""
    first_day = asked.quarter.first_day
    if against is not None:
        other = await publications.publication(tx, first_day, against)
    elif asked.number is not None:
        if asked.number == 1:
            raise NothingToCompare
        other = await publications.publication(tx, first_day, asked.number - 1)
    else:
        last = await publications.last_publication(tx, first_day)
        if last is None:
            raise NothingToCompare(f"{asked.quarter} has not been published yet. Compare with it when it is closed.")
        other = last
    return AskedComparison(
        quarter=asked.quarter, threshold=asked.threshold, cut=asked.cut, publication=asked.publication, against=other
    )


WantedComparison = Annotated[AskedComparison, Depends(_asked_comparison)]


async def _asked_year(
    now: Now,
    year: Annotated[str | None, AfterValidator(lambda year: year and financial_year(year)), Query(max_length=20)] = None,
    cut: Annotated[date | None, Query(ge=FIRST)] = None,
) -> AskedYear:
    return AskedYear(year or Quarter.of(local_date(now)).financial_year, _past(cut, now))


WantedYear = Annotated[AskedYear, Depends(_asked_year)]
