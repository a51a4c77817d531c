"""Making a provisional cut: its figures are never kept, only that somebody made it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from services.aggregator.models.cuts import Cut
from services.aggregator.store import cuts as store
from services.aggregator.store import publications
from shared.db import Connection
from shared.errors import FieldError, Invalid
from shared.history import record
from shared.ids import new_id
from shared.quarters import Quarter, local_date
from shared.words import day as day_said


class DayNotOver(Invalid):
    """The day of a provisional cut must be over: until then what is known of it changes."""


async def make_cut(conn: Connection, quarter: Quarter, day: date, *, at: datetime, by: UUID) -> Cut:
    """One that was made before stays as it was: it has the same figures. Raises DayNotOver, Invalid before the quarter ends."""
    if day >= local_date(at):
        raise DayNotOver(errors=[FieldError("/day", "Date of the cut must be in the past", "not-over")])
    if day <= quarter.last_day:
        said = f"Date of the cut must be after {day_said(quarter.last_day)}, when the quarter ends"
        raise Invalid(errors=[FieldError("/day", said, "too-early")])
    # What was heard before midnight may still be on its way into the ledger.
    await publications.lock_heard(conn)
    cut = Cut(cut_id=new_id(), quarter=quarter, day=day, made_at=at, person_id=by)
    if await store.add(conn, cut):
        detail = {"quarter": quarter.code, "day": day.isoformat()}
        await record(conn, at=at, by=by, contract_id=None, subject="cut", subject_id=cut.cut_id, action="made", detail=detail)
    return await store.cut(conn, quarter, day)
