"""Totals as CSV (RFC 4180), and the metadata beside it (CSV on the Web): the columns are named once, here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from services.aggregator.models.totals import Total
from shared.obligations import plain


class Column(NamedTuple):
    """A column keeps its name and its place for ever; new ones come last, here and in ``_row``."""

    name: str
    datatype: str
    description: str


COLUMNS = (
    Column("quarter", "string", "NHS financial quarter, such as 2026-27-Q2"),
    Column("framework", "string", "The catalogue that the measure belongs to"),
    Column("measure_code", "string", "The measure's code in it"),
    Column("measure", "string", "What is counted"),
    Column("unit", "string", "In what it is counted; units never mix"),
    Column("kind", "string", "flow, fte, headcount, ratio or flag"),
    Column("theme", "string", ""),
    Column("outcome", "string", ""),
    Column("owner_id", "string", "The buyer whose own core KPI this is; empty for the framework's"),
    Column("counted", "string", "contracts or pledges: counted apart, never to be added"),
    Column("dimension", "string", "region, place, buyer, sector, theme or outcome"),
    Column("member", "string", "Which place, buyer, …; all for the region"),
    Column("member_name", "string", "The member's name"),
    Column("value", "decimal", "Empty for ratios and flags, where nothing is approved, or where hidden"),
    Column("numerator", "decimal", "Of ratios, and of yes/no the number that said yes"),
    Column("denominator", "decimal", "Of ratios, and of yes/no the number that answered"),
    Column("percent", "decimal", "100 x numerator / denominator"),
    Column("hidden", "boolean", "A small number, or one that would give a small number away"),
    Column("due", "integer", "Contracts that owe the measure in the quarter"),
    Column("received", "integer", "Of these: return received"),
    Column("approved", "integer", "Of these: approved"),
    Column("promised_due", "decimal", "Promised quantity due; 0 for ratios"),
    Column("promised_received", "decimal", "Promised quantity received"),
    Column("promised_approved", "decimal", "Promised quantity approved"),
    Column("overlaps", "string", "Codes of measures that count some of the same things"),
)

KEY = ("quarter", "framework", "measure_code", "unit", "kind", "owner_id", "counted", "dimension", "member")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(totals: Iterable[Total]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(column.name for column in COLUMNS)
    writer.writerows(map(_row, totals))
    return written.getvalue()


def _row(total: Total) -> tuple[Any, ...]:
    coverage = total.coverage
    return (
        total.quarter.code,
        _text(total.framework),
        _text(total.measure_code),
        _text(total.measure),
        _text(total.unit),
        total.kind,
        _text(total.theme),
        _text(total.outcome),
        total.owner_id,
        total.counted,
        total.dimension,
        _text(total.member),
        _text(total.member_name),
        _number(total.value),
        _number(total.numerator),
        _number(total.denominator),
        _number(total.percent),
        "true" if total.hidden else "false",
        coverage.due,
        coverage.received,
        coverage.approved,
        _number(coverage.promised_due),
        _number(coverage.promised_received),
        _number(coverage.promised_approved),
        _text(" ".join(total.overlaps)),
    )


def _text(text: str) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(amount: Decimal | None) -> str | None:
    """In full, never with an exponent."""
    return None if amount is None else plain(amount)


def metadata(url: str) -> dict[str, Any]:
    """Metadata of the CSV at ``url``, for programs: https://www.w3.org/TR/tabular-data-primer/."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:title": "Quarterly totals of social value and core service commitments",
        "dc:description": "From approved lines only, beside their coverage. Empty is not zero. Small numbers are hidden.",
        "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "tableSchema": {
            "columns": [
                {"name": column.name, "titles": column.name, "datatype": column.datatype}
                | ({"dc:description": column.description} if column.description else {})
                for column in COLUMNS
            ],
            "primaryKey": list(KEY),
        },
    }
