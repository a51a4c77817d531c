"""How returns and lines are said on pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from services.returns.models.content import Entered, LineContent
from services.returns.models.returns import QuarterlyReturn
from services.returns.models.views import LineView
from services.returns.rules.figures import WHY_UNLIKELY, entered_whole, places_of
from services.returns.rules.files import OFFERED
from services.returns.rules.lifecycle import with_supplier
from shared.events.returns import LineStatus
from shared.obligations import Basis, Direction, Figure, Frequency, FteCounting, Kind, OverTime, Place, Scope, Terms
from shared.quarters import Quarter
from shared.ratings import Rated, WhyOther
from shared.ratings.rating import limits
from shared.ratings.rounding import shown
from shared.words import counted, day, label, listed, months, quantity

PLACES = [{"value": place.value, "text": place.value} for place in Place]


@dataclass(frozen=True)
class Status:
    """A line's status on a task list. Without a colour it is plain text: nothing is left to do."""

    text: str
    colour: str = ""


def status_of(line: LineView, answered: Collection[UUID] = ()) -> Status:
    """``answered``: the lines sent back that were changed since."""
    match line.status:
        case LineStatus.SUBMITTED:
            return Status("In review")
        case LineStatus.APPROVED:
            return Status("Approved")
        case LineStatus.CHANGES_REQUESTED if line.line_id not in answered:
            return Status("Changes requested", "orange")
        case _ if not line.missing:
            return Status("Completed")
        case _ if line.content == LineContent() and not line.evidence:
            return Status("Not yet started", "blue")
        case _:
            return Status("In progress", "white")


def to_do(line: LineView, answered: Collection[UUID] = ()) -> bool:
    """Whether the line still needs something from the supplier before the return can be submitted."""
    return with_supplier(line.status) and bool(status_of(line, answered).colour)


def of_figure(figure: Figure | None, terms: Terms) -> str:
    """``931 of 980 (95.0 %)``, ``200 hours``, ``yes``; nil in words."""
    if figure is None:
        return "Nothing yet"
    if figure.nil:
        return "Nothing to report"
    if figure.numerator is not None and figure.denominator is not None:
        return _of_ratio(figure.numerator, figure.denominator, terms)
    return quantity(figure.value, terms.measure.unit)


def _of_ratio(numerator: Decimal, denominator: Decimal, terms: Terms) -> str:
    parts = f"{shown(numerator)} of {shown(denominator)}"
    if not denominator:
        return parts
    return f"{parts} ({quantity(100 * Fraction(numerator) / Fraction(denominator), terms.measure.unit)})"


def reported(line: LineView) -> str:
    """What a line says by now, in a few words; empty where it says no figure yet."""
    if line.content.nil_reason is not None:
        return "Nothing to report"
    if line.figure and not with_supplier(line.status):
        return f"Reported {of_figure(line.figure, line.terms)}"
    entered = of_figure(line.counts, line.terms) if line.counts else months_total(line.content, line.terms)
    entered = entered or of_entered(line.content.figure, line.terms)
    return f"Entered {entered}" if entered else ""


def of_entered(entered: Entered | None, terms: Terms) -> str:
    """As it was typed, however incomplete; empty where nothing was."""
    if entered is None or entered.empty:
        return ""
    if entered.numerator is not None and entered.denominator is not None:
        return _of_ratio(entered.numerator, entered.denominator, terms)
    if terms.kind is Kind.RATIO:
        parts = [shown(part) if part is not None else "?" for part in (entered.numerator, entered.denominator)]
        return " of ".join(parts)
    return quantity(entered.value, terms.measure.unit)


def in_cells(said: Entered | Figure | None, terms: Terms) -> tuple[Decimal | None, Decimal | None, str]:
    """For a spreadsheet: how much, of how many, in which unit. Of a share both numbers stand beside each other, in none."""
    if said is None:
        return None, None, terms.measure.unit
    if terms.kind is Kind.RATIO:
        return said.numerator, said.denominator, ""
    return said.value, None, terms.measure.unit


def content_said(line: LineView) -> list[tuple[str, str]]:
    return said(line.content, line.terms, line.quarter, counts=line.counts)


def said(content: LineContent, terms: Terms, quarter: Quarter, *, counts: Figure | None = None) -> list[tuple[str, str]]:
    """A row for each thing that a line says; ``counts``: what it comes to with its share."""
    rows = []
    if content.nil_reason is not None:
        rows.append(("Nothing to report, because", content.nil_reason))
    for month, name in zip(content.months or (), month_names(quarter), strict=False):
        rows.append((name, of_entered(month, terms)))
    rows.append(("Figure", months_total(content, terms) or of_entered(content.figure, terms)))
    if content.share != 1:
        rows.append(("Share due to this contract", share_in_percent(content)))
        rows.append(("What counts", of_figure(counts, terms) if counts else ""))
    rows.append(("Why the figure is right", content.unlikely_reason or ""))
    rows.append(("Story", content.story or ""))
    for part in content.breakdown:
        named = (part.recipient, label(part.sector) if part.sector else None, part.place)
        rows.append((", ".join(word for word in named if word), of_entered(part.figure, terms)))
    return [(key, value) for key, value in rows if value] or [("Figure", "Nothing yet")]


def why_unlikely(line: LineView) -> str:
    """``The figure is far above the quarter's target.``; empty where it is not unlikely."""
    return f"The figure {' and '.join(WHY_UNLIKELY[rule] for rule in line.looks_unlikely)}." if line.looks_unlikely else ""


def month_names(quarter: Quarter) -> list[str]:
    return [f"{quarter.first_day.replace(month=quarter.first_day.month + nth):%B}" for nth in range(3)]


def target(terms: Terms) -> str:
    return ("at most " if terms.direction is Direction.LOWER else "") + quantity(terms.target, terms.measure.unit)


def share_in_percent(content: LineContent) -> str:
    return f"{shown(100 * content.share)} %"


def counted_together(terms: Terms) -> str:
    """The quarters that a rating looks at, where it looks at more than one."""
    return "the financial year" if terms.basis is Basis.YEAR else "the contract"


def comes_to(rated: Rated, line: LineView) -> str:
    """What a rating was decided by, in a sentence; empty where there was nothing to decide by."""
    if rated.measured is None:
        return ""
    unit = rated.terms.measure.unit
    measured, target = quantity(rated.measured.delivered, unit), quantity(rated.measured.target, unit)
    figure, approved = of_figure(line.figure or line.counts, line.terms), line.status is LineStatus.APPROVED
    if rated.terms.basis is Basis.QUARTER:
        return f"{'' if approved else 'If it is approved: '}{figure} against a target of {target}."
    begins = "With" if approved else "If it is approved, with"
    together = counted_together(rated.terms)
    return f"{begins} {figure} in this quarter, {together} so far comes to {measured} against a target of {target}."


def why_other(rated: Rated) -> str:
    return {
        WhyOther.NOTHING_DUE_YET: "nothing is due yet",
        WhyOther.NOTHING_TO_MEASURE: "there is nothing to measure",
        WhyOther.NO_APPROVED_LINE: "no figure is approved",
        None: "",
    }[rated.reason]


def bands(terms: Terms, target: Fraction) -> list[tuple[str, str]]:
    """From where each rating begins, in the unit: ``("good", "50 hours or more")``."""
    if terms.kind is Kind.FLAG:
        return [("good", "yes"), ("inadequate", "no")]
    beyond = "or more" if terms.direction is Direction.HIGHER else "or less"
    words = [f"{quantity(limit, terms.measure.unit)} {beyond}" for limit in limits(terms, target)]
    worse = "less than that" if terms.direction is Direction.HIGHER else "more than that"
    return list(zip(("good", "approaching_target", "requires_improvement", "inadequate"), (*words, worse), strict=True))


def counts(terms: Terms, quarter: Quarter, starts_on: date, ends_on: date) -> list[str]:
    """What belongs into the figure."""
    first, last = max(quarter.first_day, starts_on), min(quarter.last_day, ends_on)
    measure = terms.measure
    found = [f"What happened from {day(first)} to {day(last)}"]
    match terms.kind:
        case Kind.FLOW:
            found.append(f"Everything delivered in that time, counted in {_unit(measure.unit)}")
        case Kind.FTE:
            found.append("Full-time equivalents, averaged over that time: two people at half time are 1 FTE")
        case Kind.HEADCOUNT:
            found.append(f"How many there were at the end of that time, as {_unit(measure.unit)}")
        case Kind.RATIO:
            found.append("The number measured, and how many of them met the standard, even where there were few")
        case Kind.FLAG:
            found.append("Yes only where all of it was true for the whole of that time")
    if measure.scope is Scope.ORGANISATION:
        found.append("Your whole organisation: the same figure on every contract that asks for it")
    elif terms.kind not in (Kind.RATIO, Kind.FLAG):
        found.append("What was done for several contracts: enter the whole, and the share that is due to this one")
    return found


def counts_not(terms: Terms, quarter: Quarter) -> list[str]:
    """What does not belong into the figure."""
    found = [f"What was planned, or happened before {months(quarter)} or after"]
    if terms.measure.scope is not Scope.ORGANISATION:
        found.append("What was done for another contract, or without this one")
    if terms.measure.overlaps:
        found.append(f"The same thing again under {listed(list(terms.measure.overlaps))}: it is counted there too, never added")
    if terms.kind is Kind.FLOW:
        found.append("What an earlier return reported already")
    return found


def how_counted(terms: Terms) -> str:
    """How quarters combine in a rating, in a sentence."""
    window = {
        Basis.QUARTER: "Each quarter is rated by itself",
        Basis.YEAR: "The quarters of the financial year count together",
        Basis.CONTRACT: "All quarters since the contract began count together",
    }[terms.basis]
    if terms.basis is Basis.QUARTER:
        return f"{window}."
    match terms:
        case Terms(kind=Kind.RATIO, over_time=OverTime.LATEST) | Terms(kind=Kind.HEADCOUNT | Kind.FLAG):
            how = "the latest stands"
        case Terms(kind=Kind.RATIO):
            how = "numerators and denominators are added"
        case Terms(kind=Kind.FTE, fte_counting=FteCounting.AVERAGE):
            how = "as an average"
        case Terms(kind=Kind.FTE):
            how = "a quarter of each FTE is added"
        case _:
            how = "they are added"
    return f"{window}: {how}."


def decimals(terms: Terms) -> str:
    """What a figure may look like."""
    places = places_of(terms)
    return f"Up to {counted(places, 'decimal place')}" if places else "A whole number"


def months_total(content: LineContent, terms: Terms) -> str:
    """What three months come to; empty while there is none."""
    if terms.frequency is not Frequency.MONTHLY or not any(month and not month.empty for month in content.months or ()):
        return ""
    return of_figure(entered_whole(content, terms), terms)


FILES = OFFERED
"""What is offered to select where evidence is added."""


def size(number: int) -> str:
    """Of a file: ``20MB``, ``340KB``."""
    return f"{shown(Fraction(number, 2**20), 1)}MB" if number >= 2**20 else f"{max(number // 2**10, 1)}KB"


def buyers(filed: QuarterlyReturn) -> str:
    return listed([party.name for party in filed.contract.buyers])


def suppliers(filed: QuarterlyReturn) -> str:
    return listed([party.name for party in filed.contract.suppliers])


def _unit(unit: str) -> str:
    return {"GBP": "pounds", "tCO2e": "tonnes of carbon dioxide equivalent"}.get(unit, unit)
