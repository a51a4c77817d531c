"""Totals as CSV (RFC 4180), and the metadata beside it (CSV on the Web): the columns are named once, here."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from services.aggregator.models.totals import Total
from shared.obligations import plain


class Column(NamedTuple):
    """A column keeps its name and its place for ever; new ones come last."""

    name: str
    datatype: str
    description: str
    value: Callable[[Total], Any]


COLUMNS = (
    Column("quarter", "string", "NHS financial quarter, such as 2026-27-Q2", lambda total: total.quarter.code),
    Column("framework", "string", "The catalogue that the measure belongs to", lambda total: total.framework),
    Column("measure_code", "string", "The measure's code in it", lambda total: total.measure_code),
    Column("measure", "string", "What is counted", lambda total: total.measure),
    Column("unit", "string", "In what it is counted; units never mix", lambda total: total.unit),
    Column("kind", "string", "flow, fte, headcount, ratio or flag", lambda total: total.kind),
    Column("theme", "string", "", lambda total: total.theme),
    Column("outcome", "string", "", lambda total: total.outcome),
    Column("owner_id", "string", "The buyer whose own core KPI this is; empty for the framework's", lambda total: total.owner_id),
    Column("counted", "string", "contracts or pledges: counted apart, never to be added", lambda total: total.counted),
    Column("dimension", "string", "region, place, buyer, sector, theme or outcome", lambda total: total.dimension),
    Column("member", "string", "Which place, buyer, …; all for the region", lambda total: total.member),
    Column("member_name", "string", "The member's name", lambda total: total.member_name),
    Column(
        "value", "decimal", "Empty for ratios and flags, where nothing is approved, or where hidden", lambda total: total.value
    ),
    Column("numerator", "decimal", "Of ratios, and of yes/no the number that said yes", lambda total: total.numerator),
    Column("denominator", "decimal", "Of ratios, and of yes/no the number that answered", lambda total: total.denominator),
    Column("percent", "decimal", "100 x numerator / denominator", lambda total: total.percent),
    Column("hidden", "boolean", "A small number, or one that would give a small number away", lambda total: total.hidden),
    Column("due", "integer", "Contracts that owe the measure in the quarter", lambda total: total.coverage.due),
    Column("received", "integer", "Of these: return received", lambda total: total.coverage.received),
    Column("approved", "integer", "Of these: approved", lambda total: total.coverage.approved),
    Column("promised_due", "decimal", "Promised quantity due; 0 for ratios", lambda total: total.coverage.promised_due),
    Column("promised_received", "decimal", "Promised quantity received", lambda total: total.coverage.promised_received),
    Column("promised_approved", "decimal", "Promised quantity approved", lambda total: total.coverage.promised_approved),
    Column("overlaps", "string", "Codes of measures that count some of the same things", lambda total: " ".join(total.overlaps)),
)

KEY = ("quarter", "framework", "measure_code", "unit", "kind", "owner_id", "counted", "dimension", "member")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(totals: Iterable[Total]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(column.name for column in COLUMNS)
    getters = [column.value for column in COLUMNS]
    writer.writerows([_text(value(total)) for value in getters] for total in totals)
    return written.getvalue()


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


def _text(value: Any) -> str:
    """A number in full; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, Decimal):
        return plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
