"""NHS financial quarters, in the local time of England."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

LONDON = ZoneInfo("Europe/London")

_CODE = re.compile(r"(\d{4})-(\d{2})[- ]Q([1-4])")


def local_date(moment: datetime) -> date:
    """The Europe/London date of an aware moment; a contract that starts at 23:30 UTC in summer starts the next day."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(LONDON).date()


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of the NHS financial year (April to March), known by its first day: 2026-27 Q2 starts on 1 July 2026.

    On the wire it is ``2026-27-Q2``; in the database its first day; for people ``2026-27 Q2``.
    """

    first_day: date

    def __post_init__(self) -> None:
        if self.first_day.day != 1 or self.first_day.month % 3 != 1:
            raise ValueError(f"{self.first_day} is not the first day of a quarter")

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter that a local (Europe/London) date lies in."""
        return cls(date(day.year, (day.month - 1) // 3 * 3 + 1, 1))

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read ``2026-27-Q2`` or ``2026-27 Q2``. Raises ValueError that says what is expected."""
        match = _CODE.fullmatch(text.strip())
        if match:
            year, short, number = int(match[1]), int(match[2]), int(match[3])
            if (year + 1) % 100 == short and 1 <= year < 9998:
                return cls(date(year + (number == 4), 1 if number == 4 else 1 + 3 * number, 1))
        raise ValueError("a quarter is written like 2026-27-Q2")

    @property
    def financial_year(self) -> str:
        """``2026-27`` for April 2026 to March 2027."""
        start = self.first_day.year - (self.first_day.month < 4)
        return f"{start}-{(start + 1) % 100:02d}"

    @property
    def number(self) -> int:
        """1 for April to June, up to 4 for January to March."""
        return (self.first_day.month - 4) % 12 // 3 + 1

    @property
    def code(self) -> str:
        """The form on the wire: ``2026-27-Q2``."""
        return f"{self.financial_year}-Q{self.number}"

    @property
    def last_day(self) -> date:
        return self.next().first_day - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.next().first_day - self.first_day).days

    @property
    def first_of_year(self) -> Quarter:
        """Q1 of the same financial year."""
        return self.plus(1 - self.number)

    def plus(self, quarters: int) -> Quarter:
        months = self.first_day.year * 12 + self.first_day.month - 1 + 3 * quarters
        return Quarter(date(months // 12, months % 12 + 1, 1))

    def next(self) -> Quarter:
        return self.plus(1)

    def previous(self) -> Quarter:
        return self.plus(-1)

    def days_within(self, starts_on: date, ends_on: date | None) -> int:
        """How many days of this quarter a period (both ends included; None: open) covers."""
        first = max(self.first_day, starts_on)
        last = self.last_day if ends_on is None else min(self.last_day, ends_on)
        return max((last - first).days + 1, 0)

    def __str__(self) -> str:
        return f"{self.financial_year} Q{self.number}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def read(value: Any) -> Quarter:
            if isinstance(value, Quarter):
                return value
            if isinstance(value, date):
                return cls(value)
            if isinstance(value, str):
                return cls.parse(value)
            raise ValueError("a quarter is written like 2026-27-Q2")

        return core_schema.no_info_plain_validator_function(
            read,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda quarter: quarter.code),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}[- ]Q[1-4]$",
            "examples": ["2026-27-Q2"],
            "description": "A quarter of the NHS financial year, April to March.",
        }


if TYPE_CHECKING:
    QuarterCode: TypeAlias = Quarter
else:
    QuarterCode = Annotated[str, Field(max_length=20, examples=["2026-27-Q2"]), AfterValidator(Quarter.parse)]
"""A Quarter as a parameter in a route's path or query, where FastAPI takes nothing but plain types."""


def quarters_between(first: Quarter, last: Quarter) -> list[Quarter]:
    """Every quarter from first to last, both included; empty where last is before first."""
    found = []
    while first <= last:
        found.append(first)
        first = first.next()
    return found


def quarters_of(starts_on: date, ends_on: date) -> list[Quarter]:
    """The quarters in which a period (both ends included) ran."""
    return quarters_between(Quarter.of(starts_on), Quarter.of(ends_on))
