"""The life of an alert: what facts make of it, what people may do with it, and how its clock runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.alerts.models.alerts import Alert, Ending, Episode
from shared.errors import Conflict, FieldError, Invalid
from shared.quarters import local_date
from shared.ratings import AlertStatus, EscalationLevel, Severity, escalates_on, late_severity, next_level
from shared.ratings.severity import GROWS_WITH_TIME


class AlertIsResolved(Conflict):
    """This alert is resolved. If the figures fall short again, it will be raised again."""


class AlreadyAcknowledged(Conflict):
    """Somebody has acknowledged this alert already."""


class PlanNotOpen(Conflict):
    """This recovery plan has been decided on already. Propose a new one."""


class DisputeAnswered(Conflict):
    """This dispute has been answered already."""


class DisputeOpen(Conflict):
    """A dispute of this alert waits for its answer already."""


class NotWithTheIcb(Conflict):
    """This alert has not come to the ICB: its buyer still works on it."""


def settle(known: Alert | None, episode: Episode) -> Alert:
    """The alert as facts have it now. What people and the clock did stays, unless it is raised anew."""
    condition = episode.condition
    anew = known is None or episode.raised_at > known.raised_at or (known.resolved and episode.ended_at is None)
    if known is None or anew:
        alert = _raised(episode, version=known.version if known else 0)
    else:
        raised_on = local_date(episode.raised_at)  # a fact that came late may show that it was earlier
        grown = condition.kind in GROWS_WITH_TIME and known.severity.rank > condition.severity.rank
        alert = replace(
            known,
            obligation_id=condition.obligation_id,
            quarter=condition.quarter,
            severity=known.severity if grown else condition.severity,
            because=condition.because,
            raised_at=episode.raised_at,
            changed_at=episode.changed_at,
            level_since=raised_on if known.level_since == local_date(known.raised_at) else known.level_since,
        )
    if episode.ended_at is not None:
        alert = replace(alert, status=AlertStatus.RESOLVED, resolved_at=episode.ended_at, ending=episode.ending)
    return _on_the_clock(alert)


def _raised(episode: Episode, version: int) -> Alert:
    condition = episode.condition
    return Alert(
        alert_id=episode.alert_id,
        version=version,
        contract_id=condition.contract_id,
        kind=condition.kind,
        subject_id=condition.subject_id,
        obligation_id=condition.obligation_id,
        first_quarter=episode.first_quarter,
        quarter=condition.quarter,
        severity=condition.severity,
        because=condition.because,
        raised_at=episode.raised_at,
        changed_at=episode.changed_at,
        status=AlertStatus.OPEN,
        level=EscalationLevel.CONTRACT_MANAGER,
        level_since=local_date(episode.raised_at),
        escalates_on=None,
        acknowledged_at=None,
        acknowledged_by=None,
        planned_at=None,
        recovery_due_on=None,
        resolved_at=None,
        ending=None,
    )


def withdraw(known: Alert) -> Alert:
    """A fact that came late shows that this was never true."""
    ending = {"code": Ending.NEVER_TRUE}
    return _on_the_clock(replace(known, status=AlertStatus.RESOLVED, resolved_at=known.changed_at, ending=ending))


def untouched(known: Alert) -> bool:
    """Neither a person nor the clock has done anything with it."""
    return known.acknowledged_at is None and known.level is EscalationLevel.CONTRACT_MANAGER


def acknowledge(alert: Alert, *, at: datetime, by: UUID) -> Alert:
    must_stand(alert)
    if alert.acknowledged_at is not None:
        raise AlreadyAcknowledged
    return _on_the_clock(replace(alert, status=AlertStatus.ACKNOWLEDGED, changed_at=at, acknowledged_at=at, acknowledged_by=by))


def agree(alert: Alert, due_on: date, *, at: datetime, by: UUID) -> Alert:
    """A recovery plan is agreed: the alert waits until its date. That acknowledges it too."""
    must_stand(alert)
    if alert.acknowledged_at is None:
        alert = acknowledge(alert, at=at, by=by)
    return _on_the_clock(
        replace(
            alert,
            status=AlertStatus.RECOVERY_AGREED,
            changed_at=at,
            planned_at=alert.planned_at or at,
            recovery_due_on=due_on,
        )
    )


def lapses(alert: Alert, *, on: date) -> bool:
    """Its recovery plan's date has passed."""
    due_on = alert.recovery_due_on
    return alert.status is AlertStatus.RECOVERY_AGREED and due_on is not None and due_on < on


def lapse(alert: Alert, *, on: date, at: datetime) -> Alert:
    """The plan did not mend it: the clock runs on from today."""
    return _on_the_clock(replace(alert, status=AlertStatus.ACKNOWLEDGED, level_since=on, changed_at=at))


def escalate(alert: Alert, *, to_icb: bool, on: date, at: datetime) -> Alert:
    """Its clock ran out: the next level is told. At the last level it stays."""
    level = next_level(alert.level, to_icb) or alert.level
    return _on_the_clock(replace(alert, level=level, level_since=on, changed_at=at))


def grows(alert: Alert, *, on: date) -> bool:
    """It is about something late, and has been so for so long that it is grave."""
    late = alert.kind in GROWS_WITH_TIME and alert.severity.rank < Severity.HIGH.rank
    return late and late_severity(date.fromisoformat(alert.because["due_on"]), on) is Severity.HIGH


def grow(alert: Alert, *, at: datetime) -> Alert:
    return _on_the_clock(replace(alert, severity=Severity.HIGH, changed_at=at))


def must_stand(alert: Alert) -> None:
    if alert.resolved:
        raise AlertIsResolved


def must_be_with_the_icb(alert: Alert) -> None:
    must_stand(alert)
    if alert.level is not EscalationLevel.ICB:
        raise NotWithTheIcb


LONGEST_PLAN = timedelta(days=366)
"""An alert is silent until its plan's date: a year typed wrong must not silence it for ever."""


def must_be_soon(due_on: date, *, at: datetime) -> None:
    """A recovery plan's date."""
    today = local_date(at)
    if due_on <= today:
        raise Invalid(errors=[FieldError("/due_on", "Enter a date after today")])
    if due_on > today + LONGEST_PLAN:
        raise Invalid(errors=[FieldError("/due_on", "Enter a date within a year. Agree on what takes longer in steps")])


def _on_the_clock(alert: Alert) -> Alert:
    """With the day on which the next level will be told; None while a plan is awaited, at the last level, or when resolved."""
    runs = alert.status in (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED) and next_level(alert.level, False) is not None
    if not runs:
        return replace(alert, escalates_on=None)
    acknowledged = alert.acknowledged_at is not None
    since = alert.level_since
    if alert.acknowledged_at is not None:
        since = max(since, local_date(alert.acknowledged_at))
    return replace(alert, escalates_on=escalates_on(alert.severity, since, acknowledged))
