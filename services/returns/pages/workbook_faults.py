"""What is wrong with an uploaded workbook, as a table to keep beside it while it is corrected."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

from shared.errors import FieldError
from shared.spreadsheets import write_csv

_HEADINGS = ("Tab", "Cell", "What is wrong", "What to do")
_CANNOT_BE_USED = "What the cell says cannot be used"
_WRONG: Mapping[str, str] = {
    "above-denominator": "The numerator is above the denominator",
    "added-row": "The row was not in the workbook",
    "doubled-row": "The line stands here twice",
    "negative": "The figure is below 0",
    "nil-with-figure": "There is a figure, and a reason for having none",
    "no-breakdown": "The line has parts",
    "no-share": "The line has a share",
    "no-value": "The cell has no value that can be read",
    "not-a-number": "The cell is not a number",
    "not-found": "The line is not owed",
    "not-with-supplier": "The line cannot be changed now",
    "not-yes-or-no": "The cell is neither yes nor no",
    "other-return": "The line is of another return",
    "stale": "The line has changed since the workbook was written",
    "string-too-long": "The text is too long",
    "too-many-decimal-places": "The figure has too many decimal places",
    "unknown-line": "No line has this number",
    "wrong-form": "The figure stands in the wrong column",
}
"""By an error's code. Its own words say what to do."""


def as_csv(errors: Sequence[FieldError]) -> bytes:
    """A row for each cell at fault, in the order in which they were found."""
    rows = []
    for error in errors:
        tab, _, cell = error.pointer.rpartition("!")
        rows.append((tab, cell, _WRONG.get(error.code, _CANNOT_BE_USED), error.detail))
    return write_csv(_HEADINGS, rows)


def kept_in_the_page(errors: Sequence[FieldError]) -> str:
    """The same as an address that holds it. It goes with the page: the service keeps nothing of an upload that it refused."""
    return f"data:text/csv;base64,{b64encode(as_csv(errors)).decode()}"
