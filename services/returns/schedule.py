"""What happens by the clock, in the order of the day."""

from __future__ import annotations

from datetime import date, datetime, time

from services.returns.actions import chasing, opening
from services.returns.rules.deadlines import Deadlines
from shared.db import Connection
from shared.schedule import Chore
from shared.settings import Settings


async def _open_returns(conn: Connection, slot: date, at: datetime) -> None:
    await opening.open_ended(conn, slot, Deadlines.of(Settings()), at=at)


CHORES = (
    Chore("open-returns", at=time(0, 30), run=_open_returns),
    Chore("find-overdue-returns", at=time(6, 0), run=chasing.find_overdue),
    Chore("find-overdue-reviews", at=time(6, 0), run=chasing.find_reviews_overdue),
    Chore("remind-suppliers", at=time(8, 0), run=chasing.remind),
)
