"""Registers that know organisations by numbers, and how each writes its own."""

from __future__ import annotations

import re
from typing import NamedTuple


class Register(NamedTuple):
    name: str
    number: re.Pattern[str]
    such_as: str


REGISTERS = {
    "GB-COH": Register(
        "Companies House number",
        re.compile(r"[0-9]{8}|[A-Z]{2}[0-9]{6}|[A-Z]{2}[0-9]{5}[A-Z]"),
        "8 digits, or 2 letters and 6 digits, such as 01234567 or SC123456",
    ),
    "GB-CHC": Register("Charity number", re.compile(r"[0-9]{6,7}"), "6 or 7 digits, such as 1089464"),
    "GB-NHS": Register("NHS organisation code", re.compile(r"[A-Z0-9]{3,8}"), "3 to 8 letters and digits, such as RXX"),
    "GB-PPON": Register(
        "Public procurement organisation number",
        re.compile(r"P[A-Z]{3}-[0-9]{4}-[A-Z]{4}"),
        "4 letters, 4 digits and 4 letters, such as PHVX-4316-ZVGZ",
    ),
}
_DIGITS = 8
"""Of a Companies House number; people leave out zeros in front."""


def as_registered(scheme: str, number: str) -> str:
    """The number as its register writes it; one of another register stays as it is. Raises ValueError with what to enter."""
    register = REGISTERS.get(scheme)
    if register is None:
        return number
    written = "".join(number.split()).upper()
    if scheme == "GB-COH" and written.isascii() and written.isdigit():
        written = written.zfill(_DIGITS)
    if not register.number.fullmatch(written):
        raise ValueError(f"{register.name} must be {register.such_as}")
    return written
