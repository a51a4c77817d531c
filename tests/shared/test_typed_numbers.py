"""What people type as a number, and what only looks like one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.typed_numbers import number_typed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("26", "26"),
        (" 26.50 ", "26.5"),
        ("26.", "26"),
        (".5", "0.5"),
        ("+26", "26"),
        ("-5", "-5"),
        ("1,200", "1200"),
        ("12,345,678.9", "12345678.9"),
        ("1 200", "1200"),
        ("1\N{NO-BREAK SPACE}200", "1200"),
        ("£1,200.50", "1200.5"),
        ("£ 26", "26"),
        ("-£5", "-5"),
        ("95 %", "95"),
        ("1.2E+05", "120000"),  # as spreadsheets write it
    ],
)
def test_number(text: str, number: str) -> None:
    assert number_typed(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "26,5",
        "1,0,00",
        "1,00",
        "26 5",
        "1_000",
        "26 hours",
        "twenty",
        "NaN",
        "Infinity",
        "½",
        "1.2.3",
        "1,200,",
        ".",
        "",
        "£",
        "1e999",
    ],
)
def test_no_number(text: str) -> None:
    """``26,5`` is 26.5 to a continental reader: nobody may be paid for 265."""
    assert number_typed(text) is None


def test_what_is_far_too_long_is_not_looked_at() -> None:
    assert number_typed("9" * 60) is not None
    assert number_typed("-" + " " * 1_000_000 + "x") is None


def test_only_the_marks_of_the_unit() -> None:
    assert number_typed("£5", marks="£") == 5
    assert number_typed("50%", marks="£") is None
    assert number_typed("£5", marks="%") is None
    assert number_typed("50 %", marks="") is None
