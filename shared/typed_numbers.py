"""Numbers as people type them in a form, a table or a spreadsheet's cell."""

from __future__ import annotations

import re
from decimal import Decimal

_TYPED = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<pounds>£?)\s*"
    r"(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\s[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?P<power>[eE][+-]?[0-9]{1,2})?\s*(?P<percent>%?)"
)
"""A comma and a space part thousands and nothing else: ``26,5`` could be meant as 26.5, and must never become 265."""


_LONGEST = 60
"""No number is longer, and what is much longer would take the pattern long."""


def number_typed(text: str, *, marks: str = "£%") -> Decimal | None:
    """``1,200``, ``£1,200.50``, ``1 200``, ``95 %``; None where it is no number. ``marks``: what may stand beside the digits."""
    text = text.strip()
    found = _TYPED.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or any(mark not in marks for mark in found["pounds"] + found["percent"]):
        return None
    return Decimal(found["sign"] + re.sub(r"[,\s]", "", found["digits"]) + (found["power"] or ""))
