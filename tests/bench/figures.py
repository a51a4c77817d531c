"""What a bench measures: a figure, the limit measured in the same run, and the goal for their ratio."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

T = TypeVar("T")
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


def against(name: str, log: str | None, values: Sequence[float], limits: Sequence[float], unit: str, goal: str) -> Figure:
    """Figures beside their limits, measured in turn: medians of each, and of the ratios of what was measured side by side."""
    ratios = [value / limit for value, limit in zip(values, limits, strict=True)]
    return Figure(name, log, round(middle(values), 1), unit, round(middle(limits), 1), round(middle(ratios), 3), goal)


def middle(values: Sequence[float]) -> float:
    """The median: one slow round says nothing."""
    return sorted(values)[len(values) // 2]


def slowest_in_100(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(values)[max(0, -(-99 * len(values) // 100) - 1)]


def milliseconds(name: str, log: str | None, seconds: Sequence[float], goal: str | None = None) -> Iterator[Figure]:
    """The median and the 99th percentile; the goal is the latter's."""
    yield Figure(f"{name}, p50", log, round(middle(seconds) * 1000, 1), "ms")
    yield Figure(f"{name}, p99", log, round(slowest_in_100(seconds) * 1000, 1), "ms", goal=goal)


def followed(values: Iterable[T], total: int, doing: str) -> Iterator[T]:
    """The values, and at each tenth of them a line that says how far it is."""
    for number, value in enumerate(values, 1):
        yield value
        if number * 10 // total > (number - 1) * 10 // total:
            say(f"{doing}: {number:,} of {total:,}")


def say(what: str) -> None:
    print(f"  {what}", flush=True)


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
    console = Console()
    console = console if console.is_terminal else Console(width=140)
    console.print(table)
