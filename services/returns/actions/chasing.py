"""Reminders before a return is due, and who is told once it, or its review, is late. Only this service decides lateness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.returns.actions.notifying import ANSWER_DUE_SOON, DUE_SOON, OVERDUE, REVIEW_OVERDUE, tell_buyers, tell_suppliers
from services.returns.actions.remembering import remember
from services.returns.models.returns import QuarterlyReturn
from services.returns.rules.facts import return_fact
from services.returns.store import returns
from shared.access import NOBODY
from shared.db import Connection
from shared.events.returns import ReturnOverdue, ReviewOverdue
from shared.quarters import local_date
from shared.spine import publish


async def remind(conn: Connection, slot: date, at: datetime) -> None:
    """Remind the suppliers of returns that are due soon and that nobody has submitted, or sent again; once each.

    A day that is caught up reminds of what is still to come today, and not of what was due meanwhile.
    """
    on = max(slot, local_date(at))
    soon, again = await returns.lock_to_remind(conn, on), await returns.lock_to_remind_again(conn, on)
    await _save(conn, [filed.changed(reminded_on=slot) for filed in (*soon, *again)], "reminded", at=at)
    for filed in soon:
        await tell_suppliers(conn, filed, DUE_SOON, filed.due_on, at=at)
    for filed in again:
        await tell_suppliers(conn, filed, ANSWER_DUE_SOON, filed.answer_due_on, at=at)


async def find_overdue(conn: Connection, slot: date, at: datetime) -> None:
    """Tell, the day after, of returns that were due and that nobody has submitted; once each."""
    late = [filed.changed(overdue_on=slot) for filed in await returns.lock_overdue(conn, slot)]
    await _save(conn, late, "overdue", at=at)
    for filed in late:
        await tell_suppliers(conn, filed, OVERDUE, filed.due_on, at=at)
    await publish(conn, *(return_fact(ReturnOverdue, filed) for filed in late), at=at)


async def find_reviews_overdue(conn: Connection, slot: date, at: datetime) -> None:
    """Tell, the day after, of submitted returns of which no line was reviewed; once for each submission."""
    late = [filed.changed(review_overdue_on=slot) for filed in await returns.lock_reviews_overdue(conn, slot)]
    await _save(conn, late, "review_overdue", at=at)
    for filed in late:
        await tell_buyers(conn, filed, REVIEW_OVERDUE, filed.submissions, at=at)
    await publish(conn, *(return_fact(ReviewOverdue, filed) for filed in late), at=at)


async def _save(conn: Connection, changed: Sequence[QuarterlyReturn], action: str, *, at: datetime) -> None:
    await returns.save(conn, changed, lines_changed=[])
    for filed in changed:
        await remember(conn, filed, action, by=NOBODY, at=at)
