"""Models as jsonb rows: a list of them is one parameter of one statement (``jsonb_populate_recordset``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from shared.quarters import Quarter


def rows(values: Sequence[BaseModel]) -> list[dict[str, Any]]:
    """Fields by their columns' names; a quarter is stored as its first day, a return's lines by themselves."""
    found = []
    for value in values:
        row = value.model_dump(mode="json", exclude={"lines"})
        quarter = getattr(value, "quarter", None)
        found.append(row | {"quarter": quarter.first_day.isoformat()} if isinstance(quarter, Quarter) else row)
    return found
