"""What to ask at a review meeting, by what is rated and alerted. The worst first; the same for either side of a contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.alerts.models.alerts import Alert, PlanStatus, RecoveryPlan, StoredRating
from services.alerts.models.facts import KnownObligation
from services.alerts.rules.words import why_raised, why_rated
from shared.quarters import Quarter
from shared.ratings import AlertKind, Rating
from shared.words import day, label

AT_MOST = 12
"""More is no agenda."""

_FROM_GOOD = list(Rating)
_RATED = {
    Rating.INADEQUATE: "What stood in the way, what will be done about it, and by when?",
    Rating.REQUIRES_IMPROVEMENT: "What stood in the way, and what will be different next quarter?",
    Rating.APPROACHING_TARGET: "What is needed to reach the target?",
}
_ALERTED = {
    AlertKind.STORY_NOT_MET: "What does the promise ask for, and how will the next story show it?",
    AlertKind.LATE_RETURN: "When will it come, and what would help to send the next one in time?",
    AlertKind.LATE_REVIEW: "When will the supplier hear, and who reviews when the reviewer is away?",
    AlertKind.MISSING_EVIDENCE: "What evidence is there, and when can it be added?",
    AlertKind.FORECAST: "How will the coming quarters make up for it?",
    AlertKind.UNLIKELY_FIGURE: "How was it counted, and what shows it?",
    AlertKind.SHARED_EVIDENCE: "Which part of it belongs to this contract?",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """An obligation at the end of the quarter; ``before``: its rating a quarter earlier, where there is one."""

    obligation: KnownObligation
    rating: StoredRating
    before: Rating | None

    @property
    def name(self) -> str:
        return f"{self.obligation.reference} {self.obligation.label}"


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that is not resolved, with what waits on it."""

    alert: Alert
    name: str
    """Of its obligation; empty where it is about a whole return."""
    plan: RecoveryPlan | None
    disputed: bool


def changes(asked: Sequence[Asked]) -> list[str]:
    """Ratings that are others than a quarter before."""
    return [
        f"{one.name}: {label(one.before).lower()} before, now {label(one.rating.rating).lower()}."
        for one in asked
        if one.before is not None and one.before is not one.rating.rating
    ]


def questions(asked: Sequence[Asked], alerts: Sequence[Standing], quarter: Quarter) -> list[str]:
    """At most ``AT_MOST``; one to build on success where nothing is wrong. Where there is a plan, the plan is asked about."""
    found = [_late(one) for one in alerts if one.alert.kind in (AlertKind.LATE_RETURN, AlertKind.LATE_REVIEW)]
    found += [words for one in alerts for words in _waiting(one)]
    planned = {one.alert.obligation_id for one in alerts if one.alert.kind is AlertKind.SHORTFALL and one.plan is not None}
    short = [one for one in asked if one.rating.rating in _RATED and one.obligation.obligation_id not in planned]
    short.sort(key=lambda one: -_FROM_GOOD.index(one.rating.rating))
    found += [f"{one.name}. {why_rated(one.rating)} {_RATED[one.rating.rating]}" for one in short]
    found += [
        f"{one.name}. {why_raised(one.alert, None)} {_ALERTED[one.alert.kind]}"
        for one in alerts
        if one.name and one.alert.kind in _ALERTED
    ]
    found += [f"{one.name}. When will the missing figure come?" for one in asked if quarter in one.rating.incomplete]
    found += [
        f"{one.name} is good again. What made the difference, and will it last?"
        for one in asked
        if one.rating.rating is Rating.GOOD and one.before in _RATED
    ]
    return found[:AT_MOST] or ["Everything that is rated is good. What went well, and could it become a case study?"]


def _late(one: Standing) -> str:
    return f"{why_raised(one.alert, None)} {_ALERTED[one.alert.kind]}"


def _waiting(one: Standing) -> list[str]:
    about = one.name or f"the return for {one.alert.quarter}"
    found = []
    if one.disputed:
        found.append(f"The supplier disputes the alert about {about}. What is the answer?")
    if one.plan is not None and one.plan.status is PlanStatus.PROPOSED:
        found.append(f"The supplier proposes a recovery plan for {about}. Is it agreed?")
    elif one.plan is not None:
        found.append(f"The recovery plan for {about} runs until {day(one.plan.due_on)}. Which of its actions are done?")
    return found
