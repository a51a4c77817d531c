"""What is wrong with a spreadsheet, for people: the same thing said once, with all its cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import FieldError

_CELL = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """``cells`` of one sheet, such as H2 and H7, in the sheet's order."""

    sheet: str
    cells: tuple[str, ...]
    message: str


def faults(errors: Iterable[FieldError]) -> list[Fault]:
    """Errors whose pointers are cells (``Lines!H7``), grouped by sheet and message, in the order of their first cells."""
    found: dict[tuple[str, str], list[str]] = {}
    for error in errors:
        sheet, _, cell = error.pointer.rpartition("!")
        cells = found.setdefault((sheet, error.detail), [])
        if cell not in cells:
            cells.append(cell)
    grouped = [Fault(sheet, tuple(sorted(cells, key=_place)), message) for (sheet, message), cells in found.items()]
    order = list(dict.fromkeys(fault.sheet for fault in grouped))
    return sorted(grouped, key=lambda fault: (order.index(fault.sheet), _place(fault.cells[0])))


def _place(cell: str) -> tuple[int, int, str]:
    match = _CELL.fullmatch(cell)
    return (int(match[2]), len(match[1]), match[1]) if match else (0, 0, cell)
