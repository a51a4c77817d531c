"""What the routes share: who may call, which totals, as at when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, AwareDatetime, Field

from services.aggregator.actions.reading import Wanted, latest_quarter
from services.aggregator.models.totals import Counted, Dimension
from services.aggregator.rules.years import financial_year
from shared.access import Caller, Role, Scope, allow
from shared.api import Now, Tx
from shared.errors import FieldError, Invalid
from shared.obligations import Text
from shared.quarters import Quarter, QuarterCode

_ICB = (Role.ICB_ANALYST, Role.ADMINISTRATOR)

Subscriber = Annotated[Caller, allow(*_ICB, scope=Scope.FEED_READ)]
"""Who reads the feeds."""
Analyst = Annotated[Caller, allow(*_ICB, scope=Scope.ICB_READ)]
Closer = Annotated[Caller, allow(Role.ICB_ANALYST, scope=Scope.ICB_WRITE)]


async def _threshold(request: Request) -> int:
    threshold: int = request.app.state.runtime.settings.small_number_threshold
    return threshold


Threshold = Annotated[int, Depends(_threshold)]
"""Of small numbers."""


async def _quarter(
    tx: Tx,
    now: Now,
    quarter: Annotated[QuarterCode | None, Query(description="Without: the last that anything is known of.")] = None,
) -> Quarter:
    return quarter or await latest_quarter(tx, now)


WantedQuarter = Annotated[Quarter, Depends(_quarter)]

_Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2999, 1, 1, tzinfo=UTC))]
AsOf = Annotated[_Moment | None, Query(description="As it was known at this time.")]
MeasureCode = Annotated[Text, Query(description="The measure's code.", max_length=200)]
Member = Annotated[Text, Query(description="A place, a buyer's id, a sector, …; all for the region.", max_length=200)]
Unit = Annotated[Text | None, Query(description="Where a code is counted in several units.", max_length=200)]
OwnerId = Annotated[UUID | None, Query(description="The buyer, for a buyer's own core KPI.")]
IsCounted = Annotated[Counted, Query(description="Contracts, or pledges: counted apart, never added.")]


FinancialYear = Annotated[str, AfterValidator(financial_year), Query(description="A financial year, such as 2026-27.")]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


async def _wanted(
    measure: Annotated[list[Text] | None, Query(description="Codes of measures; without: all.", max_length=100)] = None,
    dimension: Annotated[list[Dimension] | None, Query(description="Without: all.", max_length=6)] = None,
    member: Annotated[Text | None, Query(description="A place, a buyer's id, a sector, …", max_length=200)] = None,
    counted: Annotated[Counted | None, Query(description="Without: both, apart.")] = None,
    own: Annotated[
        bool | None, Query(description="True: buyers' own core KPIs; false: the framework's measures; without: both, apart.")
    ] = None,
) -> Wanted:
    return Wanted(tuple(measure or ()), tuple(dimension or ()), member, counted, own)


WantedTotals = Annotated[Wanted, Depends(_wanted)]


def one_moment(as_of: datetime | None, publication: int | None) -> None:
    """Raises Invalid where both are given."""
    if as_of is not None and publication is not None:
        raise Invalid(errors=[FieldError("/query/publication", "Give either as_of or publication, not both", "exclusive")])
