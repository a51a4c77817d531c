"""How dates, times, quantities and the product's own terms are said to people: on pages, in mails and in documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from shared.quarters import LONDON, Quarter
from shared.ratings.rounding import rounded, shown, shown_percent

_SAID = {
    "vcfse": "VCFSE",
    "fte": "FTE",
    "icb": "The ICB",
    "icb_analyst": "ICB analyst",
    "call_off": "Call-off",
    "pa2023": "Procurement Act 2023",
    "psr": "Provider Selection Regime",
    "pcr2015": "Public Contracts Regulations 2015",
}


def label(term: str) -> str:
    """A term of the product, as a person reads it: ``approaching_target`` is "Approaching target"."""
    return _SAID.get(term) or term.replace("_", " ").capitalize()


def does(roles: Sequence[str]) -> str:
    """What somebody does: ``Contract manager and ICB analyst``."""
    first, *others = (label(role) for role in roles)
    return listed([first, *(other if other.startswith("ICB") else other.lower() for other in others)])


def day(value: date) -> str:
    """``3 July 2026``; of a moment, its day in London."""
    if isinstance(value, datetime):
        value = value.astimezone(LONDON)
    return f"{value.day} {value:%B %Y}"


def weekday(value: date) -> str:
    """``Friday 3 July 2026``."""
    if isinstance(value, datetime):
        value = value.astimezone(LONDON)
    return f"{value:%A} {day(value)}"


def clock_time(value: datetime) -> str:
    """``2:15pm``, ``9am``, ``midday``, in London."""
    local = value.astimezone(LONDON)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def moment(value: datetime) -> str:
    """``3 July 2026, 2:15pm``."""
    return f"{day(value)}, {clock_time(value)}"


def months(quarter: Quarter) -> str:
    """``July to September 2026``."""
    return f"{quarter.first_day:%B} to {quarter.last_day:%B %Y}"


def quarter_name(quarter: Quarter) -> str:
    """``July to September 2026 (2026-27 Q2)``."""
    return f"{months(quarter)} ({quarter})"


def money(value: Decimal | Fraction | int) -> str:
    """``£1,200`` or ``£1,200.50``: pence only where there are some."""
    pounds = rounded(abs(Fraction(value)), 2)
    text = f"£{pounds:,.0f}" if pounds == pounds.to_integral_value() else f"£{pounds:,.2f}"
    return "-" + text if value < 0 else text


def quantity(value: Decimal | Fraction | int | None, unit: str) -> str:
    """A figure with its unit: ``£1,200``, ``64.1 %``, ``200 hours``. None is "not known"."""
    if value is None:
        return "not known"
    match unit:
        case "GBP":
            return money(value)
        case "%":
            return shown_percent(value)
        case "yes/no":
            return "yes" if value else "no"
        case _:
            return f"{shown(value)} {unit}".strip()


def listed(items: Sequence[str]) -> str:
    """``a, b and c``."""
    *before, last = items or [""]
    return f"{', '.join(before)} and {last}" if before else last


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 return``, ``2 returns``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
