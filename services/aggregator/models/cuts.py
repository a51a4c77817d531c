"""Provisional cuts of a quarter: what was known at the end of a day, for whoever cannot wait for the publication."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from shared.obligations import Frozen
from shared.quarters import Quarter


class Cut(Frozen):
    """Who made it, and when. It holds no figures: the ledger tells for ever what was known at the end of ``day``."""

    cut_id: UUID
    quarter: Quarter
    day: date
    made_at: AwareDatetime
    person_id: UUID
    publication: int | None = None
    """The last publication of its quarter by now, with which it can be compared."""
