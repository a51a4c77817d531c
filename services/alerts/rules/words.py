"""Why an alert was raised, and how it ended, as sentences for whoever reads it. They accuse nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.alerts.models.alerts import Alert, Ending, StoredRating
from shared.quarters import Quarter
from shared.ratings import AlertKind, Rating, WhyOther, shown, shown_percent
from shared.words import quantity

_CLASS = {
    Rating.GOOD: "good",
    Rating.APPROACHING_TARGET: "approaching target",
    Rating.REQUIRES_IMPROVEMENT: "requires improvement",
    Rating.INADEQUATE: "inadequate",
}
_WHY_OTHER = {
    WhyOther.NOTHING_DUE_YET: "Nothing was due by the end of {quarter}",
    WhyOther.NOTHING_TO_MEASURE: "There was nothing to measure in {quarter}",
    WhyOther.NO_APPROVED_LINE: "No line is approved for {quarter}",
}
_UNLIKELY = {
    "far_above_target": "more than three times the quarter's target{target}",
    "far_from_usual": "more than five times off the obligation's own median{median}",
    "same_again": "the same figure three times running",
}
_ENDED = {
    Ending.RATED_GOOD: "Rated good at the end of {quarter}.",
    Ending.JUDGED_AGAIN: "The story was judged again.",
    Ending.SUBMITTED: "The return was submitted.",
    Ending.WITHDRAWN: "The return is no longer asked for.",
    Ending.REVIEWED: "The return was reviewed.",
    Ending.EVIDENCE_ADDED: "Evidence was added.",
    Ending.FORECAST_MET: "The forecast no longer falls short, or the rating itself now says so.",
    Ending.FIGURE_RESTATED: "The figure was restated.",
    Ending.NO_LONGER_SHARED: "The evidence is no longer used on another contract.",
    Ending.RESOLVED_BY_PERSON: "Resolved: {reason}",
    Ending.NEVER_TRUE: "Facts that arrived later show that this was not so.",
}


def about(kind: AlertKind, quarter: Quarter, obligation_reference: str | None, label: str | None) -> str:
    """What an alert is about, as its heading: ``Shortfall: SV1 Staff hours on school visits, 2026-27 Q2``."""
    what = " ".join(filter(None, [obligation_reference, label]))
    return f"{kind.replace('_', ' ').capitalize()}: {f'{what}, ' if what else ''}{quarter}"


def why_rated(rating: StoredRating) -> str:
    """``Delivered 110 of 150 hours in 2026-27 Q1 to 2026-27 Q3 (73.3 %): requires improvement.``"""
    if rating.reason is not None or rating.delivered is None or rating.target is None:
        words = _WHY_OTHER.get(rating.reason, "{quarter} is rated other") if rating.reason else "{quarter} has no rating"
        return f"{words.format(quarter=rating.quarter)}.{_missing(rating.incomplete)}"
    counted = [Quarter.parse(entry["quarter"]) for entry in rating.arithmetic["quarters"] if entry["approved"]]
    measured = _measured(rating.delivered, rating.target, rating.arithmetic)
    return f"{measured} in {_span(counted)}: {_CLASS[rating.rating]}.{_missing(rating.incomplete)}"


def target_of(rating: StoredRating, unit: str) -> str:
    """``100 hours``, ``at most 5 complaints``; empty where there is none."""
    if rating.target is None:
        return ""
    return ("at most " if rating.arithmetic["direction"] == "lower" else "") + quantity(rating.target, unit)


def _measured(delivered: Decimal, target: Decimal, arithmetic: Mapping[str, Any]) -> str:
    lower = arithmetic["direction"] == "lower"
    match arithmetic["kind"]:
        case "flag":
            return f"Answered {'yes' if delivered else 'no'}"
        case "ratio":
            return f"Measured {shown_percent(delivered)} against a target of {'at most ' if lower else ''}{shown_percent(target)}"
    unit = arithmetic["unit"]
    if lower:
        return f"Measured {quantity(delivered, unit)} against a target of at most {_amount(target, unit)}"
    share = f" ({shown_percent(100 * delivered / target)})" if target else ""
    return f"Delivered {_amount(delivered, unit)} of {quantity(target, unit)}{share}"


def _amount(value: Decimal, unit: str) -> str:
    """Without its unit, where that stands beside it already; money always has its sign."""
    return quantity(value, unit) if unit == "GBP" else shown(value)


def _span(quarters: Sequence[Quarter]) -> str:
    return str(quarters[0]) if len(quarters) == 1 else f"{quarters[0]} to {quarters[-1]}"


def _missing(quarters: Sequence[Quarter]) -> str:
    if not quarters:
        return ""
    listed = ", ".join(map(str, quarters))
    return f" {listed} {'is' if len(quarters) == 1 else 'are'} missing and counted on neither side."


def why_raised(alert: Alert, rating: StoredRating | None) -> str:
    because = alert.because
    match alert.kind:
        case AlertKind.SHORTFALL:
            before = " It was short at the quarter before too." if because["short_before"] else ""
            return f"{why_rated(rating)}{before}" if rating else f"Short of target at the end of {alert.quarter}.{before}"
        case AlertKind.STORY_NOT_MET:
            return f"The reviewer judged that the story for {alert.quarter} does not meet the promise."
        case AlertKind.LATE_RETURN:
            return f"The return for {alert.quarter} was due on {_day(because['due_on'])} and has not been submitted."
        case AlertKind.LATE_REVIEW:
            return f"The return for {alert.quarter} was to be reviewed by {_day(because['due_on'])} and has not been."
        case AlertKind.MISSING_EVIDENCE:
            return f"Evidence is required, and the approved line for {alert.quarter} has none."
        case AlertKind.FORECAST:
            return _expected(because, rating)
        case AlertKind.UNLIKELY_FIGURE:
            return _unlikely(alert)
        case AlertKind.SHARED_EVIDENCE:
            return f"A file of evidence for {alert.quarter} has also been used on another contract."


def _expected(because: Mapping[str, Any], rating: StoredRating | None) -> str:
    """Alerts of long ago do not know their unit; the rating does."""
    unit = because.get("unit") or (rating.arithmetic["unit"] if rating else "")
    expected, target = Decimal(because["expected"]), Decimal(because["target"])
    at_pace, by = "At the pace of the last quarters it comes to", f"by the end of {Quarter.parse(because['until'])}"
    if because.get("direction") == "lower":
        return f"{at_pace} {quantity(expected, unit)} {by}, against a target of at most {quantity(target, unit)}."
    return f"{at_pace} {_amount(expected, unit)} of {quantity(target, unit)} {by}."


def _unlikely(alert: Alert) -> str:
    """Alerts of long ago do not know what was compared."""
    known = {name: quantity(Decimal(value), alert.because["unit"]) for name, value in compared(alert.because).items()}
    of = {name: f" of {known[name]}" if name in known else "" for name in ("target", "median")}
    rules = " and ".join(_UNLIKELY.get(rule, rule).format_map(of) for rule in alert.because["rules"])
    figure = f", {known['figure']}," if "figure" in known else ""
    return f"The figure for {alert.quarter}{figure} is {rules}; the supplier has confirmed it with a reason."


def compared(because: Mapping[str, Any]) -> dict[str, str]:
    """``figure``, ``target`` and ``median`` of an unlikely figure, as far as they are known."""
    return {name: because[name] for name in ("figure", "target", "median") if because.get(name) is not None}


def how_ended(ending: Mapping[str, Any] | None) -> str | None:
    if ending is None:
        return None
    quarter = Quarter.parse(ending["quarter"]) if "quarter" in ending else None
    return _ENDED[Ending(ending["code"])].format(quarter=quarter, reason=ending.get("reason", ""))


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
