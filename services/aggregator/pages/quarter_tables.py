"""The tables of a quarter: coverage, what is missing, and the region's totals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from services.aggregator.actions import reading
from services.aggregator.actions.reading import Wanted
from services.aggregator.models.coverage import IncompleteReturn, ReturnsCoverage
from services.aggregator.models.totals import Counted, Dimension, Total
from services.aggregator.pages.amounts import AMOUNT, COVERAGE, amount_cells, coverage_cells
from services.aggregator.pages.asking import Asked, naming
from services.aggregator.pages.tables import Cell, Column, Row, Table, number, text
from services.aggregator.store import missing as missing_store
from services.aggregator.store import totals as store
from shared.db import Connection
from shared.origin import link
from shared.words import counted as counted_words
from shared.words import listed

_COUNTS = (
    Column("Due", numeric=True),
    Column("Received", numeric=True),
    Column("Approved", numeric=True),
    Column("Not received", numeric=True),
    Column("Received, not wholly approved", numeric=True),
)


async def returns_coverage(conn: Connection, asked: Asked) -> dict[bool, ReturnsCoverage]:
    """Of contracts (False) and of pledges (True)."""
    return await store.returns_coverage(conn, asked.quarter.first_day, asked.known)


async def coverage(conn: Connection, asked: Asked) -> Table:
    return coverage_table(asked, await returns_coverage(conn, asked))


def coverage_table(asked: Asked, returns: Mapping[bool, ReturnsCoverage]) -> Table:
    rows = [("Contracts", returns[False]), ("Partner VCFSE pledges", returns[True])]
    return Table(
        "coverage",
        "Returns due, received and approved",
        (Column("Returns of"), *_COUNTS),
        tuple(Row((text(words), *_counts(found))) for words, found in rows),
        asked,
    )


def _counts(returns: ReturnsCoverage) -> tuple[Cell, ...]:
    each = (returns.due, returns.received, returns.approved, returns.not_received, returns.not_approved)
    return tuple(number(count) for count in each)


async def buyers_coverage(conn: Connection, asked: Asked) -> Table:
    found = await missing_store.coverage_by_buyer(conn, asked.quarter.first_day, asked.known)
    return Table(
        "coverage-by-buyer",
        "Returns by buyer",
        (Column("Buyer"), *_COUNTS, Column("Shows contracts to the ICB")),
        tuple(Row((text(one.buyer), *_counts(one.returns), text("Yes" if one.shares_contracts else "No"))) for one in found),
        asked,
        empty="Nothing is known of any return of this quarter yet.",
        notes=("A contract of several buyers stands under each of them, so these rows may add up to more than the region.",),
    )


async def missing(conn: Connection, asked: Asked) -> Table:
    """All of them, for a download; a page shows them page by page by ``missing_rows``."""
    found = await missing_store.incomplete_returns(conn, asked.quarter.first_day, asked.known)
    return missing_table(asked, found)


def missing_table(asked: Asked, found: list[IncompleteReturn]) -> Table:
    return Table(
        "missing",
        "Contracts whose return is missing or not wholly approved",
        (Column("Contract"), Column("Title"), Column("Suppliers"), Column("Counted as"), Column("What is missing")),
        tuple(
            Row(
                (
                    text(one.reference, link("returns", f"/contracts/{one.contract_id}")),
                    text(one.title),
                    text(listed(one.suppliers)),
                    text("pledge" if one.pledge else "contract"),
                    text(_what_is_missing(one)),
                )
            )
            for one in found
        ),
        asked,
        empty="Every return of a contract that you may see is received and approved.",
        notes=("Contracts whose buyers show the ICB totals only are not named here. They are counted under their buyers.",),
    )


def _what_is_missing(one: IncompleteReturn) -> str:
    if not one.received:
        return "Return not received"
    return f"{counted_words(one.lines - one.approved, 'line')} of {one.lines} not approved"


async def framework_totals(conn: Connection, asked: Asked, counted: Counted | None = "contracts") -> list[Total]:
    """The region's, of the framework's measures, by theme and outcome, in the order of their codes; None for both countings."""
    wanted = Wanted(dimensions=(Dimension.REGION,), counted=counted, own=False)
    found, _ = await reading.totals(
        conn, asked.quarter, wanted, threshold=asked.threshold, as_of=asked.as_of, publication=asked.number
    )
    return in_catalogue_order(found)


def in_catalogue_order(found: list[Total]) -> list[Total]:
    return sorted(found, key=lambda total: (total.theme, total.outcome, _in_order(total.measure_code), total.place))


async def totals(conn: Connection, asked: Asked) -> Table:
    return totals_table("contracts", asked, await framework_totals(conn, asked))


async def pledges(conn: Connection, asked: Asked) -> Table:
    return totals_table("pledges", asked, await framework_totals(conn, asked, "pledges"))


_NAMES: dict[Counted, tuple[str, str]] = {
    "contracts": ("totals", "What contracts delivered in the region"),
    "pledges": ("pledges", "What Partner VCFSE pledges delivered, counted apart from contracts"),
}


def totals_table(counted: Counted, asked: Asked, found: Sequence[Total]) -> Table:
    """Of ``found`` those that are counted so."""
    name, caption = _NAMES[counted]
    return Table(
        name,
        caption,
        (
            Column("Theme", only="file"),
            Column("Outcome", only="file"),
            Column("Code"),
            Column("Measure"),
            Column("Unit", only="file"),
            *AMOUNT,
            *COVERAGE,
        ),
        tuple(Row(_total_cells(asked, total), group=theme_of(total)) for total in found if total.counted == counted),
        asked,
        empty="Nothing is due, or known yet, for this quarter.",
    )


def _total_cells(asked: Asked, total: Total) -> tuple[Cell, ...]:
    return (
        text(total.theme),
        text(total.outcome),
        text(total.measure_code, asked.link("/measure", **naming(total))),
        text(total.measure),
        text(total.unit),
        *amount_cells(total),
        *coverage_cells(total),
    )


def theme_of(total: Total) -> str:
    return ": ".join(filter(None, (total.theme, total.outcome))) or "Without a theme"


def _in_order(code: str) -> list[tuple[int, str]]:
    """NT2 before NT10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", code)]
