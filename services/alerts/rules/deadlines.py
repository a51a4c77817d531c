"""When something is due, as people say it: in working days, on either clock."""

from __future__ import annotations

from datetime import date

from services.alerts.models.alerts import Alert
from shared.ratings import AlertStatus, EscalationLevel, next_level
from shared.words import counted, day, weekday
from shared.working_days import working_days_between

_WHO = {
    EscalationLevel.CONTRACT_MANAGER: "the contract manager",
    EscalationLevel.ACCOUNTABLE_OWNER: "the obligation’s accountable owner",
    EscalationLevel.EXECUTIVE: "the buyer’s executive",
    EscalationLevel.ICB: "the ICB",
}


def due_in(due_on: date, on: date) -> str:
    """``in 5 working days``, ``today``, ``3 working days late``."""
    if due_on == on:
        return "today"
    if due_on < on:
        late = working_days_between(due_on, on)
        return f"{counted(late, 'working day')} late" if late else "before the next working day"
    left = working_days_between(on, due_on)
    return f"in {counted(left, 'working day')}" if left else "before the next working day"


def clock(alert: Alert, on: date) -> str:
    """What a list says of an alert's clock."""
    if alert.resolved_at is not None:
        return f"Resolved on {day(alert.resolved_at)}"
    if alert.status is AlertStatus.RECOVERY_AGREED and alert.recovery_due_on is not None:
        return f"Plan until {day(alert.recovery_due_on)} ({due_in(alert.recovery_due_on, on)})"
    if alert.escalates_on is not None:
        return f"{day(alert.escalates_on)} ({due_in(alert.escalates_on, on)})"
    return f"At the last level since {day(alert.level_since)}"


def clock_sentence(alert: Alert, *, to_icb: bool, on: date) -> str:
    """What happens next by the clock alone. ``to_icb``: the lead buyer agreed that it ends there."""
    if alert.resolved_at is not None:
        return "The clock has stopped."
    if alert.status is AlertStatus.RECOVERY_AGREED and alert.recovery_due_on is not None:
        until = f"{weekday(alert.recovery_due_on)}, {due_in(alert.recovery_due_on, on)}"
        return f"The clock stands still until the date of the recovery plan: {until}."
    following = next_level(alert.level, to_icb)
    if alert.escalates_on is None or following is None:
        return f"It has been with {_WHO[alert.level]} since {weekday(alert.level_since)}. There is no level after that."
    wanted = "nobody acknowledges it" if alert.acknowledged_at is None else "there is no recovery plan and it is not resolved"
    when = f"{weekday(alert.escalates_on)} ({due_in(alert.escalates_on, on)})"
    return f"It is with {_WHO[alert.level]}. If {wanted}, {_WHO[following]} is told on {when}."
