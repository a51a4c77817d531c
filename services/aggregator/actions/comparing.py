"""Why a total differs: the bridge to another, and what changed between publications, as far as the reader may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from uuid import UUID

from services.aggregator.actions import reading
from services.aggregator.models.cuts import Cut
from services.aggregator.models.facts import REGION
from services.aggregator.models.publications import (
    EVERYTHING,
    Beside,
    Bridge,
    BridgePart,
    Compared,
    CutChanges,
    Differing,
    Known,
    Part,
    PublicationRecord,
    ShownChange,
    Standing,
)
from services.aggregator.models.totals import Amounts, CountedMeasure, Dimension, Total
from services.aggregator.rules import bridge as rules
from services.aggregator.rules.counting import percent
from services.aggregator.rules.days import end_of
from services.aggregator.rules.showing import hidden_members
from services.aggregator.store import commitments, differing, ledger, publications, standings
from services.aggregator.store.shown import measures_by_id
from shared.db import Connection
from shared.errors import Conflict
from shared.obligations import Kind, Scope
from shared.quarters import Quarter


async def bridge_of_quarters(
    conn: Connection,
    measure: CountedMeasure,
    quarter: Quarter,
    *,
    pledge: bool = False,
    dimension: Dimension = Dimension.REGION,
    member: str = REGION,
    threshold: int,
    known: Known = EVERYTHING,
) -> Bridge:
    """From the quarter before, as it was published last (or as known, where it never was), to this one, as ``known``."""
    earlier = quarter.previous()
    published = await publications.last_publication(conn, earlier.first_day, known)
    place = (measure, pledge, dimension, member)
    if await reading.is_kept(conn, known, earlier, quarter):
        before, before_now, after = await _standings_at_present(conn, *place, earlier, quarter, published)
        return _bridge(place, (earlier, published, before), before_now, (quarter, None, after), threshold)
    before = await _standings(conn, earlier, *place, known)
    return _bridge(
        place,
        (earlier, published, await _standings(conn, earlier, *place, Known(published.entry)) if published else before),
        before,
        (quarter, None, await _standings(conn, quarter, *place, known)),
        threshold,
    )


async def bridge_of_publications(
    conn: Connection,
    measure: CountedMeasure,
    earlier: PublicationRecord,
    later: PublicationRecord,
    *,
    pledge: bool = False,
    dimension: Dimension = Dimension.REGION,
    member: str = REGION,
    threshold: int,
) -> Bridge:
    """From one publication of a quarter to another."""
    quarter = later.publication.quarter
    place = (measure, pledge, dimension, member)
    after = await _standings(conn, quarter, *place, Known(later.entry))
    return _bridge(
        place,
        (quarter, earlier, await _standings(conn, quarter, *place, Known(earlier.entry))),
        after,
        (quarter, later, after),
        threshold,
    )


class SmallNumbers(Conflict):
    """Small numbers of this measure are hidden, so its bridge is shown for the region as a whole only."""


_Place = tuple[CountedMeasure, bool, Dimension, str]
_End = tuple[Quarter, PublicationRecord | None, dict[Hashable, Standing]]


async def _standings_at_present(
    conn: Connection,
    measure: CountedMeasure,
    pledge: bool,
    dimension: Dimension,
    member: str,
    earlier: Quarter,
    later: Quarter,
    published: PublicationRecord | None,
) -> tuple[dict[Hashable, Standing], dict[Hashable, Standing], dict[Hashable, Standing]]:
    """The earlier quarter as it was published, and both quarters at present.

    Those that stand alike stand together, but for those of whom anything was heard since the earlier one was published.
    """
    whom = _whom(measure)
    apart = await standings.heard_since(conn, earlier.first_day, published.entry, whom) if published else set()
    before_now: dict[Hashable, Standing] = {}
    after: dict[Hashable, Standing] = {}
    for row in await standings.paired(
        conn,
        earlier.first_day,
        later.first_day,
        measure.measure_id,
        pledge=pledge,
        dimension=dimension,
        member=member,
        whom=whom,
        apart=apart,
    ):
        key = row["whom"] or tuple(row[name] for name in ("before_owed", "before_known", "after_owed", "after_known"))
        for stands, side in ((before_now, "before"), (after, "after")):
            amounts = Amounts.of(measure.kind, *(row[f"{side}_{name}"] for name in ("value", "numerator", "denominator")))
            if row[f"{side}_owed"] or row[f"{side}_known"]:
                known = amounts if row[f"{side}_known"] else None
                stands[key] = Standing(row[f"{side}_owed"], known, row["members"])
    before = {key: stood for key, stood in before_now.items() if key not in apart}
    if published and apart:
        before |= await _standings(conn, earlier, measure, pledge, dimension, member, Known(published.entry), some=apart)
    return before, before_now, after


async def _standings(
    conn: Connection,
    quarter: Quarter,
    measure: CountedMeasure,
    pledge: bool,
    dimension: Dimension,
    member: str,
    known: Known,
    some: Collection[UUID] | None = None,
) -> dict[Hashable, Standing]:
    """By contract; by supplier where the measure counts once per supplier. ``some``: of these only."""
    whom = _whom(measure)
    rows = await ledger.standings(
        conn,
        quarter.first_day,
        measure.measure_id,
        pledge=pledge,
        dimension=dimension,
        member=member,
        known=known,
        some=None if some is None else (whom, some),
    )
    found: dict[Hashable, Standing] = {}
    for row in rows:
        key = row[whom]
        if some is not None and key not in some:
            continue
        amounts = Amounts.of(measure.kind, row["value"], row["numerator"], row["denominator"]) if row["figures"] else None
        before = found.get(key, rules.ABSENT)
        both = amounts if before.amounts is None else before.amounts if amounts is None else before.amounts + amounts
        found[key] = Standing(before.owed or row["due"] > 0, both)
    return found


def _whom(measure: CountedMeasure) -> standings.Whom:
    return "supplier_id" if measure.scope is Scope.ORGANISATION else "contract_id"


def _bridge(place: _Place, before: _End, before_now: dict[Hashable, Standing], after: _End, threshold: int) -> Bridge:
    measure, pledge, dimension, member = place
    if measure.suppress and dimension is not Dimension.REGION:
        raise SmallNumbers
    parts = rules.bridge(measure.kind, before[2], before_now, after[2])
    hidden = hidden_members({part.step: part.amounts.people for part in parts}, threshold) if measure.suppress else set()
    return Bridge(
        measure_code=measure.code,
        measure=measure.label,
        unit=measure.unit,
        kind=measure.kind,
        counted="pledges" if pledge else "contracts",
        dimension=dimension,
        member=member,
        before=_compared(measure.kind, before),
        after=_compared(measure.kind, after),
        parts=tuple(_part(part, hidden=part.step in hidden) for part in parts),
    )


def _compared(kind: Kind, end: _End) -> Compared:
    quarter, publication, stood = end
    amounts = rules.total(kind, stood)
    return Compared(
        quarter=quarter,
        publication=None if publication is None else publication.publication.number,
        value=amounts.value,
        numerator=amounts.numerator,
        denominator=amounts.denominator,
        percent=percent(amounts),
        members=sum(standing.members for standing in stood.values() if standing.amounts is not None),
    )


def _part(part: Part, *, hidden: bool) -> BridgePart:
    amounts = Amounts() if hidden else part.amounts
    return BridgePart(
        step=part.step,
        value=amounts.value,
        numerator=amounts.numerator,
        denominator=amounts.denominator,
        percent=None if hidden else part.percent,
        members=part.members,
        hidden=hidden,
    )


async def changes_since_cut(conn: Connection, cut: Cut, made: PublicationRecord, *, threshold: int) -> CutChanges:
    """From whichever knew less to the other."""
    sides = [(end_of(cut.day), Known(at=end_of(cut.day))), (made.publication.published_at, Known(made.entry))]
    (_, was), (_, now) = sorted(sides, key=lambda side: side[0])
    found = await differing.between(conn, cut.quarter.first_day, was, now)
    return CutChanges(
        publication=made.publication.number,
        publication_is_later=now.entry is not None,
        changes=await shown_changes(conn, found, threshold=threshold),
    )


async def shown_changes(conn: Connection, differing: Sequence[Differing], *, threshold: int) -> list[ShownChange]:
    """By measure and reason, with the contracts of buyers who let the ICB see them."""
    measures = await measures_by_id(conn, {one.measure_id for one in differing})
    visible = await commitments.shared_contracts(conn, {contract for one in differing for contract in one.contracts})
    groups: dict[UUID, list[Differing]] = defaultdict(list)
    for one in differing:
        groups[one.measure_id].append(one)
    shown = []
    for measure in sorted(measures.values(), key=lambda measure: (measure.framework, measure.code, measure.unit)):
        found = sorted(groups[measure.measure_id], key=lambda one: one.reason)
        small = {one.reason: one.amounts.people for one in found} if measure.suppress else {}
        hidden = hidden_members(small, threshold)
        for one in found:
            amounts = Amounts() if one.reason in hidden else one.amounts
            shown.append(
                ShownChange(
                    measure_code=measure.code,
                    measure=measure.label,
                    unit=measure.unit,
                    reason=one.reason,
                    lines=one.lines,
                    value=amounts.value,
                    numerator=amounts.numerator,
                    denominator=amounts.denominator,
                    hidden=one.reason in hidden,
                    contracts=tuple(sorted(one.contracts & visible.keys())),
                    restated=tuple(line for line in one.restated if line.contract_id in visible),
                )
            )
    return shown


def side_by_side(before: Sequence[Total], after: Sequence[Total]) -> list[Beside]:
    """Totals of the region as they were known twice, in the order of their places; those of other members are left out."""
    was, now = ({total.place: total for total in totals if total.dimension is Dimension.REGION} for totals in (before, after))
    return [rules.beside(was.get(place), now.get(place)) for place in sorted({**was, **now})]
