"""The totals by plain addition over the newest facts: slow, and too simple to be wrong. What is kept must equal it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from shared.db import Pool
from shared.events.envelope import Event
from shared.events.returns import LineFact, LineStatus, ReturnFact, ReturnStatus
from shared.obligations import ContractForm, FteCounting, Kind, Measure, Scope, Share, Terms
from shared.quarters import Quarter

ZERO = Decimal(0)
Key = tuple[str, str, str, str, UUID | None, bool, str, str]
"""Quarter, measure's code, unit, kind and owner, pledge, dimension, member."""


@dataclass
class Sum:
    value: Decimal = ZERO
    numerator: Decimal = ZERO
    denominator: Decimal = ZERO
    figures: int = 0
    due: int = 0
    received: int = 0
    approved: int = 0
    promised_due: Decimal = ZERO
    promised_received: Decimal = ZERO
    promised_approved: Decimal = ZERO


def newest(facts: Iterable[Any], key: str) -> list[Any]:
    found: dict[UUID, Any] = {}
    for fact in facts:
        if getattr(fact, key) not in found or fact.version > found[getattr(fact, key)].version:
            found[getattr(fact, key)] = fact
    return list(found.values())


def split(amount: Decimal, shares: dict[str, Decimal]) -> dict[str, Decimal]:
    """Rounded to millionths, the remainder to the largest share; the first by name of equals."""
    parts = {member: (amount * share).quantize(Decimal("0.000001"), ROUND_HALF_UP) for member, share in shares.items()}
    largest = min(shares, key=lambda member: (-shares[member], member))
    parts[largest] += amount - sum(parts.values())
    return parts


def _by_party(parties: Sequence[Share], name: str) -> dict[str, Decimal]:
    shared: dict[str, Decimal] = defaultdict(Decimal)
    for party in parties:
        if party.share:
            shared[str(getattr(party, name))] += party.share
    return dict(shared) or {str(getattr(next(party for party in parties if party.lead), name)): Decimal(1)}


def shares_of(fact: Any) -> dict[str, dict[str, Decimal]]:
    contract = fact.contract
    places = {str(place): share for place, share in contract.places.items() if share}
    return {
        "region": {"all": Decimal(1)},
        "place": places or {"several places": Decimal(1)},
        "buyer": _by_party(contract.buyers, "organisation_id"),
        "sector": _by_party(contract.suppliers, "sector"),
    }


def weighted(amount: Decimal, fact: Any) -> Decimal:
    quarter: Quarter = fact.quarter
    days = quarter.days_within(fact.contract.starts_on, fact.contract.ends_on)
    return (amount * days / quarter.days).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def promised(terms: Terms, fact: Any) -> Decimal:
    if terms.kind is Kind.RATIO:
        return ZERO
    if terms.kind is Kind.FTE:
        return weighted(terms.target * (4 if terms.fte_counting is FteCounting.FTE_YEARS else 1), fact)
    return terms.target


def counted(line: LineFact) -> tuple[Decimal, Decimal, Decimal]:
    figure, kind = line.figure, line.terms.kind
    if kind is Kind.RATIO:
        return ZERO, figure.numerator or ZERO, figure.denominator or ZERO
    if kind is Kind.FLAG:
        return ZERO, figure.value or ZERO, Decimal(1)
    if kind is Kind.FTE:
        return weighted(figure.value or ZERO, line), ZERO, ZERO
    return figure.value or ZERO, ZERO, ZERO


def plain_fold(events: Iterable[Event]) -> dict[Key, Sum]:
    events = list(events)
    lines: list[LineFact] = newest((event for event in events if isinstance(event, LineFact)), "line_id")
    returns: list[ReturnFact] = newest((event for event in events if isinstance(event, ReturnFact)), "return_id")
    totals: dict[Key, Sum] = defaultdict(Sum)
    _add_figures(totals, lines)
    _add_coverage(totals, lines, returns)
    return {key: total for key, total in totals.items() if any(astuple(total))}


def _key(fact: Any, measure: Measure, dimension: str, member: str) -> Key:
    pledge = fact.contract.form is ContractForm.PLEDGE
    return fact.quarter.code, measure.code, measure.unit, measure.kind, measure.buyer_id, pledge, dimension, member


def _add_figures(totals: dict[Key, Sum], lines: Sequence[LineFact]) -> None:
    """Figures of one return and measure are split together; of the whole organisation, only the one approved last counts."""
    groups: dict[Any, list[LineFact]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: (line.approved_at, line.line_id)):
        supplier = next(party for party in line.contract.suppliers if party.lead).organisation_id
        if line.terms.measure.scope is Scope.ORGANISATION:
            groups[supplier, _key(line, line.terms.measure, "", "")] = [line]
        else:
            groups[line.return_id, _key(line, line.terms.measure, "", ""), str(shares_of(line))].append(line)
    for group in groups.values():
        amounts = [sum(parts, start=ZERO) for parts in zip(*map(counted, group), strict=True)]
        for dimension, shares in shares_of(group[0]).items():
            split_up = [split(amount, shares) for amount in amounts]
            for member in shares:
                total = totals[_key(group[0], group[0].terms.measure, dimension, member)]
                total.value += split_up[0][member]
                total.numerator += split_up[1][member]
                total.denominator += split_up[2][member]
                total.figures += len(group)


def _add_coverage(totals: dict[Key, Sum], lines: Sequence[LineFact], returns: Sequence[ReturnFact]) -> None:
    """A contract counts once for a measure, however many lines it has of it."""
    approved = {line.line_id: line for line in lines}
    for fact in returns:
        received = fact.first_submitted_at is not None or fact.status is not ReturnStatus.OPEN
        owed: dict[Any, list[tuple[Measure, Decimal, bool]]] = defaultdict(list)
        for line in fact.lines:
            figure = approved.get(line.line_id)
            terms = figure.terms if figure else line.terms
            is_approved = figure is not None or line.status is LineStatus.APPROVED
            owed[_key(fact, terms.measure, "", "")].append((terms.measure, promised(terms, figure or fact), is_approved))
        for group in owed.values():
            # A line is there only where something was submitted, whatever the return says.
            is_received = received or any(line.line_id in approved for line in fact.lines if line.terms.measure == group[0][0])
            sums = [
                sum((target for _, target, _ in group), start=ZERO),
                sum((target for _, target, is_approved in group if received or is_approved), start=ZERO),
                sum((target for _, target, is_approved in group if is_approved), start=ZERO),
            ]
            for dimension, shares in shares_of(fact).items():
                split_up = [split(amount, shares) for amount in sums]
                for member in shares:
                    total = totals[_key(fact, group[0][0], dimension, member)]
                    total.due += 1
                    total.received += is_received
                    total.approved += all(is_approved for _, _, is_approved in group)
                    total.promised_due += split_up[0][member]
                    total.promised_received += split_up[1][member]
                    total.promised_approved += split_up[2][member]


async def kept_totals(conn: Pool | Any, table: str = "totals") -> dict[Key, Sum]:
    """What the aggregator keeps, in the same form."""
    rows = await conn.fetch(f"SELECT t.*, m.code, m.unit, m.kind, m.buyer_id FROM {table} t JOIN measures m USING (measure_id)")
    found = {}
    for row in rows:
        key = (
            Quarter(row["quarter"]).code,
            row["code"],
            row["unit"],
            row["kind"],
            row["buyer_id"],
            row["pledge"],
            row["dimension"],
            row["member"],
        )
        total = Sum(*(row[name] for name in Sum.__dataclass_fields__))
        if any(astuple(total)):
            found[key] = total
    return found
