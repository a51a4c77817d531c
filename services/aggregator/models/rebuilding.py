"""What a rebuild of the totals found."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.obligations import Frozen


class Difference(Frozen):
    """A row of the live tables that is otherwise when it is built anew from the log."""

    table: str
    live: dict[str, Any] | None = Field(description="Empty: the row is missing.")
    rebuilt: dict[str, Any] | None = Field(description="Empty: the log knows nothing of it.")


class Rebuilt(Frozen):
    events: int = Field(description="How many positions of the log it stands on.")
    compared: dict[str, int] = Field(description="Rows compared, by table.")
    differing: dict[str, int] = Field(description="Rows that differ, by table; empty: the books balance.")
    differences: list[Difference] = Field(description="The first of them.")
    swapped: bool
