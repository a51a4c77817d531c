"""What happens to totals and names when events are heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from services.aggregator.models.facts import DueFact, FigureFact, MeasureDescription, Spread
from services.aggregator.models.pledges import Pledge
from services.aggregator.rules import facts
from services.aggregator.rules.pledges import pledge_of
from services.aggregator.store import commitments, fold
from shared.db import Connection
from shared.events.commitments import ContractFact, FrameworkLoaded, OrganisationRecorded
from shared.obligations import ContractForm
from shared.spine import Received

_CONTRACTS = frozenset(kind.event_type for kind in ContractFact.__subclasses__())


async def hear(conn: Connection, batch: Sequence[Received], *, at: datetime) -> None:
    """Facts are kept by key and version, so that hearing them again, in other batches or another order, changes nothing."""
    mark = await fold.lock_feed(conn)
    heard = facts_in(batch)
    if heard.figures or heard.dues:
        await fold.keep_allocations(conn, [part for spread in heard.spreads.values() for part in spread.parts])
        await fold.fold(conn, heard.figures, heard.dues, mark=mark, at=at)
        if per_supplier := [figure for figure in heard.figures if figure.per_supplier]:
            await fold.settle_suppliers(conn, per_supplier, mark=mark, at=at)
    described = bool(heard.measures) and await fold.describe_measures(conn, heard.measures)
    if heard.contracts:
        await commitments.keep_contracts(conn, heard.contracts)
    if heard.pledges:
        await commitments.keep_pledges(conn, heard.pledges)
    if heard.organisations:
        described |= await commitments.keep_organisations(conn, heard.organisations)
    if described:
        await fold.note_described(conn, mark)


@dataclass
class Heard:
    """What a batch tells, sorted."""

    figures: list[FigureFact] = field(default_factory=list)
    dues: list[DueFact] = field(default_factory=list)
    spreads: dict[str, Spread] = field(default_factory=dict)
    measures: set[MeasureDescription] = field(default_factory=set)
    organisations: list[OrganisationRecorded] = field(default_factory=list)
    contracts: list[Mapping[str, Any]] = field(default_factory=list)
    pledges: list[Pledge] = field(default_factory=list)


def facts_in(batch: Sequence[Received]) -> Heard:
    """Events of other types are nothing to the aggregator."""
    heard = Heard()
    for received in batch:
        envelope = received.attributes
        kind, data = envelope["type"], envelope["data"]
        if kind in facts.FIGURES:
            measure = facts.measure_described(data["terms"]["measure"])
            heard.measures.add(measure)
            spread = facts.spread_of(data["contract"])
            heard.spreads[spread.allocation_id] = spread
            heard.figures.append(
                facts.figure_fact(data, measure, spread, envelope["time"], received.partition, received.position)
            )
        elif kind in facts.DUES:
            owed = [facts.measure_described(line["terms"]["measure"]) for line in data["lines"]]
            heard.measures.update(owed)
            spread = facts.spread_of(data["contract"])
            heard.spreads[spread.allocation_id] = spread
            heard.dues.append(facts.due_fact(data, owed, spread, envelope["time"], received.partition, received.position))
        elif kind in _CONTRACTS:
            heard.contracts.append(data)
            if data["form"] == ContractForm.PLEDGE:
                heard.pledges.append(pledge_of(cast("ContractFact", received.event)))
        elif kind == OrganisationRecorded.event_type:
            heard.organisations.append(cast("OrganisationRecorded", received.event))
        elif kind == FrameworkLoaded.event_type:
            heard.measures.update(facts.catalogue_measure(measure, data["version"]) for measure in data["measures"])
    return heard
