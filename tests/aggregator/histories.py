"""Generated histories of a small region: what several contracts' returns told, restated and amended."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from shared.events.envelope import Event
from shared.obligations import ContractForm, FteCounting, Kind, Measure, Place, Sector, Share
from tests.aggregator.builders import (
    AFTER_Q2,
    CARE_LEAVERS,
    FLAG,
    FTE,
    HEADCOUNT,
    HOURS,
    MONEY,
    Q1,
    Q2,
    Q3,
    RATIO,
    SPEND,
    TERMS_OF_EMPLOYMENT,
    Contract,
    Return,
    an_organisation,
    figure,
)

MEASURES = (HOURS, FTE, CARE_LEAVERS, HEADCOUNT, RATIO, TERMS_OF_EMPLOYMENT, FLAG, MONEY, SPEND)
SHARES = ({}, {0: "1"}, {0: "0.6", 1: "0.4"}, {0: "0.333334", 1: "0.333333", 2: "0.333333"}, {0: "0.5", 3: "0.5"})
BUYERS = tuple(an_organisation(f"Trust {nth}", Sector.PUBLIC) for nth in range(3))
SUPPLIERS = tuple(an_organisation(f"Supplier {nth}", sector) for nth, sector in enumerate((Sector.PRIVATE, Sector.VCFSE)))

amounts = st.decimals(0, 1000, places=6) | st.integers(0, 9).map(Decimal)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    places = {list(Place)[nth]: share for nth, share in draw(st.sampled_from(SHARES)).items()}
    return Contract(
        form=draw(st.sampled_from([ContractForm.CONTRACT, ContractForm.CONTRACT, ContractForm.PLEDGE])),
        starts_on=draw(st.sampled_from([date(2025, 4, 1), date(2026, 8, 16)])),
        ends_on=draw(st.sampled_from([date(2026, 9, 1), date(2028, 3, 31)])),
        buyers=draw(st.sampled_from([BUYERS[:1], BUYERS[1:2], _shared(*BUYERS[:2]), _shared(*BUYERS[1:])])),
        suppliers=draw(st.sampled_from([SUPPLIERS[:1], SUPPLIERS[1:]])),
        places=places,
    )


def _shared(one: Share, other: Share) -> tuple[Share, ...]:
    return (
        one.model_copy(update={"share": Decimal("0.7")}),
        other.model_copy(update={"share": Decimal("0.3"), "lead": False}),
    )


def figures(measure: Measure) -> st.SearchStrategy[Any]:
    if measure.kind is Kind.RATIO:
        return st.tuples(amounts, amounts).map(lambda pair: figure((str(min(pair)), str(max(pair)))))
    return (st.integers(0, 1).map(Decimal) if measure.kind is Kind.FLAG else amounts).map(lambda amount: figure(str(amount)))


@st.composite
def events_of(draw: st.DrawFn, contract: Contract) -> list[Event]:
    """One return's life, in the order in which it happened."""
    counting = draw(st.sampled_from(list(FteCounting)))
    filed: Return = contract.owes(
        *draw(st.lists(st.sampled_from(MEASURES), min_size=1, max_size=3)),
        quarter=draw(st.sampled_from([Q1, Q2, Q3])),
        target=draw(st.sampled_from(["50", "3.125", "0"])),
        fte_counting=counting,
    )
    told: list[Event] = [filed.opened()]
    at = AFTER_Q2
    for step in draw(
        st.lists(st.sampled_from(["submit", "approve one", "approve one", "approve", "restate", "respread"]), max_size=5)
    ):
        at += timedelta(hours=draw(st.integers(0, 48)))
        nth = draw(st.integers(0, len(filed.lines) - 1))
        if step == "submit":
            told.append(filed.submitted(at))
        elif step == "approve":
            told += filed.approved(*[draw(figures(line.terms.measure)) for line in filed.lines], at=at)
        elif step == "respread":
            contract.places = {Place.KNOWSLEY: "0.1", Place.WARRINGTON: "0.9"}
            told.append(filed.submitted(at))
        else:
            one = [draw(figures(filed.lines[nth].terms.measure))]
            told += filed.approved(*one, nth=nth, at=at) if step == "approve one" else [filed.restated(one[0], nth, at)]
    return told


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Everything that a region told, in any interleaving of its returns (each keeps its own order)."""
    lives = [draw(events_of(contract)) for contract in draw(st.lists(contracts(), min_size=1, max_size=4)) for _ in range(2)]
    turns = draw(st.permutations([nth for nth, life in enumerate(lives) for _ in life]))
    left = [iter(life) for life in lives]
    return [next(left[nth]) for nth in turns]


def batches_of(draw: Any, events: list[Any]) -> list[list[Any]]:
    """Cut anywhere."""
    cuts = sorted(draw(st.sets(st.integers(0, len(events)), max_size=6)))
    return [part for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True) if (part := events[start:end])]
