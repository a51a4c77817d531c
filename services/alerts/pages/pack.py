"""The pack for a review meeting: the same words for the printed and for the editable document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

from services.alerts.actions.meeting import Meeting
from services.alerts.models.alerts import PlanStatus
from services.alerts.rules.deadlines import clock
from services.alerts.rules.questions import Asked, Standing, changes, questions
from services.alerts.rules.words import about, target_of
from shared.obligations import Frozen, Side
from shared.ratings import shown_percent
from shared.words import day, label, listed, quantity, quarter_name

TEMPLATE = Path(__file__).parents[1] / "templates" / "pack.typ"


class RatedLine(Frozen):
    name: str
    measured: str
    rating: str


class SideOfPack(Frozen):
    name: str
    score: str
    lines: list[RatedLine]


class AlertLine(Frozen):
    about: str
    severity: str
    status: str
    clock: str
    plan: str


class TaskLine(Frozen):
    what: str
    owner: str
    due: str
    status: str


class Pack(Frozen):
    """Everything as it is printed. Both sides stand beside each other."""

    title: str
    contract: str
    quarter: str
    buyers: str
    suppliers: str
    printed_on: str
    compliance: str
    sides: list[SideOfPack]
    changes: list[str]
    alerts: list[AlertLine]
    questions: list[str]
    tasks: list[TaskLine]

    @classmethod
    def of(cls, meeting: Meeting, on: date) -> Pack:
        contract, quarter = meeting.going.contract, meeting.quarter
        now, before = meeting.going.compliance(quarter), meeting.going.compliance(quarter.previous())
        earlier = "" if before.score is None else f" ({quarter.previous()}: {_score(before.score)})"
        return cls(
            title=f"Review meeting: {contract.title}, {quarter}",
            contract=f"{contract.reference} {contract.title}",
            quarter=quarter_name(quarter),
            buyers=listed(meeting.buyers),
            suppliers=listed(meeting.suppliers),
            printed_on=day(on),
            compliance=f"{_score(now.score)}{earlier}",
            sides=[_side(side, now.parts[side].score, meeting.asked) for side in Side],
            changes=changes(meeting.asked),
            alerts=[_alert(one, on) for one in meeting.alerts],
            questions=questions(meeting.asked, meeting.alerts, quarter),
            tasks=[
                TaskLine(what=task.what, owner=task.owner, due=day(task.due_on), status="Done" if task.done_at else "Open")
                for task in meeting.tasks
            ],
        )


def _side(side: Side, score: Fraction | None, asked: Sequence[Asked]) -> SideOfPack:
    return SideOfPack(name=label(side), score=_score(score), lines=[_line(one) for one in asked if one.obligation.side is side])


def _line(one: Asked) -> RatedLine:
    rating, unit = one.rating, one.obligation.unit
    known = rating.delivered is not None and rating.target is not None
    measured = f"{quantity(rating.delivered, unit)}, target {target_of(rating, unit)}" if known else "Not known"
    incomplete = ", incomplete" if rating.incomplete else ""
    return RatedLine(name=one.name, measured=measured, rating=f"{label(rating.rating)}{incomplete}")


def _alert(one: Standing, on: date) -> AlertLine:
    plan = ""
    if one.plan is not None:
        agreed = "Agreed" if one.plan.status is PlanStatus.AGREED else "Proposed"
        plan = f"{agreed}: {one.plan.plan} By {day(one.plan.due_on)}."
    return AlertLine(
        about=about(one.alert.kind, one.alert.quarter, None, one.name or None),
        severity=label(one.alert.severity),
        status=label(one.alert.status) + (", disputed" if one.disputed else ""),
        clock=clock(one.alert, on),
        plan=plan,
    )


def _score(score: Fraction | None) -> str:
    return "not rated" if score is None else shown_percent(100 * score)
