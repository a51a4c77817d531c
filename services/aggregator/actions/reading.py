"""Reading totals: at present, as at a time, or as published; small numbers hidden in each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict, TypeVar
from uuid import UUID

from services.aggregator.models.behind import ContractBehind, ContractsBehind
from services.aggregator.models.coverage import MeasureCoverage, QuarterCoverage, QuarterOverview
from services.aggregator.models.facts import REGION
from services.aggregator.models.pledges import PartnerReport
from services.aggregator.models.publications import EVERYTHING, Known
from services.aggregator.models.totals import Amounts, Cell, Counted, CountedMeasure, Dimension, Total, YearTotal
from services.aggregator.rules import days, pledges, showing, years
from services.aggregator.store import commitments, daily, ledger, publications, standings
from services.aggregator.store import totals as store
from shared.db import Connection, Record
from shared.quarters import Quarter, local_date, quarters_between

_GROUPED = {Dimension.THEME, Dimension.OUTCOME}
"""Shown from the region's totals."""


Place = tuple[int, date, UUID, bool]
"""In the order of changes: mark, quarter, measure, pledge."""

BEGINNING: Place = (0, date.min, UUID(int=0), False)


P = TypeVar("P", Cell, Total)


@dataclass(frozen=True)
class Wanted:
    """Which totals; empty: all. ``own``: True for buyers' own core KPIs, False for the framework's measures, None for both."""

    codes: Collection[str] = ()
    dimensions: Collection[Dimension] = ()
    member: str | None = None
    counted: Counted | None = None
    own: bool | None = None

    def takes(self, one: Cell | Total | YearTotal) -> bool:
        """Whether it is one of these; ``codes`` are for the database, and ``own`` but for what was published."""
        return (
            (not self.dimensions or one.dimension in self.dimensions)
            and self.member in (None, one.member)
            and self.counted in (None, one.counted)
        )

    def takes_published(self, total: Total) -> bool:
        return self.takes(total) and self.own in (None, total.owner_id is not None)


async def latest_quarter(conn: Connection, at: datetime) -> Quarter:
    """The last one that anything is known of; without any, the last that is over."""
    known = await store.quarters(conn)
    return Quarter(known[-1]) if known else Quarter.of(local_date(at)).previous()


async def totals(
    conn: Connection,
    quarter: Quarter,
    wanted: Wanted,
    *,
    threshold: int,
    as_of: datetime | None = None,
    publication: int | None = None,
    after: tuple[str, ...] = (),
    limit: int | None = None,
) -> tuple[list[Total], str | None]:
    """In the order of their places, with a tag that changes whenever they do (None as at a time).

    ``after`` a place, and up to ``limit``. Raises NoSuchPublication.
    """
    if publication is not None:
        made = (await publications.publication(conn, quarter.first_day, publication)).publication
        published = await publications.published(
            conn, made.publication_id, codes=list(wanted.codes) or None, dimensions=list(wanted.dimensions) or None
        )
        return _in_order(filter(wanted.takes_published, published), after)[:limit], str(made.publication_id)
    cells, tag = await _cells(conn, quarter, wanted, Known(at=as_of))
    shown = filter(wanted.takes, showing.with_groups(showing.hide_small_numbers(cells, threshold)))
    return [showing.as_total(cell) for cell in _in_order(shown, after)[:limit]], tag


def _in_order(found: Iterable[P], after: tuple[str, ...]) -> list[P]:
    return sorted((one for one in found if one.place > after), key=lambda one: one.place)


async def tag(conn: Connection, quarter: Quarter, publication: int | None) -> str:
    """What ``totals`` would tell with the totals; read without them. Raises NoSuchPublication."""
    if publication is not None:
        return str((await publications.publication(conn, quarter.first_day, publication)).publication.publication_id)
    return await store.quarter_tag(conn, quarter.first_day)


async def changes(conn: Connection, after: Place, *, limit: int, threshold: int) -> tuple[list[Total], Place, bool]:
    """All totals of up to ``limit`` measures of a quarter that changed after a place in the order of changes.

    With the place that was reached, and whether there is more.
    """
    groups = await store.changed_groups(conn, after, limit + 1)
    wanted = {group[1:] for group in groups[:limit]}
    found: list[Total] = []
    for quarter in sorted({group[1] for group in groups[:limit]}):
        cells, _ = await store.totals(conn, quarter)
        changed = [cell for cell in cells if (quarter, cell.measure.measure_id, cell.pledge) in wanted]
        found += map(showing.as_total, showing.with_groups(showing.hide_small_numbers(changed, threshold)))
    found.sort(key=lambda total: (total.quarter, total.place))
    return found, groups[:limit][-1] if groups else after, len(groups) > limit


async def quarters(conn: Connection) -> list[QuarterOverview]:
    """The newest first."""
    return [await overview(conn, Quarter(quarter)) for quarter in reversed(await store.quarters(conn))]


async def overview(conn: Connection, quarter: Quarter) -> QuarterOverview:
    last = await publications.last_publication(conn, quarter.first_day)
    return QuarterOverview(
        quarter=quarter,
        publication=last and last.publication.number,
        published_at=last and last.publication.published_at,
        heard_since=last is None or await publications.anything_since(conn, quarter.first_day, last.entry),
    )


async def coverage(conn: Connection, quarter: Quarter) -> QuarterCoverage:
    returns = await store.returns_coverage(conn, quarter.first_day)
    cells, _ = await store.totals(conn, quarter.first_day, dimensions=[Dimension.REGION])
    return QuarterCoverage(
        quarter=quarter,
        contracts=returns[False],
        pledges=returns[True],
        measures=[
            MeasureCoverage(
                framework=total.framework,
                measure_code=total.measure_code,
                measure=total.measure,
                unit=total.unit,
                counted=total.counted,
                coverage=total.coverage,
            )
            for total in sorted(map(showing.as_total, cells), key=lambda total: total.place)
        ],
        buried=await store.buried(conn),
    )


async def year_totals(
    conn: Connection, last: Quarter, wanted: Wanted, *, threshold: int, as_of: datetime | None = None
) -> list[YearTotal]:
    """Over the quarters of the year of ``last`` up to it."""
    by_quarter = {
        quarter.first_day: (await _cells(conn, quarter, wanted, Known(at=as_of)))[0]
        for quarter in quarters_between(last.first_of_year, last)
    }
    found = [total for total in years.year_totals(by_quarter, threshold) if wanted.takes(total)]
    return sorted(found, key=lambda total: total.place)


class _Narrowed(TypedDict):
    codes: Sequence[str] | None
    dimensions: Sequence[str] | None
    own: bool | None


async def _cells(conn: Connection, quarter: Quarter, wanted: Wanted, known: Known) -> tuple[list[Cell], str | None]:
    """All members of every dimension that is wanted, since what is hidden depends on all of them."""
    stored = {Dimension.REGION if dimension in _GROUPED else dimension for dimension in wanted.dimensions}
    codes, dimensions = list(wanted.codes) or None, list(stored) or None
    first, narrowed = quarter.first_day, _Narrowed(codes=codes, dimensions=dimensions, own=wanted.own)
    if known == EVERYTHING:
        return await store.totals(conn, first, **narrowed)
    if known.at is not None and known.entry is None:
        if await store.unchanged_since(conn, first, known):
            return (await store.totals(conn, first, **narrowed))[0], None
        day, through = days.day_ended(known.at), await daily.kept_through(conn)
        if day is not None and through is not None and day <= through:
            return await daily.totals(conn, first, day, **narrowed), None
    return await ledger.totals(conn, first, **narrowed, known=known), None


async def is_kept(conn: Connection, known: Known, *quarters: Quarter) -> bool:
    """Whether what stands behind totals of these quarters is kept: at present, or where nothing was heard since."""
    if known.entry is not None:
        return False
    return known == EVERYTHING or all([await store.unchanged_since(conn, quarter.first_day, known) for quarter in quarters])


async def contracts_behind(
    conn: Connection,
    quarter: Quarter,
    measure: CountedMeasure,
    *,
    pledge: bool = False,
    dimension: Dimension = Dimension.REGION,
    member: str = REGION,
    threshold: int,
    known: Known = EVERYTHING,
) -> ContractsBehind:
    """What each contract gives to a total, of buyers who let the ICB see single contracts.

    Of a measure that suppresses small numbers no contract is shown that is small itself, or that stands in a hidden total.
    """
    asked = conn, quarter.first_day, measure.measure_id
    if await is_kept(conn, known, quarter):
        rows = await standings.of_contracts(*asked, pledge=pledge, dimension=dimension, member=member)
    else:
        rows = await ledger.standings(*asked, pledge=pledge, dimension=dimension, member=member, known=known)
    amounts = {
        row["contract_id"]: Amounts.of(measure.kind, row["value"], row["numerator"], row["denominator"])
        for row in rows
        if row["figures"]
    }
    hidden: set[UUID] = set()
    if measure.suppress:
        cells, _ = await _cells(conn, quarter, Wanted(codes=[measure.code]), known)
        secret = {
            (cell.dimension, cell.member)
            for cell in showing.hide_small_numbers(cells, threshold)
            if cell.hidden and cell.measure.measure_id == measure.measure_id and cell.pledge == pledge
        }
        spread = await ledger.members_of(conn, {allocation for row in rows for allocation in row["allocations"]})
        within = {
            row["contract_id"]
            for row in rows
            if any(not secret.isdisjoint(spread[allocation]) for allocation in row["allocations"])
        }
        hidden = showing.hidden_members(
            {contract: amount.people for contract, amount in amounts.items()}, threshold, already=within
        )
    visible = await commitments.shared_contracts(conn, {row["contract_id"] for row in rows})
    return ContractsBehind(
        quarter=quarter,
        measure_code=measure.code,
        counted="pledges" if pledge else "contracts",
        dimension=dimension,
        member=member,
        items=tuple(
            _behind(visible[row["contract_id"]], row["due"] > 0, amounts.get(row["contract_id"]), row["contract_id"] in hidden)
            for row in rows
            if row["contract_id"] in visible
        ),
        others=len({row["contract_id"] for row in rows} - visible.keys()),
    )


def _behind(contract: Record, owed: bool, amounts: Amounts | None, hidden: bool) -> ContractBehind:
    shown = Amounts() if hidden or amounts is None else amounts
    return ContractBehind(
        contract_id=contract["contract_id"],
        reference=contract["reference"],
        title=contract["title"],
        suppliers=tuple(contract["suppliers"]),
        owed=owed,
        value=shown.value,
        numerator=shown.numerator,
        denominator=shown.denominator,
        hidden=hidden and amounts is not None,
    )


async def partner_vcfse(conn: Connection, year: str, *, as_of: datetime | None = None) -> PartnerReport:
    """Pledges against baseline and target in a financial year (``2026-27``)."""
    first = Quarter.parse(f"{year}-Q1")
    standings = [
        standing
        for quarter in quarters_between(first, first.plus(3))
        for standing in await ledger.partner_standings(conn, quarter.first_day, at=as_of)
    ]
    return pledges.report(year, await commitments.pledges(conn), standings)
