"""What happens by the clock, in the order of the day."""

from __future__ import annotations

from datetime import date, datetime, time

from services.returns.actions import chasing, opening
from services.returns.rules.deadlines import Deadlines
from shared.db import Connection
from shared.schedule import Chore


def chores(deadlines: Deadlines) -> tuple[Chore, ...]:
    async def open_returns(conn: Connection, slot: date, at: datetime) -> None:
        await opening.open_ended(conn, slot, deadlines, at=at)

    return (
        Chore("open-returns", at=time(0, 30), run=open_returns),
        Chore("find-overdue-returns", at=time(6, 0), run=chasing.find_overdue),
        Chore("find-overdue-reviews", at=time(6, 0), run=chasing.find_reviews_overdue),
        Chore("remind-suppliers", at=time(8, 0), run=chasing.remind),
    )
