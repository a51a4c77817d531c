"""What the facts about one obligation come to: its rating at the end of every quarter, and the episodes of its alerts.

The facts are walked through in the order in which they became true, so the outcome is the same whichever was heard first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from services.alerts.models.alerts import Condition, Ending, Episode
from services.alerts.models.facts import LineVersion, Owed, Promise, Resolution
from services.alerts.rules.episodes import Watch, order
from shared.obligations import Judgement, plain
from shared.quarters import Quarter
from shared.ratings import AlertKind, QuarterOwed, Rated, Rating, forecast, rate, shortfall_severity, stored
from shared.ratings.severity import RAISED_AT
from shared.ratings.unlikely import quantity, usual


@dataclass(slots=True)
class ObligationFacts:
    owed: list[Owed] = field(default_factory=list)
    lines: list[LineVersion] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Assessed:
    ratings: Mapping[Quarter, tuple[Rated, datetime]]
    """With the moment since when each stands."""
    figures: Mapping[Quarter, QuarterOwed]
    episodes: Mapping[UUID, Episode]
    latest_at: datetime
    """When the last of the facts became true."""


def assess(facts: ObligationFacts) -> Assessed:
    owed: dict[Quarter, Owed] = {}
    lines: dict[Quarter, LineVersion] = {}
    promise: Promise | None = None
    ratings: dict[Quarter, tuple[Rated, datetime]] = {}
    figures: dict[Quarter, QuarterOwed] = {}
    watch = Watch(facts.resolutions)
    heard: list[Promise | Owed | LineVersion] = [*facts.promises, *facts.owed, *facts.lines]
    heard.sort(key=order)
    for fact in heard:
        match fact:
            case Promise():
                promise = fact if promise is None or fact.version > promise.version else promise
            case Owed(quarter=quarter):
                owed[quarter] = max(owed.get(quarter, fact), fact, key=_version)
            case LineVersion(quarter=quarter):
                lines[quarter] = max(lines.get(quarter, fact), fact, key=_version)
        if not isinstance(fact, Promise):
            _take(figures, fact.quarter, owed.get(fact.quarter), lines.get(fact.quarter))
            _rate_again(ratings, figures, since=fact.quarter, at=fact.at)
        if isinstance(fact, Owed):
            continue  # what is asked for and has not come makes a rating incomplete, but nobody short
        rated = {quarter: rating for quarter, (rating, _) in ratings.items()}
        watch.see(order(fact), _conditions(rated, figures, lines, promise), partial(_ending, rated))
    return Assessed(ratings, figures, watch.episodes(), heard[-1].at)


def _version(fact: Owed | LineVersion) -> int:
    return fact.version


def _take(figures: dict[Quarter, QuarterOwed], quarter: Quarter, owed: Owed | None, line: LineVersion | None) -> None:
    """An approved line stands by its own terms, as they were; else the return's stand, if it still asks."""
    if line is not None:
        figures[quarter] = QuarterOwed(quarter, line.terms, line.figure, line.days)
    elif owed is not None and owed.terms is not None:
        figures[quarter] = QuarterOwed(quarter, owed.terms, None, owed.days)
    else:
        figures.pop(quarter, None)


def _rate_again(
    ratings: dict[Quarter, tuple[Rated, datetime]], figures: Mapping[Quarter, QuarterOwed], *, since: Quarter, at: datetime
) -> None:
    """Later quarters may look back on this one, so they are rated again too."""
    for quarter in {quarter for quarter in (*ratings, *figures) if quarter >= since}:
        rating = rate(list(figures.values()), quarter)
        if rating is None:
            ratings.pop(quarter, None)
        elif quarter not in ratings or ratings[quarter][0] != rating:
            ratings[quarter] = rating, at


def _conditions(
    ratings: Mapping[Quarter, Rated],
    figures: Mapping[Quarter, QuarterOwed],
    lines: Mapping[Quarter, LineVersion],
    promise: Promise | None,
) -> list[Condition]:
    found = [condition for line in lines.values() for condition in _of_line(line, lines)]
    if not lines:
        return found
    latest_line = lines[max(lines)]

    def about(kind: AlertKind, quarter: Quarter, severity: Any, because: dict[str, Any]) -> Condition:
        return Condition(
            kind, latest_line.obligation_id, latest_line.contract_id, latest_line.obligation_id, quarter, severity, because
        )

    latest = _latest_judged(ratings)
    if latest is not None:
        before = ratings.get(latest.quarter.previous())
        short_before = before is not None and before.short
        severity = shortfall_severity(latest.rating, short_before)
        if severity is not None:
            found.append(about(AlertKind.SHORTFALL, latest.quarter, severity, {"short_before": short_before}))
    today = ratings.get(latest_line.quarter)
    expected = forecast(today, list(figures.values()), promise.targets) if today and promise else None
    if expected is not None and expected.short:
        because = {
            "until": expected.until.code,
            "expected": plain(stored(expected.expected)),
            "target": plain(stored(expected.target)),
            "limit": plain(stored(expected.limit)),
            "so_far": plain(stored(expected.so_far)),
            "left": plain(stored(expected.left)),
            "pace": plain(stored(100 * expected.pace)),
            "unit": latest_line.terms.measure.unit,
            "direction": latest_line.terms.direction.value,
        }
        found.append(about(AlertKind.FORECAST, latest_line.quarter, RAISED_AT[AlertKind.FORECAST], because))
    return found


def _latest_judged(ratings: Mapping[Quarter, Rated]) -> Rated | None:
    """The last quarter whose own line is approved and rated otherwise than ``other``: what the obligation stands at."""
    judged = [rated for rated in ratings.values() if rated.reported and rated.rating is not Rating.OTHER]
    return max(judged, key=lambda rated: rated.quarter, default=None)


def _of_line(line: LineVersion, lines: Mapping[Quarter, LineVersion]) -> Sequence[Condition]:
    def about(kind: AlertKind, **because: Any) -> Condition:
        return Condition(kind, line.line_id, line.contract_id, line.obligation_id, line.quarter, RAISED_AT[kind], because)

    found = []
    if line.judgement is Judgement.NOT_MET:
        found.append(about(AlertKind.STORY_NOT_MET))
    if line.terms.evidence_required and not line.evidence:
        found.append(about(AlertKind.MISSING_EVIDENCE))
    if line.unlikely:
        found.append(about(AlertKind.UNLIKELY_FIGURE, **_compared(line, lines)))
    return found


def _compared(line: LineVersion, lines: Mapping[Quarter, LineVersion]) -> dict[str, Any]:
    """What an unlikely figure was compared with, as far as that is approved."""
    value = quantity(line.terms, line.figure)
    middle = usual(line.terms, [lines[quarter].figure for quarter in sorted(lines) if quarter < line.quarter])
    return {
        "rules": list(line.unlikely),
        "figure": None if value is None else plain(stored(value)),
        "target": plain(line.terms.target),
        "median": None if middle is None else plain(stored(middle)),
        "unit": line.terms.measure.unit,
    }


_ENDINGS = {
    AlertKind.STORY_NOT_MET: Ending.JUDGED_AGAIN,
    AlertKind.MISSING_EVIDENCE: Ending.EVIDENCE_ADDED,
    AlertKind.UNLIKELY_FIGURE: Ending.FIGURE_RESTATED,
    AlertKind.FORECAST: Ending.FORECAST_MET,
    AlertKind.SHORTFALL: Ending.FIGURE_RESTATED,
}


def _ending(ratings: Mapping[Quarter, Rated], kind: AlertKind) -> Mapping[str, Any]:
    latest = _latest_judged(ratings)
    if kind is AlertKind.SHORTFALL and latest is not None and latest.rating is Rating.GOOD:
        return {"code": Ending.RATED_GOOD, "quarter": latest.quarter.code}
    return {"code": _ENDINGS[kind]}
