"""Targets by quarter, as people paste them: two columns or two rows out of a spreadsheet, or the figures alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from shared.errors import Invalid
from shared.obligations import QuarterTarget
from shared.quarters import Quarter
from shared.typed_numbers import number_typed

_QUARTER = re.compile(r"\d{4}-\d{2}[- ]Q[1-4]")
_MOST = 400


class CannotReadTargets(Invalid):
    """Enter a line for each quarter, such as 2026-27 Q1 and its target, or one target for each quarter in their order."""


def read_targets(text: str, quarters: Sequence[Quarter]) -> tuple[QuarterTarget, ...]:
    """``quarters``: those of the contract, for figures that come without. Raises CannotReadTargets."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rows = [[cell for cell in _cells(line) if cell] for line in lines]
    if len(rows) == 2 and len(rows[0]) == len(rows[1]) > 1 and all(_QUARTER.fullmatch(cell) for cell in rows[0]):
        rows = [list(pair) for pair in zip(*rows, strict=True)]
    if len(rows) > _MOST or not rows:
        raise CannotReadTargets
    if all(_QUARTER.fullmatch(row[0]) for row in rows):
        named = tuple(_named(number, row) for number, row in enumerate(rows, 1))
        quarter, times = Counter(one.quarter for one in named).most_common(1)[0]
        if times > 1:
            raise CannotReadTargets(f"{quarter} has {times} targets. Enter one line for each quarter")
        return named
    figures = [cell for row in rows for cell in row]
    if len(figures) != len(quarters):
        raise CannotReadTargets(f"The contract has {len(quarters)} quarters, and there are {len(figures)} targets")
    return tuple(
        QuarterTarget(quarter=quarter, target=_number(number, figure))
        for number, (quarter, figure) in enumerate(zip(quarters, figures, strict=True), 1)
    )


def _cells(line: str) -> list[str]:
    """A quarter may be parted from its figure by a blank; thousands are not."""
    begins = _QUARTER.match(line)
    if begins and "\t" not in line:
        return [begins.group(), line[begins.end() :].strip(" ;:=")]
    return [cell.strip() for cell in re.split(r"[\t;]", line)]


def _named(number: int, row: Sequence[str]) -> QuarterTarget:
    if len(row) != 2:
        raise CannotReadTargets(f"Line {number}: enter a quarter and one target")
    try:
        quarter = Quarter.parse(row[0])
    except ValueError:
        raise CannotReadTargets(f"Line {number}: {row[0]} is no quarter. Write it like 2026-27 Q1") from None
    return QuarterTarget(quarter=quarter, target=_number(number, row[1]))


def _number(number: int, text: str) -> Decimal:
    found = number_typed(text)
    if found is not None and 0 <= found < 10**14 and found == round(found, 6):
        return found
    raise CannotReadTargets(
        f"Line {number}: {text[:40]} is no target. Enter a number, zero or more, with at most 6 decimal places"
    )
