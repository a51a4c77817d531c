"""What the parity report says in words: where one side is behind the other, and what to do about it.

The one rule that compares sides. It is the same whichever is behind, and nothing is rated, raised or escalated by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from shared.obligations import Side
from shared.ratings import Days, ParityColumn, Rating, shown, shown_percent
from shared.words import label

POINTS = Fraction(5, 100)
"""Shares that differ by less are called alike."""
WORKING_DAYS = Fraction(2)
"""Medians that differ by less are called alike."""


@dataclass(frozen=True, slots=True)
class Finding:
    says: str
    do: str


@dataclass(frozen=True, slots=True)
class _Question:
    """``of``: the figure of one side; None where there is none. ``more_is_behind``: of two figures the larger is the worse."""

    of: Callable[[ParityColumn], Fraction | None]
    more_is_behind: bool
    in_days: bool
    says: str
    do: str


def _share_good(column: ParityColumn) -> Fraction | None:
    return column.shares.get(Rating.GOOD)


def _share_incomplete(column: ParityColumn) -> Fraction | None:
    looked_at = column.rated + column.incomplete
    return Fraction(column.incomplete, looked_at) if looked_at else None


def _share_on_time(column: ParityColumn) -> Fraction | None:
    return Fraction(column.returns_on_time, column.returns_due) if column.returns_due else None


def _median(days: Callable[[ParityColumn], Days]) -> Callable[[ParityColumn], Fraction | None]:
    return lambda column: days(column).median


_QUESTIONS = (
    _Question(
        _share_good,
        more_is_behind=False,
        in_days=False,
        says="{behind} is rated good less often than {ahead}: {this} against {other}.",
        do="Look at the contracts where {behind_} scores lowest, and ask at their review meetings what stands in the way.",
    ),
    _Question(
        _share_incomplete,
        more_is_behind=True,
        in_days=False,
        says="More of {behind_} is incomplete than of {ahead}: {this} against {other}.",
        do="Ask for what is missing: what nobody reports, nobody can rate.",
    ),
    _Question(
        _share_on_time,
        more_is_behind=False,
        in_days=False,
        says="Returns with {behind_} come on time less often than those with {ahead}: {this} against {other}.",
        do="Ask the suppliers who report late what would help them, and log activities as they happen.",
    ),
    _Question(
        _median(lambda column: column.to_approve),
        more_is_behind=True,
        in_days=True,
        says="Lines of {behind_} wait longer for approval than those of {ahead}: {this} working days against {other}.",
        do="Review whole returns: every line counts from the day on which it is approved.",
    ),
    _Question(
        _median(lambda column: column.to_acknowledge),
        more_is_behind=True,
        in_days=True,
        says="Alerts about {behind_} wait longer to be acknowledged than those about {ahead}: "
        "{this} working days against {other}.",
        do="Take alerts in the order of the work list.",
    ),
    _Question(
        _median(lambda column: column.to_plan),
        more_is_behind=True,
        in_days=True,
        says="Recovery plans for {behind_} take longer to be agreed than those for {ahead}: {this} working days against {other}.",
        do="Ask for a plan when you acknowledge an alert, and answer proposed plans within a week.",
    ),
    _Question(
        _median(lambda column: column.to_resolve),
        more_is_behind=True,
        in_days=True,
        says="Alerts about {behind_} take longer to be resolved than those about {ahead}: {this} working days against {other}.",
        do="Put the oldest of them on the agenda of the next review meetings.",
    ),
)


def findings(columns: Mapping[Side, ParityColumn]) -> list[Finding]:
    """In the order of the report's rows; one that says so where neither side is behind."""
    unrated = [side for side, column in columns.items() if not column.rated]
    found = [
        Finding(
            f"No {label(side).lower()} is rated in this period.",
            "Choose a longer period, or check that the contracts have such obligations and that their returns are approved.",
        )
        for side in unrated
    ]
    found += [finding for question in _QUESTIONS if (finding := _answer(question, columns)) is not None]
    alike = Finding("Neither side is behind the other.", "Go on asking for both alike.")
    return found or [alike]


def _answer(question: _Question, columns: Mapping[Side, ParityColumn]) -> Finding | None:
    figures = [(value, side) for side, column in columns.items() if (value := question.of(column)) is not None]
    if len(figures) < len(columns):
        return None
    least, most = min(figures, key=lambda pair: pair[0]), max(figures, key=lambda pair: pair[0])
    if most[0] - least[0] < (WORKING_DAYS if question.in_days else POINTS):
        return None
    (this, behind), (other, ahead) = (most, least) if question.more_is_behind else (least, most)
    said = shown if question.in_days else lambda value: shown_percent(100 * value)
    words = {
        "behind": label(behind),
        "behind_": label(behind).lower(),
        "ahead": label(ahead).lower(),
        "this": said(this),
        "other": said(other),
    }
    return Finding(question.says.format(**words), question.do.format(**words))
