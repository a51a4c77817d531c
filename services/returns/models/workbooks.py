"""Returns as a spreadsheet: what one holds, and what became of one that was sent back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.returns.models.returns import Line, QuarterlyReturn
from shared.errors import FieldError
from shared.obligations import Frozen


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the parts of a line's content stand in a workbook."""

    by_pointer: Mapping[str, str]
    """Such as ``/figure/value`` at ``Lines!H7``; the empty pointer is the line itself."""

    def at(self, pointer: str) -> str:
        """The cell of a pointer into the content, or of the nearest part that has one."""
        while pointer not in self.by_pointer:
            pointer = pointer.rpartition("/")[0]
        return self.by_pointer[pointer]


@dataclass(frozen=True, slots=True)
class LineWanting:
    """A line with the supplier that needs more before its return can be submitted."""

    filed: QuarterlyReturn
    line: Line
    wanting: tuple[FieldError, ...]

    @property
    def unlikely(self) -> FieldError | None:
        """That its figure is to be confirmed with a reason."""
        return next((error for error in self.wanting if error.code == "unlikely"), None)


class WorkbookSaved(Frozen):
    """What a workbook changed; ``warnings`` keep nothing from being saved, but wait before the return can be submitted."""

    saved: int
    unchanged: int
    warnings: tuple[FieldError, ...]
    supplier_id: UUID | None
    """Whose returns they are; None where they are of several suppliers."""
