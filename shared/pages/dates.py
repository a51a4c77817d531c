"""Dates as they are typed, in three fields: what is wrong with one, and in which of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

from shared.words import listed

Part = Literal["day", "month", "year"]
PARTS: tuple[Part, ...] = ("day", "month", "year")
"""In the order of the page."""
_FITS: Mapping[Part, re.Pattern[str]] = {
    "day": re.compile(r"0?[1-9]|[12][0-9]|3[01]"),
    "month": re.compile(r"0?[1-9]|1[0-2]"),
    "year": re.compile(r"[0-9]{4}"),
}


def wrong_with(typed: Mapping[Part, str], called: str) -> tuple[str, tuple[Part, ...]] | None:
    """A message and the parts that it concerns, or None where it is a date. ``called``: what the message begins with."""
    missing = tuple(part for part in PARTS if not typed[part])
    if missing:
        return f"{called} must include a {listed(list(missing))}", missing
    unfit = tuple(part for part in PARTS if not _FITS[part].fullmatch(typed[part]))
    if unfit == ("year",):
        return "Year must include 4 numbers", unfit
    return (f"{called} must be a real date", unfit or PARTS) if unfit or not _is_real(typed) else None


def _is_real(fitting: Mapping[Part, str]) -> bool:
    try:
        date(*(int(fitting[part]) for part in reversed(PARTS)))
    except ValueError:
        return False
    return True
