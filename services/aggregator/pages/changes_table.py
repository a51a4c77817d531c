"""Which figures differ between two publications, a cut and a publication, or since the last publication; and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from services.aggregator.actions import comparing, reading
from services.aggregator.actions.reading import Wanted
from services.aggregator.models.publications import Beside, Publication, Reason, ShownChange
from services.aggregator.models.totals import Dimension
from services.aggregator.pages.amounts import HIDDEN, drawn_unit, one_number, said, step_said
from services.aggregator.pages.asking import Asked, AskedComparison, naming
from services.aggregator.pages.tables import Cell, Column, Row, Table, nothing, number, text
from services.aggregator.store import commitments, differing
from shared.db import Connection, Record
from shared.origin import link
from shared.ratings.rounding import shown

ROOM = "/compare"

REASONS = {
    Reason.NEWLY_REPORTED: "Newly reported: the return had not been received",
    Reason.NEWLY_APPROVED: "Newly approved: received before, not approved yet",
    Reason.RESTATED: "Restated: an approved figure was changed",
    Reason.MOVED: "Moved: counts under another measure, or is shared out otherwise",
}

_COLUMNS = (
    Column("Code"),
    Column("Measure"),
    Column("Reason"),
    Column("Lines", numeric=True),
    Column("Difference", numeric=True, only="page"),
    Column("Unit", only="file"),
    Column("Value", numeric=True, only="file"),
    Column("Numerator", numeric=True, only="file"),
    Column("Denominator", numeric=True, only="file"),
    Column("Hidden", only="file"),
    Column("Contracts"),
)
_NAMED = 5
_NOT_NAMED = "Contracts whose buyers show the ICB totals only are counted, and not named."
_WHY = "Follow the contract of a restated figure to its line and the reason. It opens once the whole return is approved."


async def changes(conn: Connection, asked: AskedComparison) -> Table:
    before, after = asked.sides
    found = await differing.between(conn, asked.quarter.first_day, before.known, after.known)
    rows = await _rows(conn, await comparing.shown_changes(conn, found, threshold=asked.threshold))
    caption = "Figures that differ, by measure and reason"
    return Table("changes", caption, _COLUMNS, rows, asked, ROOM, empty="No figure differs.", notes=(_NOT_NAMED, _WHY))


async def restatements(conn: Connection, found: Sequence[Publication], threshold: int) -> Table:
    """Of these publications, what each restated of the one before it."""
    rows: list[Row] = []
    for made in found:
        if Reason.RESTATED in made.reasons or Reason.MOVED in made.reasons:
            kept = await differing.kept(conn, made.publication_id)
            differences = await comparing.shown_changes(conn, kept, threshold=threshold)
            before = (
                text(f"{made.quarter}, publication {made.number}", publication_href(made)),
                Cell("", made.quarter.code),
                Cell("", made.number),
            )
            told = [change for change in differences if change.reason in (Reason.RESTATED, Reason.MOVED)]
            rows += [Row((*before, *row.cells)) for row in await _rows(conn, told)]
    return Table(
        "restatements",
        "Figures restated after their quarter was closed",
        (
            Column("Published in", only="page"),
            Column("Quarter", only="file"),
            Column("Publication", numeric=True, only="file"),
            *_COLUMNS,
        ),
        tuple(rows),
        None,
        "/publications",
        empty="No published figure has been restated.",
        notes=(_NOT_NAMED, _WHY),
    )


async def beside(conn: Connection, asked: AskedComparison) -> Table:
    """The region's totals, side by side."""
    wanted = Wanted(dimensions=(Dimension.REGION,))
    sides = [
        (await reading.totals(conn, side.quarter, wanted, threshold=side.threshold, as_of=side.as_of, publication=side.number))[0]
        for side in asked.sides
    ]
    before, after = asked.sides
    rows = [one for one in comparing.side_by_side(*sides) if one.differs]
    return Table(
        "totals",
        "Totals of the region that differ",
        (
            Column("Code"),
            Column("Measure"),
            Column("Counted as"),
            Column("Unit", only="file"),
            Column(before.standing, numeric=True),
            Column(after.standing, numeric=True),
            Column("Difference", numeric=True),
        ),
        tuple(_beside(asked, one) for one in rows),
        asked,
        ROOM,
        empty="All totals of the region are the same.",
    )


def _beside(asked: Asked, one: Beside) -> Row:
    either = one.either
    return Row(
        (
            text(either.measure_code, asked.link("/measure", **naming(either))),
            text(either.measure),
            text(either.counted),
            text(either.unit),
            *(nothing() if total is None else Cell(said(total), one_number(total)) for total in (one.before, one.after)),
            nothing() if one.difference is None else Cell(step_said(one.difference, drawn_unit(either)), one.difference),
        )
    )


async def _rows(conn: Connection, found: Sequence[ShownChange]) -> tuple[Row, ...]:
    named = await commitments.shared_contracts(conn, {contract for one in found for contract in one.contracts})
    rows = []
    for one in found:
        contracts = sorted((named[contract]["reference"], contract) for contract in one.contracts if contract in named)
        rows.append(
            Row(
                (
                    text(one.measure_code),
                    text(one.measure),
                    text(REASONS[one.reason]),
                    number(one.lines),
                    Cell(difference(one)),
                    text(one.unit),
                    Cell("", one.value),
                    Cell("", one.numerator),
                    Cell("", one.denominator),
                    Cell("", "yes" if one.hidden else "no"),
                    Cell(
                        "–",
                        ", ".join(reference for reference, _ in contracts),
                        links=_links(_restated(one, named) or [(name, f"/contracts/{contract}") for name, contract in contracts]),
                    ),
                )
            )
        )
    return tuple(rows)


def _restated(change: ShownChange, named: Mapping[UUID, Record]) -> list[tuple[str, str]]:
    """The lines that were restated, each by its contract; those of one contract are numbered."""
    found = []
    of_contract = groupby(sorted(change.restated, key=lambda line: str(line.contract_id)), key=lambda line: line.contract_id)
    for contract, lines in of_contract:
        for nth, line in enumerate(lines, start=1):
            reference = named[contract]["reference"]
            found.append((reference if nth == 1 else f"{reference} ({nth})", f"/lines/{line.line_id}#restated"))
    return sorted(found)


def _links(places: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Of the first few; a page of a whole region's changes names no thousands."""
    found = [(words, link("returns", path)) for words, path in places[:_NAMED]]
    more = len(places) - len(found)
    return (*found, (f"and {more:,} more, named in the download", "")) if more else tuple(found)


def difference(one: ShownChange) -> str:
    if one.hidden:
        return HIDDEN
    if one.value is not None:
        return step_said(one.value, one.unit)
    if one.numerator is not None and one.denominator is not None:
        above, below = (f"{'+' if part > 0 else ''}{shown(part)}" for part in (one.numerator, one.denominator))
        return f"numerator {above}, denominator {below}"
    return "–"


def publication_href(made: Publication) -> str:
    return link("aggregator", f"/publications/{made.quarter.code}/{made.number}")
