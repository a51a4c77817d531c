"""What happens to totals and names when events are heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.aggregator.models.facts import DueFact, FigureFact, MeasureDescription, Spread
from services.aggregator.rules import facts, pledges
from services.aggregator.store import commitments as names
from services.aggregator.store import fold
from shared.db import Connection
from shared.events.commitments import ContractFact, FrameworkLoaded, OrganisationRecorded
from shared.obligations import ContractForm
from shared.spine import Received

CONTRACTS = frozenset(kind.event_type for kind in ContractFact.__subclasses__())


async def hear(conn: Connection, batch: Sequence[Received], *, at: datetime) -> None:
    """Facts are kept by key and version, so that hearing them again, in other batches or another order, changes nothing."""
    mark = await fold.lock_feed(conn)
    measures, spreads, figures, dues = _facts(batch)
    if figures or dues:
        await fold.keep_allocations(conn, [part for spread in spreads.values() for part in spread.parts])
        await fold.fold(conn, figures, dues, mark=mark, at=at)
        if per_supplier := [figure for figure in figures if figure.per_supplier]:
            await fold.settle_suppliers(conn, per_supplier, mark=mark)
    measures |= _catalogue(batch)
    described = bool(measures) and await fold.describe_measures(conn, measures)
    described |= await _hear_commitments(conn, batch)
    if described:
        await fold.note_described(conn, mark)


def _facts(
    batch: Sequence[Received],
) -> tuple[set[MeasureDescription], dict[str, Spread], Sequence[FigureFact], Sequence[DueFact]]:
    measures: set[MeasureDescription] = set()
    spreads: dict[str, Spread] = {}
    figures: list[FigureFact] = []
    dues: list[DueFact] = []
    for received in batch:
        envelope = received.attributes
        kind, data, time = envelope["type"], envelope["data"], envelope["time"]
        if kind in facts.FIGURES:
            measure = facts.measure_described(data["terms"]["measure"])
            measures.add(measure)
            spread = facts.spread_of(data["contract"])
            spreads[spread.allocation_id] = spread
            figures.append(
                facts.figure_fact(
                    data, measure=measure, spread=spread, time=time, partition=received.partition, position=received.position
                )
            )
        elif kind in facts.DUES:
            owed = [facts.measure_described(line["terms"]["measure"]) for line in data["lines"]]
            measures.update(owed)
            spread = facts.spread_of(data["contract"])
            spreads[spread.allocation_id] = spread
            dues.append(
                facts.due_fact(
                    data, measures=owed, spread=spread, time=time, partition=received.partition, position=received.position
                )
            )
    return measures, spreads, figures, dues


def _catalogue(batch: Sequence[Received]) -> set[MeasureDescription]:
    return {
        facts.catalogue_measure(measure, received.attributes["data"]["version"])
        for received in batch
        if received.type == FrameworkLoaded.event_type
        for measure in received.attributes["data"]["measures"]
    }


async def _hear_commitments(conn: Connection, batch: Sequence[Received]) -> bool:
    """Returns whether an organisation is described anew."""
    organisations = [received.event for received in batch if received.type == OrganisationRecorded.event_type]
    contracts = [received.attributes["data"] for received in batch if received.type in CONTRACTS]
    if contracts:
        await names.keep_contracts(conn, contracts)
    pledged = [
        received.event
        for received in batch
        if received.type in CONTRACTS and received.attributes["data"]["form"] == ContractForm.PLEDGE
    ]
    if pledged:
        await names.keep_pledges(conn, [pledges.pledge_of(event) for event in pledged if isinstance(event, ContractFact)])
    if not organisations:
        return False
    return await names.keep_organisations(conn, [each for each in organisations if isinstance(each, OrganisationRecorded)])
