"""What stands where in a workbook of returns."""

from __future__ import annotations

TEMPLATE = "parity-returns-2"
"""Written into the hidden sheet; a workbook of another template is refused, but for ``READABLE``."""

HIDDEN = "parity"
LINES = "Lines"
MONTHS = "Months"
BREAKDOWN = "Breakdown"

PROMISED = "What was promised"
SO_FAR = "Delivered so far"
REQUESTED = "Changes requested"
TOLD = (PROMISED, SO_FAR, REQUESTED)
"""What the form says beside the fields. It is for reading only, and stands behind what is filled."""

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
    *TOLD,
    "return id",
    "contract id",
    "line id",
    "version",
)
"""The last four are hidden: they say which line a row is, and as it was when."""

MONTH_COLUMNS = ("No.", "Obligation", "Month", "Figure", "Numerator", "Denominator", "line id", "month")
BREAKDOWN_COLUMNS = ("No.", "Recipient", "Sector", "Place", "Figure", "Numerator", "Denominator")

SHEETS = {LINES: LINE_COLUMNS, MONTHS: MONTH_COLUMNS, BREAKDOWN: BREAKDOWN_COLUMNS}

READABLE = {
    TEMPLATE: SHEETS,
    "parity-returns-1": SHEETS | {LINES: tuple(column for column in LINE_COLUMNS if column not in TOLD)},
}
"""The headings of each sheet by template: what was downloaded before a new one is read as it was."""

PARTS = {"value": "Figure", "numerator": "Numerator", "denominator": "Denominator"}
"""Three columns beside each other, in every sheet."""

LINE_FIELDS = {
    "/nil_reason": "Nothing delivered: reason",
    "/story": "Story",
    "/share": "Share due to this contract",
    "/unlikely_reason": "Why an unlikely figure is right",
}
"""Where the other parts of a line's content stand."""
