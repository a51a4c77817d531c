"""Provisional cuts of a quarter: what was known at the end of a day, for whoever cannot wait for the publication."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime

from shared.obligations import Frozen
from shared.quarters import Quarter

FIRST, LAST = date(2000, 1, 1), date(2200, 1, 1)
"""Figures are asked for between these days."""


def _not_long_ago(day: date) -> date:
    if day < FIRST:
        raise ValueError(f"Date of the cut must be in {FIRST.year} or later")
    return day


def _within_reach(quarter: Quarter) -> Quarter:
    if not FIRST <= quarter.first_day <= LAST:
        raise ValueError(f"Choose a quarter between {FIRST.year} and {LAST.year}")
    return quarter


CutDay = Annotated[date, AfterValidator(_not_long_ago)]


class CutWanted(Frozen):
    """A quarter, as it was known at the end of a day that is over."""

    quarter: Annotated[Quarter, AfterValidator(_within_reach)]
    day: CutDay


class Cut(Frozen):
    """Who made it, and when. It holds no figures: the ledger tells for ever what was known at the end of ``day``."""

    cut_id: UUID
    quarter: Quarter
    day: date
    made_at: AwareDatetime
    person_id: UUID
    publication: int | None = None
    """The last publication of its quarter by now, with which it can be compared."""
