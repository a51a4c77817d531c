"""Rounding, half up, and only where a person reads a figure or a column holds it; never before a rating is decided."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def rounded(value: Fraction | Decimal | int, places: int) -> Decimal:
    """Half up, away from zero, to so many decimal places: 94.95 to 95.0."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def stored(value: Fraction | Decimal | int) -> Decimal:
    """As ``numeric(20,6)`` holds it."""
    return rounded(value, 6)


def shown(value: Fraction | Decimal | int, places: int = 2) -> str:
    """For reading: thousands by commas, no trailing zeros: ``19,999``, ``11.3``."""
    text = f"{rounded(value, places):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_percent(value: Fraction | Decimal | int) -> str:
    """For reading, one place always: ``94.9 %``, ``95.0 %``."""
    return f"{rounded(value, 1):,f} %"
