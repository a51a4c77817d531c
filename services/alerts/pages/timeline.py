"""What was said and done about an alert, by whom and when, as one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.alerts.actions.reading import WholeAlert
from services.alerts.rules.words import how_ended
from shared.history import Entry
from shared.quarters import Quarter
from shared.ratings import EscalationLevel
from shared.words import day, label

_DONE = {
    "raised": "Raised",
    "plan_proposed": "Recovery plan proposed",
    "acknowledged": "Acknowledged",
    "recovery_agreed": "Recovery plan agreed",
    "resolved": "Resolved",
    "plan_declined": "Recovery plan declined",
    "disputed": "Disputed",
    "dispute_upheld": "Dispute upheld",
    "noted": "Note from the ICB",
    "dispute_rejected": "Dispute not upheld",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """``words``: what the person wrote; empty where nothing was."""

    done: str
    by: str
    at: datetime
    words: str


def timeline(whole: WholeAlert, names: Mapping[UUID, str]) -> list[Moment]:
    """The latest first."""
    return [Moment(_done(entry), names[entry.person_id], entry.at, _words(whole, entry)) for entry in reversed(whole.history)]


def _done(entry: Entry) -> str:
    match entry.action:
        case "escalated":
            level = EscalationLevel(entry.detail["level"])
            named = "the ICB" if level is EscalationLevel.ICB else label(level).lower()
            return f"Not dealt with in time, so it went to the next level: {named}"
        case "changed":
            return f"Now of {label(entry.detail['severity']).lower()} severity, for {Quarter.parse(entry.detail['quarter'])}"
        case action:
            return _DONE.get(action) or label(action)


def _words(whole: WholeAlert, entry: Entry) -> str:
    detail: Mapping[str, Any] = entry.detail
    if "note" in detail:
        return str(detail["note"])
    plan = next((plan for plan in whole.plans if str(plan.plan_id) == detail.get("plan_id")), None)
    dispute = next((dispute for dispute in whole.disputes if str(dispute.dispute_id) == detail.get("dispute_id")), None)
    if plan is not None:
        return f"{plan.plan}\nBy {day(plan.due_on)}" if entry.action == "plan_proposed" else plan.answer or ""
    if dispute is not None:
        return dispute.reason if entry.action == "disputed" else dispute.answer or ""
    return (how_ended(detail.get("ending")) or "").removeprefix("Resolved: ")
