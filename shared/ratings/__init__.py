"""The rules of rating, alerting and comparing: pure, exact, and blind to which side an obligation is on.

``arithmetic.md`` in words; the tests hold its tables. The alerts service decides by these rules; the returns service shows
suppliers, while they type, what will be decided. Only ``compliance`` is told sides, because it lays them beside each other.
"""

from shared.ratings.classes import AlertKind, AlertStatus, EscalationLevel, Rating, Severity, WhyOther
from shared.ratings.compliance import Compliance, compliance
from shared.ratings.escalation import CLOCK, escalates_on, next_level
from shared.ratings.figures import Measured, QuarterOwed, measure, roll_up, window
from shared.ratings.forecast import Forecast, forecast
from shared.ratings.parity import AlertDates, Approvals, Counts, Days, ParityColumn, What, counted, parity_column
from shared.ratings.rating import Rated, judge, rate
from shared.ratings.rounding import rounded, shown, shown_percent, stored
from shared.ratings.severity import late_severity, shortfall_severity
from shared.ratings.targets import NoQuarterToSpreadOver, Spread, spread, suggested_bands
from shared.ratings.unlikely import Unlikely, unlikely

__all__ = [
    "CLOCK",
    "AlertDates",
    "AlertKind",
    "AlertStatus",
    "Approvals",
    "Compliance",
    "Counts",
    "Days",
    "EscalationLevel",
    "Forecast",
    "Measured",
    "NoQuarterToSpreadOver",
    "ParityColumn",
    "QuarterOwed",
    "Rated",
    "Rating",
    "Severity",
    "Spread",
    "Unlikely",
    "What",
    "WhyOther",
    "compliance",
    "counted",
    "escalates_on",
    "forecast",
    "judge",
    "late_severity",
    "measure",
    "next_level",
    "parity_column",
    "rate",
    "roll_up",
    "rounded",
    "shortfall_severity",
    "shown",
    "shown_percent",
    "spread",
    "stored",
    "suggested_bands",
    "unlikely",
    "window",
]
