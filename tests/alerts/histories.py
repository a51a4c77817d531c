"""Generated histories of a small region: what two contracts promised, and what was heard of them over the quarters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from shared.events import Event
from shared.events.commitments import ContractVaried
from shared.obligations import Basis, Direction, Judgement, Kind, Side
from shared.quarters import Quarter
from tests.alerts.builders import STARTS, Contract, Promised, at
from tests.shared.ratings.builders import Q1, terms, thresholds

FILES = ("a" * 64, "b" * 64)


@dataclass(frozen=True)
class Line:
    """What was said of one obligation in one quarter; None: never approved."""

    figure: str | None
    days_to_approval: int
    judgement: Judgement | None
    evidence: tuple[str, ...]
    unlikely: tuple[str, ...]
    restated: str | None
    days_to_restatement: int


@dataclass(frozen=True)
class Year:
    """One contract: its obligations, and per quarter whether its return came late and its lines."""

    name: str
    obligations: tuple[Promised, ...]
    varied: tuple[Promised, ...]
    """The same obligations with other targets, heard of at ``varied_at``."""
    varied_after: int
    late: tuple[bool, ...]
    reviewed_late: tuple[bool, ...]
    lines: tuple[dict[str, Line], ...]


History = Sequence[Year]
amounts = st.integers(0, 120)


@st.composite
def _promised(draw: st.DrawFn, name: str) -> Promised:
    kind = draw(st.sampled_from(Kind))
    direction = draw(st.sampled_from(Direction))
    by_values = {"bands": thresholds("60", "70", "90") if direction is Direction.LOWER else thresholds("90", "70", "60")}
    bands = by_values if kind is Kind.RATIO or direction is Direction.LOWER else {}
    in_force = terms(
        kind,
        target=draw(st.sampled_from([0, 20, 50, 80])),
        basis=draw(st.sampled_from(Basis)),
        direction=direction,
        evidence_required=draw(st.booleans()),
        **bands,
    )
    return Promised(name, draw(st.sampled_from(Side)), in_force)


@st.composite
def _figure(draw: st.DrawFn, kind: Kind) -> str:
    if kind is Kind.RATIO:
        return f"{draw(amounts)} of {draw(amounts)}"
    return str(draw(st.integers(0, 1) if kind is Kind.FLAG else amounts))


@st.composite
def _line(draw: st.DrawFn, kind: Kind) -> Line:
    return Line(
        figure=draw(_figure(kind)) if draw(st.integers(0, 4)) else None,
        days_to_approval=draw(st.sampled_from([45, 60, 60, 130])),
        judgement=draw(st.sampled_from([None, *Judgement])),
        evidence=tuple(sorted(draw(st.sets(st.sampled_from(FILES), max_size=1)))),
        unlikely=draw(st.sampled_from([(), ("same_again",)])),
        restated=draw(_figure(kind)) if draw(st.booleans()) else None,
        days_to_restatement=draw(st.sampled_from([0, 10, 100])),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    quarters = draw(st.integers(1, 5))
    region = []
    for name in ("C-1", "C-2"):
        obligations = tuple(draw(_promised(f"{name}-{n}")) for n in range(draw(st.integers(1, 3))))
        region.append(
            Year(
                name,
                obligations,
                tuple(_varied(promised, draw(st.sampled_from([10, 60]))) for promised in obligations),
                varied_after=draw(st.integers(0, 5)),
                late=tuple(draw(st.booleans()) for _ in range(quarters)),
                reviewed_late=tuple(draw(st.booleans()) for _ in range(quarters)),
                lines=tuple(
                    {promised.name: draw(_line(promised.terms.kind)) for promised in obligations} for _ in range(quarters)
                ),
            )
        )
    return region


def _varied(promised: Promised, target: int) -> Promised:
    return replace(promised, terms=promised.terms.model_copy(update={"target": Decimal(target), "version": 2}))


Change = Callable[[Sequence[Promised]], Sequence[Promised]]


def told(history: History, change: Change = lambda obligations: obligations) -> list[tuple[Event, datetime]]:
    """The events of a history in the order of their time, with the obligations of each contract changed by ``change``."""
    found: list[tuple[Event, datetime]] = []
    for year in history:
        contract = Contract(year.name, tuple(change(year.obligations)))
        varied = Contract(year.name, tuple(change(year.varied)))
        found.append((contract.recorded(), at(STARTS)))
        for n, lines in enumerate(year.lines):
            now = varied if n >= year.varied_after else contract
            found += _quarter(now, Q1.plus(n), year.late[n], year.reviewed_late[n], lines)
        if year.varied_after < len(year.lines):
            found.append((varied.recorded(2, ContractVaried), at(Q1.plus(year.varied_after).first_day)))
    return sorted(found, key=lambda pair: pair[1])


def _quarter(
    contract: Contract, quarter: Quarter, late: bool, reviewed_late: bool, lines: dict[str, Line]
) -> list[tuple[Event, datetime]]:
    opened = at(quarter.next().first_day, 5)
    found: list[tuple[Event, datetime]] = [(contract.opened(quarter), opened)]
    if late:
        found.append((contract.overdue(quarter, 2), opened + timedelta(days=30)))
    submitted = opened + timedelta(days=40 if late else 10)
    found.append((contract.submitted(quarter, submitted, 3), submitted))
    if reviewed_late:
        found.append((contract.review_overdue(quarter, submitted, 4), submitted + timedelta(days=22)))
    for promised in contract.obligations:
        line = lines.get(promised.name)
        if line is None or line.figure is None:
            continue
        approved = opened + timedelta(days=line.days_to_approval)
        found.append(
            (
                contract.approved(
                    quarter, line.figure, promised.name, judgement=line.judgement, evidence=line.evidence, unlikely=line.unlikely
                ),
                approved,
            )
        )
        if line.restated is not None:
            restated = approved + timedelta(days=line.days_to_restatement)
            found.append((contract.approved(quarter, line.restated, promised.name, version=2), restated))
    return found
