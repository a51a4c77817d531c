"""What stands where in a workbook of returns."""

from __future__ import annotations

TEMPLATE = "parity-returns-1"
"""Written into the hidden sheet; a workbook of another template is refused."""

HIDDEN = "parity"
LINES = "Lines"
MONTHS = "Months"
BREAKDOWN = "Breakdown"

LINE_COLUMNS = (
    "No.",
    "Contract",
    "Quarter",
    "Obligation",
    "Measure",
    "Unit",
    "Target",
    "Figure",
    "Numerator",
    "Denominator",
    "Nothing delivered: reason",
    "Story",
    "Share due to this contract",
    "Why an unlikely figure is right",
    "return id",
    "contract id",
    "line id",
    "version",
)
"""The last four are hidden: they say which line a row is, and as it was when."""

MONTH_COLUMNS = ("No.", "Obligation", "Month", "Figure", "Numerator", "Denominator", "line id", "month")
BREAKDOWN_COLUMNS = ("No.", "Recipient", "Sector", "Place", "Figure", "Numerator", "Denominator")

SHEETS = {LINES: LINE_COLUMNS, MONTHS: MONTH_COLUMNS, BREAKDOWN: BREAKDOWN_COLUMNS}

LINE_FIELDS = {
    "/figure/value": 7,
    "/figure/numerator": 8,
    "/figure/denominator": 9,
    "/nil_reason": 10,
    "/story": 11,
    "/share": 12,
    "/unlikely_reason": 13,
}
"""Where the parts of a line's content stand, by column from 0."""

RETURN_ID, CONTRACT_ID, LINE_ID, VERSION = 14, 15, 16, 17
MONTH_FIGURE, MONTH_LINE_ID, MONTH_NUMBER = 3, 6, 7
BREAKDOWN_FIGURE = 4
PARTS = ("value", "numerator", "denominator")
"""Three columns beside each other."""
