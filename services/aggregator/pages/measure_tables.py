"""The tables and charts of one measure: over quarters, over places, buyers and sectors, the bridge, the contracts behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from services.aggregator.actions import comparing, reading
from services.aggregator.actions.reading import Wanted
from services.aggregator.models.behind import ContractsBehind
from services.aggregator.models.facts import REGION, SEVERAL_PLACES
from services.aggregator.models.publications import Bridge, BridgePart, Step
from services.aggregator.models.totals import Dimension, Total
from services.aggregator.pages import drawings
from services.aggregator.pages.amounts import (
    AMOUNT,
    COVERAGE,
    HIDDEN,
    SMALL_NUMBERS,
    amount_cells,
    amount_said,
    coverage_cells,
    step_said,
)
from services.aggregator.pages.asking import Asked, AskedMeasure
from services.aggregator.pages.drawings import Drawing
from services.aggregator.pages.tables import Cell, Column, Row, Table, nothing, number, text
from shared.db import Connection
from shared.obligations import Kind, Place
from shared.origin import link
from shared.quarters import Quarter, quarters_between
from shared.ratings.rounding import shown
from shared.words import counted, label, listed

ROOM = "/measure"
_EARLIER = 4

DIMENSIONS = {"places": Dimension.PLACE, "buyers": Dimension.BUYER, "sectors": Dimension.SECTOR}
HEADINGS = {"places": "Place", "buyers": "Buyer", "sectors": "Supplier sector"}

_AS_THEN = "Earlier quarters are shown as they were known when this one was published."
_STEPS = {
    Step.RESTATED: "Restated since it was published",
    Step.LIKE_FOR_LIKE: "Contracts that report in both quarters",
    Step.NEWLY_REPORTING: "Owed in both, approved only in this quarter",
    Step.NO_LONGER_REPORTING: "Owed in both, approved only in the quarter before",
    Step.NEW: "Not owed in the quarter before",
    Step.ENDED: "Not owed any more",
}


async def of_quarter(conn: Connection, asked: AskedMeasure, quarter: Quarter | None = None) -> list[Total]:
    """The measure's totals of every dimension; of an earlier quarter the region's alone."""
    there = asked.in_quarter(quarter or asked.quarter)
    wanted = Wanted(
        codes=(asked.measure.code,),
        dimensions=(Dimension.REGION,) if quarter else (Dimension.REGION, *DIMENSIONS.values()),
        counted=asked.counted,
        own=asked.measure.buyer_id is not None,
    )
    found, _ = await reading.totals(
        conn, there.quarter, wanted, threshold=there.threshold, as_of=there.as_of, publication=there.number
    )
    measure = asked.measure
    return [
        total
        for total in found
        if (total.framework, total.unit, total.kind, total.owner_id)
        == (measure.framework, measure.unit, measure.kind, measure.buyer_id)
    ]


def region(totals: Sequence[Total]) -> Total | None:
    return next((total for total in totals if total.dimension is Dimension.REGION), None)


def quarters_of(asked: Asked) -> list[Quarter]:
    """The quarter and the four before."""
    return quarters_between(asked.quarter.plus(-_EARLIER), asked.quarter)


async def over_quarters(conn: Connection, asked: AskedMeasure) -> dict[Quarter, Total | None]:
    """The region's totals of this quarter and the four before."""
    return {quarter: region(await of_quarter(conn, asked, quarter)) for quarter in quarters_of(asked)}


def quarters_table(asked: AskedMeasure, totals: Mapping[Quarter, Total | None]) -> Table:
    return Table(
        "quarters",
        "This quarter and the four before",
        (Column("In quarter"), *AMOUNT, *COVERAGE),
        tuple(_quarter_row(quarter, total) for quarter, total in sorted(totals.items(), reverse=True)),
        asked,
        ROOM,
        notes=()
        if asked.publication is None
        else ("Earlier quarters are shown as they were known when this one was published.",),
    )


def _quarter_row(quarter: Quarter, total: Total | None) -> Row:
    if total is None:
        return Row((text(str(quarter)), Cell("nothing due"), *[Cell("")] * 5, *[number(0)] * 3))
    return Row((text(str(quarter)), *amount_cells(total), *coverage_cells(total)))


def quarters_drawing(asked: AskedMeasure, totals: Mapping[Quarter, Total | None]) -> Drawing | None:
    return drawings.of_quarters(asked, list(totals), list(totals.values()), ROOM)


Members = Sequence[tuple[str, Total | None]]
"""Names of places, buyers or sectors, each with its total."""


def names_of(name: str, totals: Iterable[Total]) -> dict[str, str]:
    """Members as people call them, in the order in which they are shown: all nine places, whatever is due there."""
    found = {total.member: total.member_name for total in totals if total.dimension is DIMENSIONS[name]}
    if name == "places":
        several = {SEVERAL_PLACES: SEVERAL_PLACES.capitalize()} if SEVERAL_PLACES in found else {}
        return {place.value: place.value for place in Place} | several
    if name == "sectors":
        return {member: label(member) for member in sorted(found)}
    return dict(sorted(found.items(), key=lambda each: each[1]))


def members_of(name: str, totals: Collection[Total]) -> Members:
    found = {total.member: total for total in totals if total.dimension is DIMENSIONS[name]}
    return [(called, found.get(member)) for member, called in names_of(name, totals).items()]


def members_table(name: str, asked: AskedMeasure, members: Members) -> Table:
    return Table(
        name,
        f"{asked.measure.code} by {HEADINGS[name].lower()}",
        (Column(HEADINGS[name]), *AMOUNT, *COVERAGE, Column("Contracts", only="page")),
        tuple(_member_row(asked, member, total) for member, total in members),
        asked,
        ROOM,
        empty="Nothing is due, or known yet, for this quarter.",
        notes=(SMALL_NUMBERS,) if any(total is not None and total.hidden for _, total in members) else (),
    )


def _member_row(asked: AskedMeasure, name: str, total: Total | None) -> Row:
    if total is None:
        return Row((text(name), Cell("nothing due"), *[Cell("")] * 5, *[number(0)] * 3, nothing()))
    there = replace(asked, dimension=total.dimension, member=total.member)
    return Row((text(name), *amount_cells(total), *coverage_cells(total), text("Contracts", there.link("/contracts"))))


def members_drawing(name: str, asked: AskedMeasure, members: Members) -> Drawing | None:
    return drawings.of_members(name, asked, members, ROOM)


async def bridge(conn: Connection, asked: AskedMeasure) -> Bridge:
    return await comparing.bridge_of_quarters(
        conn,
        asked.measure,
        asked.quarter,
        pledge=asked.counted == "pledges",
        threshold=asked.threshold,
        known=asked.known,
    )


def bridge_table(asked: AskedMeasure, found: Bridge) -> Table:
    before, after = found.before, found.after
    published = f", publication {before.publication}" if before.publication else ""
    ends = [
        (f"{end.quarter}{more}", end, amount_said(found.kind, found.unit, end.value, end.numerator, end.denominator, end.percent))
        for end, more in ((before, published), (after, ""))
    ]
    start, finish = (
        Row((text(words), number(end.members), Cell(said, None), *_parts(end.value, end.numerator, end.denominator, end.percent)))
        for words, end, said in ends
    )
    steps = (
        Row(
            (
                text(_STEPS[part.step]),
                number(part.members),
                Cell(_step_said(found, part)),
                *_parts(part.value, part.numerator, part.denominator, part.percent),
            )
        )
        for part in found.parts
    )
    members = "Suppliers" if asked.measure.scope == "organisation" else "Contracts"
    return Table(
        "bridge",
        "From the quarter before to this one",
        (
            Column("Step"),
            Column(members, numeric=True),
            Column("Total or change", numeric=True, only="page"),
            Column("Value", numeric=True, only="file"),
            Column("Numerator", numeric=True, only="file"),
            Column("Denominator", numeric=True, only="file"),
            Column("Percent or percentage points", numeric=True, only="file"),
        ),
        (start, *steps, finish),
        asked,
        ROOM,
        notes=(SMALL_NUMBERS,) if any(part.hidden for part in found.parts) else (),
    )


def _parts(*amounts: Decimal | None) -> tuple[Cell, ...]:
    return tuple(Cell("", amount) for amount in amounts)


def _step_said(found: Bridge, part: BridgePart) -> str:
    if part.hidden:
        return HIDDEN
    if found.kind not in (Kind.RATIO, Kind.FLAG):
        return nothing().text if part.value is None else step_said(part.value, found.unit)
    if part.percent is not None:
        return step_said(part.percent, "%")
    return f"numerator {shown(part.numerator or 0)}, denominator {shown(part.denominator or 0)}"


def bridge_drawing(asked: AskedMeasure, found: Bridge) -> Drawing | None:
    ratio = found.kind in (Kind.RATIO, Kind.FLAG)
    steps = [
        (_STEPS[part.step], None if part.hidden else part.percent if ratio else part.value)
        for part in found.parts
        if part.members or part.hidden
    ]
    return drawings.of_bridge(asked, found, steps, ROOM)


async def contracts(conn: Connection, asked: AskedMeasure) -> Table:
    """Of buyers who let the ICB see them; the others are counted."""
    found = await reading.contracts_behind(
        conn,
        asked.quarter,
        asked.measure,
        pledge=asked.counted == "pledges",
        dimension=asked.dimension,
        member=asked.member,
        threshold=asked.threshold,
        known=asked.known,
    )
    return _contracts(asked, found)


def _contracts(asked: AskedMeasure, found: ContractsBehind) -> Table:
    kind, unit = asked.measure.kind, asked.measure.unit
    others = f"{counted(found.others, 'contract')} more in this total, whose buyers show the ICB totals only."
    return Table(
        "contracts",
        "Contracts behind the total",
        (
            Column("Contract"),
            Column("Title"),
            Column("Suppliers"),
            Column("Its part", numeric=True, only="page"),
            Column("Value", numeric=True, only="file"),
            Column("Numerator", numeric=True, only="file"),
            Column("Denominator", numeric=True, only="file"),
            Column("Unit", only="file"),
            Column("Hidden", only="file"),
        ),
        tuple(
            Row(
                (
                    text(one.reference, link("commitments", f"/contracts/{one.contract_id}")),
                    text(one.title),
                    text(listed(one.suppliers)),
                    Cell(HIDDEN if one.hidden else amount_said(kind, unit, one.value, one.numerator, one.denominator)),
                    *_parts(one.value, one.numerator, one.denominator),
                    text(unit),
                    Cell("", "yes" if one.hidden else "no"),
                )
            )
            for one in found.items
        ),
        asked,
        ROOM,
        empty="No buyer in this total shows the ICB single contracts.",
        notes=(others,) if found.others else (),
    )


def heading(asked: AskedMeasure, totals: Sequence[Total]) -> str:
    """Whose total: the region's, or that of a member."""
    if asked.dimension is Dimension.REGION or asked.member == REGION:
        return "The region"
    of_member = (total for total in totals if (total.dimension, total.member) == (asked.dimension, asked.member))
    found = next(of_member, None)
    return label(asked.member) if asked.dimension is Dimension.SECTOR else found.member_name if found else asked.member
