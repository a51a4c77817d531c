"""Values as jsonb rows: a list of them is one parameter of one statement (``jsonb_populate_recordset``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from shared.quarters import Quarter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def rows(values: Sequence[DataclassInstance]) -> list[dict[str, Any]]:
    return [{entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)} for value in values]


def _plain(value: Any) -> Any:
    match value:
        case Quarter():
            return value.first_day.isoformat()
        case BaseModel():
            return value.model_dump(mode="json")
        case Decimal():
            return str(value)
        case Mapping():
            return {key.code if isinstance(key, Quarter) else key: _plain(entry) for key, entry in value.items()}
        case tuple() | list():
            return [_plain(entry) for entry in value]
        case _:
            return value
