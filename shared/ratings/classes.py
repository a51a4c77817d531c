"""The words of a judgement: ratings, reasons for having none, alerts, severities and levels."""

from __future__ import annotations

from enum import StrEnum


class Rating(StrEnum):
    """The five classes of the Procurement Regulations 2024, regulation 39."""

    GOOD = "good"
    APPROACHING_TARGET = "approaching_target"
    REQUIRES_IMPROVEMENT = "requires_improvement"
    INADEQUATE = "inadequate"
    OTHER = "other"

    @property
    def short(self) -> bool:
        """Below good. ``other`` is neither good nor short."""
        return self not in (Rating.GOOD, Rating.OTHER)


class WhyOther(StrEnum):
    """Why an obligation is rated ``other``."""

    NOTHING_DUE_YET = "nothing_due_yet"
    NOTHING_TO_MEASURE = "nothing_to_measure"
    NO_APPROVED_LINE = "no_approved_line"


class AlertKind(StrEnum):
    SHORTFALL = "shortfall"
    STORY_NOT_MET = "story_not_met"
    LATE_RETURN = "late_return"
    LATE_REVIEW = "late_review"
    MISSING_EVIDENCE = "missing_evidence"
    FORECAST = "forecast"
    UNLIKELY_FIGURE = "unlikely_figure"
    SHARED_EVIDENCE = "shared_evidence"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low, up to 3 for critical."""
        return list(Severity).index(self)

    def step_up(self) -> Severity:
        """The next worse; critical stays."""
        return list(Severity)[min(self.rank + 1, 3)]


class AlertStatus(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RECOVERY_AGREED = "recovery_agreed"
    RESOLVED = "resolved"


class EscalationLevel(StrEnum):
    CONTRACT_MANAGER = "contract_manager"
    ACCOUNTABLE_OWNER = "accountable_owner"
    EXECUTIVE = "executive"
    ICB = "icb"
