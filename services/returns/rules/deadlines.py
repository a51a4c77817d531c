"""When returns open, are due, are reminded of and become late: working days of England, counted from local dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from shared.quarters import Quarter
from shared.settings import Settings
from shared.working_days import add_working_days


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In working days: a return after it opens, its review after it is submitted, a reminder before it is due, and the supplier's
    answer after changes are asked for."""

    due: int = 20
    review: int = 15
    remind: int = 5
    answer: int = 10

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            due=settings.return_due_working_days,
            review=settings.review_due_working_days,
            remind=settings.reminder_working_days,
            answer=settings.answer_due_working_days,
        )

    def due_on(self, opened_on: date) -> date:
        return add_working_days(opened_on, self.due)

    def remind_on(self, due_on: date) -> date:
        return add_working_days(due_on, -self.remind)

    def review_due_on(self, submitted_on: date) -> date:
        return add_working_days(submitted_on, self.review)

    def answer_due_on(self, sent_back_on: date) -> date:
        return add_working_days(sent_back_on, self.answer)


def last_ended(today: date) -> Quarter:
    """The latest quarter that is over."""
    return Quarter.of(today).previous()


def opens_on(quarter: Quarter, known_on: date) -> date:
    """The first day after the quarter; for a contract recorded later, that day. Never the day on which somebody looked."""
    return max(quarter.next().first_day, known_on)
