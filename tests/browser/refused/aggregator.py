"""What the ICB's pages refuse."""

from __future__ import annotations

from tests.browser.refused.refusal import Refusal

_ANALYST = "ICB analyst"
_CUT = ("The quarter", "Make a provisional cut")

REFUSALS = (
    Refusal("/icb/cut", _ANALYST, _CUT, "Make the cut", "Date of the cut must be a real date", {"day-month": "13"}),
    Refusal("/icb/cut", _ANALYST, _CUT, "Make the cut", "Date of the cut must be", {"day-year": "2030"}),
    Refusal(
        "/icb/close",
        _ANALYST,
        ("The quarter", "Close this quarter"),
        "Close the quarter",
        "Select that you have seen what is missing",
    ),
)
