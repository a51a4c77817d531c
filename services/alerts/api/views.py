"""What the API answers: alerts, ratings, compliance and the parity report, as a reader needs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime

from services.alerts.actions.reading import WholeAlert
from services.alerts.models.alerts import Dispute, Note, PlanStatus, RecoveryPlan, StoredRating
from services.alerts.models.facts import KnownContract, KnownObligation
from services.alerts.rules.words import how_ended, why_raised, why_rated
from services.alerts.store.sight import SeenAlert
from shared.obligations import Amount, Frozen, Side
from shared.quarters import Quarter
from shared.ratings import (
    AlertKind,
    AlertStatus,
    Compliance,
    Days,
    EscalationLevel,
    ParityColumn,
    Rating,
    Severity,
    WhyOther,
    stored,
)
from shared.ratings.compliance import Part


class AlertView(Frozen):
    """An alert in a list."""

    alert_id: UUID
    contract_id: UUID
    contract_reference: str
    contract_title: str
    obligation_id: UUID | None
    obligation_reference: str | None
    label: str | None
    kind: AlertKind
    quarter: Quarter
    first_quarter: Quarter
    """The quarter it was first raised for."""
    severity: Severity
    status: AlertStatus
    level: EscalationLevel
    escalates_on: date | None
    raised_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    recovery_due_on: date | None
    resolved_at: AwareDatetime | None

    @classmethod
    def of(cls, seen: SeenAlert) -> Self:
        own = {name: getattr(seen.alert, name) for name in cls.model_fields if name in seen.alert.__dataclass_fields__}
        around = {"contract_reference", "contract_title", "obligation_reference", "label"}
        return cls(**own, **{name: getattr(seen, name) for name in around})


class RatingView(Frozen):
    """The rating of one obligation at the end of one quarter, with the figures that it was decided by."""

    obligation_id: UUID
    reference: str
    label: str
    side: Side
    measure_code: str
    unit: str
    quarter: Quarter
    rating: Rating
    published: Rating
    """As regulation 39 would publish it: ``other`` where any quarter is incomplete."""
    reason: WhyOther | None
    incomplete: list[Quarter]
    delivered: Amount | None
    target: Amount | None
    why: str
    arithmetic: dict[str, Any]
    """Kind, unit, direction, basis, bands (with the limits they come to), and each quarter of the window."""
    rated_at: AwareDatetime

    @classmethod
    def of(cls, rating: StoredRating, obligation: KnownObligation) -> Self:
        return cls(
            obligation_id=rating.obligation_id,
            reference=obligation.reference,
            label=obligation.label,
            side=obligation.side,
            measure_code=obligation.measure_code,
            unit=obligation.unit,
            quarter=rating.quarter,
            rating=rating.rating,
            published=Rating.OTHER if rating.incomplete else rating.rating,
            reason=rating.reason,
            incomplete=list(rating.incomplete),
            delivered=rating.delivered,
            target=rating.target,
            why=why_rated(rating),
            arithmetic=dict(rating.arithmetic),
            rated_at=rating.rated_at,
        )


class PlanView(Frozen):
    plan_id: UUID
    plan: str
    due_on: date
    status: PlanStatus
    proposed_at: AwareDatetime
    proposed_by: UUID
    decided_at: AwareDatetime | None
    decided_by: UUID | None
    answer: str | None

    @classmethod
    def of(cls, plan: RecoveryPlan) -> Self:
        return cls(**{name: getattr(plan, name) for name in cls.model_fields})


class DisputeView(Frozen):
    dispute_id: UUID
    reason: str
    raised_at: AwareDatetime
    raised_by: UUID
    upheld: bool | None
    answer: str | None
    answered_at: AwareDatetime | None
    answered_by: UUID | None

    @classmethod
    def of(cls, dispute: Dispute) -> Self:
        return cls(**{name: getattr(dispute, name) for name in cls.model_fields})


class NoteView(Frozen):
    """What the ICB said about an alert that came to it."""

    note: str
    left_at: AwareDatetime
    left_by: UUID

    @classmethod
    def of(cls, note: Note) -> Self:
        return cls(**{name: getattr(note, name) for name in cls.model_fields})


class AlertDetail(AlertView):
    """One alert, with why it was raised and all that was said about it."""

    why: str
    ended: str | None
    """How it ended, where it is resolved."""
    rating: RatingView | None
    """The rating of its obligation and quarter as it stands now."""
    recovery_plans: list[PlanView]
    disputes: list[DisputeView]
    notes: list[NoteView]

    @classmethod
    def of_whole(cls, whole: WholeAlert) -> Self:
        return cls(
            **AlertView.of(whole.seen).model_dump(),
            why=why_raised(whole.alert, whole.rating),
            ended=how_ended(whole.alert.ending),
            rating=RatingView.of(whole.rating, whole.obligation) if whole.rating and whole.obligation else None,
            recovery_plans=[PlanView.of(plan) for plan in whole.plans],
            disputes=[DisputeView.of(dispute) for dispute in whole.disputes],
            notes=[NoteView.of(note) for note in whole.notes],
        )


class ContractRatings(Frozen):
    """The ratings of a contract, quarter by quarter, both sides alike."""

    contract_id: UUID
    reference: str
    title: str
    ratings: list[RatingView]

    @classmethod
    def of(cls, contract: KnownContract, ratings: list[StoredRating], obligations: Mapping[UUID, KnownObligation]) -> Self:
        return cls(
            contract_id=contract.contract_id,
            reference=contract.reference,
            title=contract.title,
            ratings=[RatingView.of(rating, obligations[rating.obligation_id]) for rating in ratings],
        )


class CompliancePart(Frozen):
    """One side: the mean score of what is rated (0 to 1), and what stands beside it."""

    score: Amount | None
    rated: int
    incomplete: int
    other: int

    @classmethod
    def of(cls, part: Part) -> Self:
        return cls(score=_share(part.score), rated=part.rated, incomplete=part.incomplete, other=part.other)


class ComplianceView(Frozen):
    """Compliance of a contract in a quarter: each side weighs one half, whatever its number."""

    contract_id: UUID
    quarter: Quarter
    score: Amount | None
    one_sided: Side | None
    """The side that the score rests on alone, where the other has nothing rated."""
    core_service: CompliancePart
    social_value: CompliancePart

    @classmethod
    def of(cls, contract_id: UUID, quarter: Quarter, found: Compliance) -> Self:
        return cls(
            contract_id=contract_id,
            quarter=quarter,
            score=_share(found.score),
            one_sided=found.one_sided,
            **{side.value: CompliancePart.of(part) for side, part in found.parts.items()},
        )


class DaysView(Frozen):
    """Working days that something took, where it happened."""

    count: int
    median: Amount | None
    ninetieth: int | None

    @classmethod
    def of(cls, days: Days) -> Self:
        return cls(count=days.count, median=_share(days.median), ninetieth=days.ninetieth)


class ParityColumnView(Frozen):
    """One side over the period."""

    rated: int
    incomplete: int
    shares: dict[Rating, Amount]
    """Of the rated: how many parts of one have each rating."""
    returns_due: int
    returns_on_time: int
    to_approve: DaysView
    alerts_raised: int
    to_acknowledge: DaysView
    to_plan: DaysView
    to_resolve: DaysView

    @classmethod
    def of(cls, column: ParityColumn) -> Self:
        return cls(
            rated=column.rated,
            incomplete=column.incomplete,
            shares={rating: stored(share) for rating, share in column.shares.items()},
            returns_due=column.returns_due,
            returns_on_time=column.returns_on_time,
            to_approve=DaysView.of(column.to_approve),
            alerts_raised=column.alerts_raised,
            to_acknowledge=DaysView.of(column.to_acknowledge),
            to_plan=DaysView.of(column.to_plan),
            to_resolve=DaysView.of(column.to_resolve),
        )


class ParityReport(Frozen):
    """Core service beside social value over a period of quarters."""

    first_quarter: Quarter
    last_quarter: Quarter
    counted_at: AwareDatetime | None = None
    """When the region's figures were counted; nothing where they were counted just now."""
    core_service: ParityColumnView
    social_value: ParityColumnView


def _share(value: Fraction | None) -> Amount | None:
    return None if value is None else stored(value)
