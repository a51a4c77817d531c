"""What is wrong with a line, what is missing on it, and the figure that counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.returns.models.activities import Activity
from services.returns.models.content import Entered, LineContent
from services.returns.models.returns import Line
from shared.errors import FieldError
from shared.events.returns import ContractSnapshot
from shared.obligations import Figure, Frequency, Kind, Terms, plain
from shared.quarters import Quarter
from shared.ratings import Unlikely, roll_up, rounded, stored, unlikely

_PLACES: Mapping[str, int] = {"tonnes": 3, "tCO2e": 3}
"""Decimal places by unit, where two are not right: a kilogram of a tonne counts."""

_UNSHARED = (Kind.RATIO, Kind.FLAG)


def places_of(terms: Terms) -> int:
    """How many decimal places a figure may have: money to the penny, FTE two, people and yes/no none."""
    if terms.kind in (Kind.HEADCOUNT, Kind.FLAG):
        return 0
    return _PLACES.get(terms.measure.unit, 2)


def months_run(contract: ContractSnapshot, quarter: Quarter) -> tuple[bool, bool, bool]:
    """In which of the quarter's three months the contract ran."""
    first = quarter.first_day
    starts = [date(first.year, first.month + n, 1) for n in range(3)]
    ends = [starts[1], starts[2], quarter.next().first_day]
    ran = [contract.starts_on < end and contract.ends_on >= start for start, end in zip(starts, ends, strict=True)]
    return ran[0], ran[1], ran[2]


def problems_in(content: LineContent, terms: Terms) -> list[FieldError]:
    """What cannot be right, however incomplete a draft may still be. Pointers are relative to the line's content."""
    return [
        *_wrong_form(content, terms),
        *(error for pointer, entered in _entered(content) for error in _wrong_figure(pointer, entered, terms)),
    ]


def missing_in(content: LineContent, terms: Terms, ran: Sequence[bool], found: Sequence[Unlikely]) -> list[FieldError]:
    """What a line without problems still needs before it is submitted. ``ran``: see ``months_run``."""
    if content.nil_reason is not None:
        return []
    missing = list(_missing_figures(content, terms, ran))
    if missing:
        return missing
    whole = entered_whole(content, terms)
    if content.breakdown and not _adds_up(content, whole, terms):
        parts = " and ".join(_sums(content, terms))
        figure = " and ".join(_figures_read(whole, terms))
        missing.append(FieldError("/breakdown", f"The parts add up to {parts}, the figure is {figure}", "does-not-add-up"))
    if found and content.unlikely_reason is None:
        rules = " and ".join(WHY_UNLIKELY[rule] for rule in found)
        missing.append(FieldError("/unlikely_reason", f"The figure {rules}. Correct it, or say why it is right", "unlikely"))
    return missing


WHY_UNLIKELY: Mapping[Unlikely, str] = {
    Unlikely.FAR_ABOVE_TARGET: "is far above the quarter's target",
    Unlikely.FAR_FROM_USUAL: "is far from what was usual",
    Unlikely.SAME_AGAIN: "is the same as in the quarters before",
}
"""What is unlikely about a figure: "The figure is far …"."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a line comes to. ``figure``: what counts, None while incomplete; ``errors``: what keeps it from being submitted."""

    figure: Figure | None
    unlikely: tuple[Unlikely, ...]
    errors: tuple[FieldError, ...]


def assess(content: LineContent, terms: Terms, ran: Sequence[bool], before: Sequence[Figure]) -> Assessed:
    """``before``: the obligation's figures of earlier quarters, oldest first; ``ran``: see ``months_run``."""
    problems = problems_in(content, terms)
    figure = None if problems else counted(content, terms, ran)
    found = unlikely(terms, figure, before) if figure is not None else ()
    return Assessed(figure, found, tuple(problems or missing_in(content, terms, ran, found)))


def counted(content: LineContent, terms: Terms, ran: Sequence[bool]) -> Figure | None:
    """Of a line without problems: three months rolled up by their kind, times the share due to this contract."""
    if content.nil_reason is not None:
        return Figure.none_delivered(terms.kind)
    if any(_missing_figures(content, terms, ran)):
        return None
    whole = entered_whole(content, terms)
    return whole if whole.value is None else Figure(value=stored(whole.value * content.share))


def entered_whole(content: LineContent, terms: Terms) -> Figure:
    """The quarter's figure as it was typed, before any share."""
    figures = [_figure(entered) for entered in _typed(content)]
    return roll_up(terms, figures) if terms.frequency is Frequency.MONTHLY else figures[0]


def filled(quantities: Sequence[tuple[date, Entered]], terms: Terms, quarter: Quarter, content: LineContent) -> LineContent:
    """A line filled from its activities (by date, at least one), month by month where the obligation is monthly."""
    if terms.frequency is not Frequency.MONTHLY:
        return content.model_copy(update={"figure": _together([entered for _, entered in quantities], terms), "nil_reason": None})
    by_month: list[list[Entered]] = [[], [], []]
    for day, entered in quantities:
        by_month[day.month - quarter.first_day.month].append(entered)
    months = tuple(_together(month, terms) if month else None for month in by_month)
    return content.model_copy(update={"months": months, "nil_reason": None})


def is_typed(content: LineContent) -> bool:
    """Whether there is a figure on it, however incomplete."""
    return bool(_typed(content))


def still_filled_from(line: Line, content: LineContent) -> tuple[UUID, ...]:
    """The activities behind a line as long as its figure is the one that they came to."""
    same = (content.figure, content.months) == (line.content.figure, line.content.months)
    return line.filled_from if same else ()


def activities_changed(line: Line, standing: Sequence[Activity]) -> bool:
    """Whether what a line was filled from has changed since. ``standing``: the activities by date, without removed ones."""
    behind = [one for one in standing if one.activity_id in line.filled_from]
    if len(behind) < len(line.filled_from):
        return True
    again = filled([(one.happened_on, one.quantity) for one in behind], line.terms, line.quarter, line.content)
    return (again.figure, again.months) != (line.content.figure, line.content.months)


def _together(quantities: Sequence[Entered], terms: Terms) -> Entered:
    figure = roll_up(terms, [_figure(entered) for entered in quantities])
    if figure.value is None:
        return Entered(numerator=figure.numerator, denominator=figure.denominator)
    return Entered(value=rounded(figure.value, places_of(terms)))


def quantity_problems(quantity: Entered, terms: Terms) -> list[FieldError]:
    """What is wrong with, or missing from, the quantity of an activity."""
    wrong = list(_wrong_figure("/quantity", quantity, terms))
    return wrong or ([] if _complete(quantity, terms) else [_missing("/quantity", terms)])


def _typed(content: LineContent) -> list[Entered]:
    """The figure, or those of the months."""
    return [entered for entered in (content.figure, *(content.months or ())) if entered is not None and not entered.empty]


def _entered(content: LineContent) -> Iterator[tuple[str, Entered]]:
    if content.figure is not None:
        yield "/figure", content.figure
    for nth, month in enumerate(content.months or ()):
        if month is not None:
            yield f"/months/{nth}", month
    for nth, part in enumerate(content.breakdown):
        yield f"/breakdown/{nth}/figure", part.figure


def _wrong_form(content: LineContent, terms: Terms) -> Iterator[FieldError]:
    monthly = terms.frequency is Frequency.MONTHLY
    if content.nil_reason is not None and _typed(content):
        yield FieldError("/nil_reason", "Remove the figure, or remove the reason for reporting nil", "nil-with-figure")
    if monthly and content.figure is not None:
        yield FieldError("/figure", "Enter one figure for each month of the quarter", "monthly")
    if not monthly and content.months is not None:
        yield FieldError("/months", "Enter one figure for the quarter", "not-monthly")
    if terms.kind in _UNSHARED and content.share != 1:
        yield FieldError("/share", "A share does not apply here: enter what is true of this contract", "no-share")
    if terms.kind is Kind.FLAG and content.breakdown:
        yield FieldError("/breakdown", "A yes or no has no parts", "no-breakdown")


def _wrong_figure(pointer: str, entered: Entered, terms: Terms) -> Iterator[FieldError]:
    ratio = terms.kind is Kind.RATIO
    names = ("numerator", "denominator") if ratio else ("value",)
    for name in ("value", "numerator", "denominator"):
        value: Decimal | None = getattr(entered, name)
        if value is None:
            continue
        where = f"{pointer}/{name}"
        if name not in names:
            wanted = "a numerator and a denominator" if ratio else "one value"
            yield FieldError(where, f"Enter {wanted}: {terms.measure.code} is counted in {terms.measure.unit}", "wrong-form")
        elif value < 0:
            yield FieldError(where, "Enter 0 or more", "negative")
        elif terms.kind is Kind.FLAG and value not in (0, 1):
            yield FieldError(where, "Enter yes or no", "not-yes-or-no")
        elif value != rounded(value, places_of(terms)):
            places = places_of(terms)
            most = f"no more than {places} decimal places" if places else "a whole number"
            yield FieldError(where, f"Enter {most}", "too-many-decimal-places")
    if ratio and entered.numerator is not None and entered.denominator is not None:
        share = terms.measure.unit == "%"
        if (share and entered.numerator > entered.denominator) or (entered.numerator and not entered.denominator):
            yield FieldError(f"{pointer}/numerator", "Enter a numerator that is not above the denominator", "above-denominator")


def _missing_figures(content: LineContent, terms: Terms, ran: Sequence[bool]) -> Iterator[FieldError]:
    if terms.frequency is not Frequency.MONTHLY:
        if content.figure is None or not _complete(content.figure, terms):
            yield _missing("/figure", terms)
        return
    for nth, (month, owed) in enumerate(zip(content.months or (None, None, None), ran, strict=True)):
        entered = month or Entered()
        if owed and not _complete(entered, terms):
            yield _missing(f"/months/{nth}", terms)
        elif not owed and not entered.empty:
            yield FieldError(f"/months/{nth}", "Leave this month empty: the contract did not run in it", "not-owed")


def _missing(pointer: str, terms: Terms) -> FieldError:
    if terms.kind is Kind.RATIO:
        return FieldError(pointer, "Enter the numerator and the denominator, or report nil with a reason", "missing")
    return FieldError(f"{pointer}/value", "Enter the figure, or report nil with a reason", "missing")


def _complete(entered: Entered, terms: Terms) -> bool:
    if terms.kind is Kind.RATIO:
        return entered.numerator is not None and entered.denominator is not None
    return entered.value is not None


def _figure(entered: Entered) -> Figure:
    return Figure(value=entered.value, numerator=entered.numerator, denominator=entered.denominator)


def _sums(content: LineContent, terms: Terms) -> list[str]:
    names = ("numerator", "denominator") if terms.kind is Kind.RATIO else ("value",)
    return [plain(sum((getattr(part.figure, name) or Decimal(0) for part in content.breakdown), Decimal(0))) for name in names]


def _adds_up(content: LineContent, whole: Figure, terms: Terms) -> bool:
    """An average over months does not end after so many decimal places: then the parts add up to what a person reads."""
    return _sums(content, terms) == _figures_read(whole, terms)


def _figures_read(figure: Figure, terms: Terms) -> list[str]:
    parts = (figure.value, figure.numerator, figure.denominator)
    return [plain(rounded(part, places_of(terms))) for part in parts if part is not None]
