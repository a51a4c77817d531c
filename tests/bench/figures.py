"""What a bench measures: a figure, the limit measured in the same run, and the goal for their ratio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).resolve().parents[2] / "build" / "bench.json"


@dataclass(frozen=True)
class Figure:
    """``ratio`` is value / limit; ``goal`` says what it, or the value, should be: ``>= 0.7``, ``p99 < 1 s``."""

    name: str
    log: str | None
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: str | None = None


def against(name: str, log: str | None, value: float, limit: float, unit: str, goal: str) -> Figure:
    """A figure beside its limit, both measured in turn in this run."""
    return Figure(name, log, round(value, 1), unit, round(limit, 1), round(value / limit, 3), goal)


def middle(values: Sequence[float]) -> float:
    """The median: one slow round says nothing."""
    return sorted(values)[len(values) // 2]


def write(figures: Sequence[Figure]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")


def show(figures: Sequence[Figure]) -> None:
    table = Table(title=f"also in {RESULTS.relative_to(Path.cwd())}" if RESULTS.is_relative_to(Path.cwd()) else None)
    for column in ("figure", "log", "value", "unit", "limit", "ratio", "goal"):
        table.add_column(column, justify="right" if column in ("value", "limit", "ratio") else "left")
    for figure in figures:
        cells = (figure.name, figure.log, f"{figure.value:,}", figure.unit, figure.limit, figure.ratio, figure.goal)
        table.add_row(*("" if cell is None else f"{cell:,}" if isinstance(cell, float) else cell for cell in cells))
    Console().print(table)
