"""The escalation clock: one table for everything, in working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.ratings.classes import EscalationLevel, Severity
from shared.working_days import add_working_days


@dataclass(frozen=True, slots=True)
class Patience:
    """Working days that an alert rests at one level before the next is told."""

    to_acknowledge: int
    to_act: int
    """Once acknowledged: until a recovery plan is agreed or the alert is resolved."""


CLOCK = {
    Severity.LOW: Patience(to_acknowledge=20, to_act=40),
    Severity.MEDIUM: Patience(to_acknowledge=10, to_act=20),
    Severity.HIGH: Patience(to_acknowledge=5, to_act=10),
    Severity.CRITICAL: Patience(to_acknowledge=2, to_act=5),
}


def escalates_on(severity: Severity, since: date, acknowledged: bool) -> date:
    """The day on which the next level is told; ``since`` is the day on which the alert reached its level or was acknowledged."""
    patience = CLOCK[severity]
    return add_working_days(since, patience.to_act if acknowledged else patience.to_acknowledge)


def next_level(level: EscalationLevel, to_icb: bool) -> EscalationLevel | None:
    """Who is told next; None at the end. ``to_icb``: the buyer agreed that its alerts end at the ICB, not at its executive."""
    match level:
        case EscalationLevel.CONTRACT_MANAGER:
            return EscalationLevel.ACCOUNTABLE_OWNER
        case EscalationLevel.ACCOUNTABLE_OWNER:
            return EscalationLevel.ICB if to_icb else EscalationLevel.EXECUTIVE
        case _:
            return None
