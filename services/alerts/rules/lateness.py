"""What the facts about one return come to: whether it, or its review, is late. The returns service alone decides that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from services.alerts.models.alerts import Condition, Ending, Episode
from services.alerts.models.facts import LineVersion, Resolution, ReturnVersion
from services.alerts.rules.episodes import Watch, order
from shared.events.returns import ReturnOverdue, ReturnStatus, ReviewOverdue
from shared.ratings import AlertKind
from shared.ratings.severity import RAISED_AT


def lateness(
    versions: Sequence[ReturnVersion], lines: Sequence[LineVersion], resolutions: Sequence[Resolution]
) -> Mapping[UUID, Episode]:
    """The episodes of one return, from its versions and its approved lines (an approval is a review)."""
    watch = Watch(resolutions)
    late: ReturnVersion | None = None
    waiting: ReturnVersion | None = None
    heard: list[ReturnVersion | LineVersion] = [*versions, *lines]
    for fact in sorted(heard, key=order):
        match fact:
            case ReturnVersion(type=ReturnOverdue.event_type):
                late = fact
            case ReturnVersion(type=ReviewOverdue.event_type):
                waiting = fact
            case ReturnVersion():
                owed = fact.first_submitted_at is None and fact.status != ReturnStatus.WITHDRAWN
                late = late if owed else None
                waiting = waiting if waiting is not None and _untouched(waiting, fact) else None
            case LineVersion():
                waiting = None
        conditions = []
        if late is not None:
            conditions.append(_about(late, AlertKind.LATE_RETURN, due_on=late.due_on.isoformat()))
        if waiting is not None and waiting.review_due_on is not None:
            conditions.append(_about(waiting, AlertKind.LATE_REVIEW, due_on=waiting.review_due_on.isoformat()))
        watch.see(order(fact), conditions, partial(_ending, fact))
    return watch.episodes()


def _ending(fact: ReturnVersion | LineVersion, kind: AlertKind) -> Mapping[str, Any]:
    """A contract that ended early, or a variation, may take a return away: nobody submitted or reviewed it then."""
    if isinstance(fact, ReturnVersion) and fact.status == ReturnStatus.WITHDRAWN:
        return {"code": Ending.WITHDRAWN}
    return {"code": Ending.SUBMITTED if kind is AlertKind.LATE_RETURN else Ending.REVIEWED}


def _untouched(waiting: ReturnVersion, now: ReturnVersion) -> bool:
    return now.status == ReturnStatus.SUBMITTED and now.decided <= waiting.decided


def _about(version: ReturnVersion, kind: AlertKind, **because: Any) -> Condition:
    return Condition(kind, version.return_id, version.contract_id, None, version.quarter, RAISED_AT[kind], because)
