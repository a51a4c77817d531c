"""What a catalogue of measures may hold, and how one is read from CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from pydantic import ValidationError

from services.commitments.models.measures import (
    CatalogueMeasure,
    Confirmation,
    Framework,
    MeasureRow,
    MeasureStatus,
)
from shared.errors import Conflict, FieldError, Invalid
from shared.events.commitments import FrameworkLoaded
from shared.obligations import Kind, OverTime

COLUMNS = (
    "framework", "theme", "outcome", "code", "label", "unit", "kind", "direction", "over_time", "scope", "overlaps",
    "small_numbers", "partner_vcfse", "status", "note",
)  # fmt: skip
COMBINED: dict[Kind, tuple[OverTime, ...]] = {
    Kind.FLOW: (OverTime.SUM,),
    Kind.FTE: (OverTime.MEAN,),
    Kind.HEADCOUNT: (OverTime.LATEST,),
    Kind.RATIO: (OverTime.POOL, OverTime.LATEST),
    Kind.FLAG: (OverTime.LATEST,),
}
"""How figures of a kind combine over quarters; the first is a buyer's own measure's."""
UNITS = {Kind.RATIO: "%", Kind.FLAG: "yes/no"}
"""The unit of the kinds that have no choice."""
_WORDS = {"small_numbers": {"suppress": True, "show": False}, "partner_vcfse": {"yes": True, "no": False}}


class CannotReadMeasures(Invalid):
    """Nothing was loaded. Correct these rows, then load the file again."""


class UnitDoesNotFit(Invalid):
    """This kind of measure has a unit of its own: % for a ratio, yes/no for a flag."""


class AlreadyConfirmed(Conflict):
    """This measure needs no confirmation."""


class NothingConfirmed(Invalid):
    """This measure is inactive. Confirm it with its wording and its unit."""


class InactiveAlready(Conflict):
    """This measure is inactive already."""


def rows_of(text: str) -> list[MeasureRow]:
    """The rows of a CSV with the columns ``COLUMNS``. Raises CannotReadMeasures, naming every row and column at fault."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff").rstrip("\r\n"), newline=""), strict=True)
    rows: list[MeasureRow] = []
    errors: list[FieldError] = []
    number = 1
    try:
        head = next(reader, [])
        wrong = [
            FieldError(f"row 1, {column}", f"Add the column {column}", "missing") for column in COLUMNS if column not in head
        ]
        for place, column in enumerate(head):
            if column not in COLUMNS or column in head[:place]:
                wrong.append(FieldError(f"row 1, {column}", f"Remove the column {column}", "unknown"))
        if wrong:
            raise CannotReadMeasures(errors=wrong)
        for number, cells in enumerate(reader, start=2):
            row, wrong = _row(number, head, cells)
            errors += wrong
            rows += [row] if row else []
    except csv.Error as error:
        errors.append(FieldError(f"row {number + 1}", f"This is not CSV: {error}"))
    if not errors:
        errors = faults(rows)
    if errors:
        raise CannotReadMeasures(errors=errors)
    return rows


def cells_of(found: CatalogueMeasure) -> tuple[str, ...]:
    """A line below ``COLUMNS``, as ``rows_of`` reads it: what is taken away can be changed and loaded again."""
    measure = found.measure
    said = {column: words for column, words in measure if column in COLUMNS} | {
        "overlaps": " ".join(measure.overlaps),
        "small_numbers": "suppress" if measure.suppress else "show",
        "partner_vcfse": "yes" if measure.partner_vcfse else "no",
        "status": found.status,
        "note": found.note,
    }
    return tuple(said[column] for column in COLUMNS)


def faults(rows: Sequence[MeasureRow]) -> list[FieldError]:
    """What is wrong with rows that are well-formed one by one; rows count from 2, since the first holds the columns' names."""
    if not rows:
        return [FieldError("row 2", "Enter at least one measure", "missing")]
    codes = [row.code for row in rows]
    found = []
    for number, row in enumerate(rows, start=2):
        if codes.index(row.code) != number - 2:
            found.append(FieldError(f"row {number}, code", f"{row.code} stands in row {codes.index(row.code) + 2} already"))
        if row.framework != rows[0].framework:
            found.append(FieldError(f"row {number}, framework", f"Enter {rows[0].framework}: a file holds one framework"))
        if row.over_time not in COMBINED[row.kind]:
            wanted = " or ".join(COMBINED[row.kind])
            found.append(FieldError(f"row {number}, over_time", f"Enter {wanted} for the kind {row.kind}"))
        if row.unit != UNITS.get(row.kind, row.unit):
            found.append(FieldError(f"row {number}, unit", f"Enter {UNITS[row.kind]} for the kind {row.kind}"))
        for code in sorted({*row.overlaps}.difference(codes)):
            found.append(FieldError(f"row {number}, overlaps", f"{code} is no code of this file"))
    return found


def confirmed(row: MeasureRow, said: Confirmation) -> MeasureRow:
    """Active, with the wording and unit that were confirmed. Raises AlreadyConfirmed, NothingConfirmed, UnitDoesNotFit."""
    if row.status is MeasureStatus.ACTIVE:
        raise AlreadyConfirmed
    if row.status is MeasureStatus.INACTIVE and not (said.label and said.unit):
        raise NothingConfirmed
    unit = said.unit or row.unit
    must_fit(row.kind, unit)
    update = {"label": said.label or row.label, "unit": unit, "note": said.note, "status": MeasureStatus.ACTIVE}
    return row.model_copy(update=update)


def deactivated(row: MeasureRow, note: str) -> MeasureRow:
    """Inactive: nobody promises it from then on; what was promised stays. Raises InactiveAlready."""
    if row.status is MeasureStatus.INACTIVE:
        raise InactiveAlready
    return row.model_copy(update={"status": MeasureStatus.INACTIVE, "note": note})


def must_fit(kind: Kind, unit: str) -> None:
    """Raises UnitDoesNotFit."""
    if unit != UNITS.get(kind, unit):
        raise UnitDoesNotFit(errors=[FieldError("/unit", f"Enter {UNITS[kind]}")])


def fact(framework: Framework, measures: Iterable[CatalogueMeasure]) -> FrameworkLoaded:
    """What others are told: measures that are inactive are not to be counted by, so nobody hears of them."""
    return FrameworkLoaded(
        version=framework.event_version,
        framework_id=framework.framework_id,
        framework=framework.name,
        framework_version=framework.version,
        measures=tuple(each.measure for each in measures if each.status is not MeasureStatus.INACTIVE),
    )


def _row(number: int, head: Sequence[str], cells: Sequence[str]) -> tuple[MeasureRow | None, list[FieldError]]:
    if len(cells) != len(head):
        return None, [FieldError(f"row {number}", f"Enter {len(COLUMNS)} cells, in quotes where they hold commas")]
    said = {column: cell.strip() for column, cell in zip(head, cells, strict=True)}
    errors = [
        FieldError(f"row {number}, {column}", f"Enter {' or '.join(words)}")
        for column, words in _WORDS.items()
        if said[column] not in words
    ]
    fields: dict[str, object] = {
        **said,
        "suppress": said["small_numbers"] == "suppress",
        "partner_vcfse": said["partner_vcfse"] == "yes",
        "overlaps": said["overlaps"].split(),
    }
    del fields["small_numbers"]
    try:
        return MeasureRow.model_validate(fields), errors
    except ValidationError as error:
        return None, errors + [FieldError(f"row {number}, {one['loc'][0]}", one["msg"], one["type"]) for one in error.errors()]
