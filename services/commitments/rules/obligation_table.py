"""Obligations as a table: the template for one contract, and its rows read back, each part of an obligation in its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from services.commitments.models.measures import CatalogueMeasure, MeasureStatus
from services.commitments.models.obligations import NewObligation
from shared.errors import FieldError
from shared.obligations import BandsBy, Basis, Direction, Frequency, FteCounting, Kind, OverTime, Side
from shared.quarters import Quarter
from shared.ratings.targets import Spread
from shared.spreadsheets import Row, Sheet, cannot_read, read_table, words_of, write_csv, write_xlsx

Format = Literal["xlsx", "csv"]
SHEET = "Obligations"

_TEXTS = {
    "Reference": "/reference",
    "Wording": "/wording",
    "Measure": "/measure",
    "Own measure": "/own_measure/label",
    "Unit": "/own_measure/unit",
    "Method statement": "/method_statement",
    "Relevant": "/relevant",
    "Proportionate": "/proportionate",
    "Additional": "/additional",
}
_CHOICES: dict[str, tuple[str, type[StrEnum]]] = {
    "Side": ("/side", Side),
    "Kind": ("/own_measure/kind", Kind),
    "Direction": ("/direction", Direction),
    "Basis": ("/basis", Basis),
    "FTE counting": ("/fte_counting", FteCounting),
    "Over time": ("/over_time", OverTime),
    "Bands by": ("/bands/by", BandsBy),
    "Frequency": ("/frequency", Frequency),
    "Spread": ("/spread/way", Spread),
}
_NUMBERS = {
    "Good": "/bands/good",
    "Approaching target": "/bands/approaching",
    "Requires improvement": "/bands/improvement",
    "Total": "/spread/total",
}
_EVIDENCE, _OWNER = "Evidence required", "Accountable owner"
HEADINGS = (
    "Reference", "Side", "Wording", "Measure", "Own measure", "Unit", "Kind", "Direction", "Basis", "FTE counting", "Over time",
    "Frequency", _EVIDENCE, "Bands by", "Good", "Approaching target", "Requires improvement", _OWNER, "Method statement",
    "Relevant", "Proportionate", "Additional", "Total", "Spread",
)  # fmt: skip
"""Behind them stands a column for every quarter of the contract."""
_HEADING_OF = {
    **{pointer: heading for heading, pointer in (*_TEXTS.items(), *_NUMBERS.items())},
    **{pointer: heading for heading, (pointer, _) in _CHOICES.items()},
    "": "Reference",
    "/evidence_required": _EVIDENCE,
    "/owner_id": _OWNER,
    "/own_measure": "Own measure",
    "/own_measure/code": "Measure",
    "/bands": "Good",
    "/spread": "Total",
}
REQUIRED = ("Reference", "Side", "Wording", "Measure")

_ABOUT = (
    "One row per obligation in the sheet Obligations. Leave empty what the tool shall suggest.",
    "Measure is a code of the sheet Measures. For a measure of your own give it a code, and fill Own measure, Unit and Kind.",
    "Targets: either one per quarter in the columns behind, or for what adds up a Total over the contract and how it is spread.",
    "The target of a ratio is in percent, written 95. The target of a yes or no is 1.",
    "Bands: shares of the target (1, 0.9, 0.7) or thresholds in the unit.",
    "Accountable owner is the e-mail address of a contract manager of the buyer.",
    "Method statement, and why it is relevant, proportionate and additional, are for social value.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An obligation, and in which cell each part of it stands."""

    obligation: NewObligation
    cells: Mapping[str, str]

    def named(self, error: FieldError) -> FieldError:
        """The same error by its cell, or by that of the nearest part which has one."""
        pointer = error.pointer
        while pointer not in self.cells:
            pointer = pointer.rpartition("/")[0]
        return FieldError(self.cells[pointer], error.detail, error.code)


def template(quarters: Sequence[Quarter], measures: Sequence[CatalogueMeasure], form: Format) -> bytes:
    """An empty table for a contract of these quarters, with what may stand in each column."""
    headings = [*HEADINGS, *map(str, quarters)]
    if form == "csv":
        return write_csv(headings)
    offers = {heading: words_of(choices) for heading, (_, choices) in _CHOICES.items()} | {_EVIDENCE: ["yes", "no"]}
    widths = dict.fromkeys(("Wording", "Method statement", "Relevant", "Proportionate", "Additional"), 40)
    rows = [
        (
            one.measure.code,
            one.measure.label,
            one.measure.unit,
            one.measure.kind.value,
            one.status.value.replace("_", " "),
            one.note,
        )
        for one in measures
        if one.status is not MeasureStatus.INACTIVE
    ]
    return write_xlsx(
        Sheet(SHEET, headings, offers=offers, widths=widths),
        Sheet("Measures", ("Code", "Label", "Unit", "Kind", "Status", "Note"), rows, widths={"Label": 60, "Note": 60}),
        Sheet("About", ("How to fill this workbook",), [(text,) for text in _ABOUT], widths={"How to fill this workbook": 120}),
    )


def read(content: bytes, quarters: Sequence[Quarter], owners: Mapping[str, UUID]) -> list[Entry]:
    """The obligations of a filled template. ``owners``: people of the buyer by their e-mail addresses in lower case.

    Raises NotASpreadsheet, HasMacros, SpreadsheetTooLarge, and CannotRead naming every cell at fault.
    """
    named = {str(quarter): quarter for quarter in quarters}
    rows = read_table(content, sheet=SHEET, headings=[*HEADINGS, *named], required=REQUIRED)
    found = [_entry(row, named, owners) for row in rows]
    errors = [error for row in rows for error in row.errors]
    if errors:
        raise cannot_read(errors)
    return [entry for entry in found if entry is not None]


def in_cells(entries: Sequence[Entry], errors: Sequence[FieldError]) -> list[FieldError]:
    """Errors with pointers such as ``/obligations/3/measure``, by their cells."""
    found = []
    for error in errors:
        number, _, part = error.pointer.removeprefix("/obligations/").partition("/")
        found.append(entries[int(number)].named(FieldError(f"/{part}" if part else "", error.detail, error.code)))
    return found


def _entry(row: Row, quarters: Mapping[str, Quarter], owners: Mapping[str, UUID]) -> Entry | None:
    """None where the row has errors, which it then holds."""
    targets = [(quarter, heading, row.number_in(heading)) for heading, quarter in quarters.items()]
    entered = sorted((quarter, heading, value) for quarter, heading, value in targets if value is not None)
    for heading in REQUIRED:
        if row.text(heading) is None:
            row.refuse(heading, f"Enter {heading.lower()}", "missing")
    for _, heading, value in targets:
        if value is not None and value < 0:
            row.refuse(heading, "A target is zero or more", "negative")
    said = _said(row, owners) | {"targets": [{"quarter": quarter, "target": value} for quarter, _, value in entered]}
    if row.errors:
        return None
    headings = {**_HEADING_OF, "/targets": next(iter(quarters))}
    headings |= {f"/targets/{number}": heading for number, (_, heading, _) in enumerate(entered)}
    try:
        obligation = NewObligation.model_validate(said)
    except ValidationError as refused:
        for error in refused.errors(include_url=False, include_input=False):
            _refuse(row, headings, error)
        return None
    return Entry(obligation, {pointer: row.cell(heading) for pointer, heading in headings.items()})


def _said(row: Row, owners: Mapping[str, UUID]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for heading, pointer in _TEXTS.items():
        _put(said, pointer, row.text(heading))
    for heading, (pointer, choices) in _CHOICES.items():
        _put(said, pointer, row.one_of(heading, choices))
    for heading, pointer in _NUMBERS.items():
        _put(said, pointer, row.number_in(heading))
    _put(said, "/evidence_required", row.yes_or_no(_EVIDENCE))
    _put(said, "/owner_id", _owner(row, owners))
    if "own_measure" in said:
        _put(said, "/own_measure/code", said.pop("measure", None))
        _put(said, "/own_measure/direction", said.get("direction"))
    return said


def _put(said: dict[str, Any], pointer: str, value: object) -> None:
    if value is None:
        return
    *outer, name = pointer.split("/")[1:]
    for part in outer:
        said = said.setdefault(part, {})
    said[name] = value


def _owner(row: Row, owners: Mapping[str, UUID]) -> UUID | None:
    email = row.text(_OWNER)
    if email is None:
        return None
    if email.lower() not in owners:
        row.refuse(_OWNER, "Nobody with this e-mail address is a contract manager of the buyer", "unknown-person")
    return owners.get(email.lower())


def _refuse(row: Row, headings: Mapping[str, str], error: Any) -> None:
    pointer = "".join(f"/{part}" for part in error["loc"])
    while pointer not in headings:
        pointer = pointer.rpartition("/")[0]
    missing = error["type"] == "missing" and pointer
    message = f"Enter {headings[pointer].lower()}" if missing else error["msg"].removeprefix("Value error, ")
    row.refuse(headings[pointer], message, error["type"].replace("_", "-"))
