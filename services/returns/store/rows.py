"""Models as jsonb rows: a list of them is one parameter of one statement (``jsonb_populate_recordset``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from shared.db import Connection
from shared.quarters import Quarter


def rows(values: Sequence[BaseModel]) -> list[dict[str, Any]]:
    """Fields by their columns' names; a quarter is stored as its first day, a return's lines by themselves."""
    found = []
    for value in values:
        row = value.model_dump(mode="json", exclude={"lines"})
        quarter = getattr(value, "quarter", None)
        found.append(row | {"quarter": quarter.first_day.isoformat()} if isinstance(quarter, Quarter) else row)
    return found


async def insert(conn: Connection, table: str, value: BaseModel) -> bool:
    """False where one of the table's unique indexes has it already."""
    query = f"""
        INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1) ON CONFLICT DO NOTHING RETURNING true
    """  # noqa: S608 - a name of this package's
    return await conn.fetchval(query, rows([value])) is True
