"""The form of one line: its fields, what was typed in them, and where each message belongs.

A field is named as its pointer into the content, with dashes: ``figure-value``, ``months-0-numerator``, ``breakdown-1-place``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.datastructures import FormData

from services.returns.models.content import Entered, LineContent
from services.returns.models.returns import Line
from services.returns.pages.words import month_names
from shared.errors import FieldError
from shared.obligations import Frequency, Kind, Terms, plain
from shared.pages.forms import Bound, FormError, Typed, typed_in
from shared.quarters import Quarter
from shared.typed_numbers import number_typed

SPARE_PARTS = 3
"""Empty rows of a breakdown on a fresh form."""
_OF_WHAT = ("recipient", "sector", "place")
_WORDS = ("nil_reason", "story", "unlikely_reason")
_HUNDRED = Decimal(100)


def parts_of(terms: Terms) -> tuple[str, ...]:
    return ("numerator", "denominator") if terms.kind is Kind.RATIO else ("value",)


def shown(line: Line, rows: int = SPARE_PARTS) -> Bound[LineContent]:
    """The form of a line as it stands, with so many empty rows for parts."""
    content, terms = line.content, line.terms
    typed: Typed = {name: getattr(content, name) or "" for name in _WORDS}
    typed["share"] = plain(content.share * _HUNDRED)
    if terms.frequency is Frequency.MONTHLY:
        for nth, month in enumerate(content.months or (None, None, None)):
            typed |= _typed_figure(f"months-{nth}", month, terms)
    else:
        typed |= _typed_figure("figure", content.figure, terms)
    for nth in range(len(content.breakdown) + rows):
        part = content.breakdown[nth] if nth < len(content.breakdown) else None
        typed |= {f"breakdown-{nth}-{name}": (getattr(part, name) or "") if part else "" for name in _OF_WHAT}
        typed |= _typed_figure(f"breakdown-{nth}-figure", part.figure if part else None, terms)
    return Bound(typed, key=str(uuid4()))


def bound(form: FormData, line: Line) -> Bound[LineContent]:
    """What was typed, as the line's content, or with a message for each field that cannot be read."""
    typed = typed_in(form)
    wrong: dict[str, str] = {}
    given = _given(typed, line.terms, wrong)
    found: Bound[LineContent] = Bound(typed, key=str(uuid4()))
    try:
        value = LineContent.model_validate(given)
    except ValidationError as error:
        told = [FieldError("".join(f"/{step}" for step in one["loc"]), _said(one)) for one in error.errors()]
        return refused(_with(found, wrong), told, line)
    return _with(found, wrong) if wrong else replace(found, value=value)


def refused(found: Bound[LineContent], errors: Sequence[FieldError], line: Line) -> Bound[LineContent]:
    """The same form with what is wrong with its content, each at its field, in the page's order."""
    told = {error.name: error.text for error in found.errors}
    for one in errors:
        told.setdefault(field_of(one.pointer, found.typed), _sentence(one, line.quarter))
    return _with(replace(found, errors=()), told)


def with_rows(found: Bound[LineContent], line: Line) -> Bound[LineContent]:
    """The same form with more empty rows for parts, and what was typed as it was."""
    more = dict(found.typed)
    begun = parts_typed(found)
    for nth in range(begun, begun + SPARE_PARTS):
        more |= {f"breakdown-{nth}-{name}": "" for name in _OF_WHAT}
        more |= _typed_figure(f"breakdown-{nth}-figure", None, line.terms)
    return Bound(more, key=found.key)


def parts_typed(found: Bound[LineContent]) -> int:
    """How many rows of a breakdown the form has."""
    return 1 + max(_rows(found.typed), default=-1)


def parts_open(found: Bound[LineContent]) -> bool:
    """Whether something was typed, or is wrong, in the breakdown."""
    begun = any(said for name, said in found.typed.items() if name.startswith("breakdown-"))
    return begun or any(error.name.startswith("breakdown") for error in found.errors)


def _rows(typed: Typed) -> Iterator[int]:
    for name in typed:
        kind, _, rest = name.partition("-")
        number = rest.partition("-")[0]
        if kind == "breakdown" and number.isascii() and number.isdigit() and len(number) < 4:
            yield int(number)


def _given(typed: Typed, terms: Terms, wrong: dict[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {name: _text(typed, name) for name in _WORDS}
    if terms.frequency is Frequency.MONTHLY:
        given["months"] = [figure_typed(typed, f"months-{nth}", terms, wrong) for nth in range(3)]
    else:
        given["figure"] = figure_typed(typed, "figure", terms, wrong)
    share = number_in(typed, "share", wrong, marks="%")
    if share is not None:
        given["share"] = share / _HUNDRED
    given["breakdown"] = []
    for nth in sorted(set(_rows(typed))):
        words = {name: _text(typed, f"breakdown-{nth}-{name}") for name in _OF_WHAT}
        entered = figure_typed(typed, f"breakdown-{nth}-figure", terms, wrong)
        if entered is not None or any(words.values()):
            if entered is None:
                wrong.setdefault(f"breakdown-{nth}-figure-{parts_of(terms)[0]}", f"Enter the figure of part {nth + 1}")
            given["breakdown"].append({**words, "figure": entered or {}})
    return given


def figure_typed(typed: Typed, name: str, terms: Terms, wrong: dict[str, str]) -> dict[str, Decimal] | None:
    marks = "£" if terms.measure.unit == "GBP" and terms.kind is not Kind.RATIO else ""
    found = {part: number_in(typed, f"{name}-{part}", wrong, marks=marks) for part in parts_of(terms)}
    return {part: value for part, value in found.items() if value is not None} or None


def number_in(typed: Typed, name: str, wrong: dict[str, str], *, marks: str) -> Decimal | None:
    """``marks``: what may stand beside the digits. 50 % of something is not 50 hours."""
    text = _text(typed, name)
    if text is None:
        return None
    value = number_typed(text, marks=marks)
    if value is None:
        other = next((mark for mark in "£%" if mark in text and mark not in marks), None)
        wrong[name] = f"Enter a number without {other}" if other else "Enter a number, such as 1,200 or 12.5"
    return value


def _text(typed: Typed, name: str) -> str | None:
    said = typed.get(name)
    return (said.strip() or None) if isinstance(said, str) else None


def _typed_figure(name: str, entered: Entered | None, terms: Terms) -> Typed:
    values = {part: getattr(entered, part) if entered is not None else None for part in parts_of(terms)}
    return {f"{name}-{part}": plain(value) if value is not None else "" for part, value in values.items()}


def field_of(pointer: str, typed: Typed) -> str:
    """The field of a pointer; of a pointer to several, the first of them."""
    name = pointer.strip("/").replace("/", "-")
    return next((one for one in typed if one == name or one.startswith(name + "-")), name)


def _said(error: ErrorDetails) -> str:
    if error["type"] == "string_too_long":
        return f"Enter {error['ctx']['max_length']:,} characters or fewer"
    return error["msg"].removeprefix("Value error, ")


def _sentence(error: FieldError, quarter: Quarter) -> str:
    """A month or a part is named, so that the same message twice can be told apart."""
    steps = error.pointer.strip("/").split("/")
    if steps[0] == "share":
        return "Enter a share above 0 and up to 100, with no more than 2 decimal places"
    if steps[0] == "months" and len(steps) > 1:
        return f"{month_names(quarter)[int(steps[1])]}: {error.detail[0].lower()}{error.detail[1:]}"
    if steps[0] == "breakdown" and len(steps) > 1:
        return f"Part {int(steps[1]) + 1}: {error.detail[0].lower()}{error.detail[1:]}"
    return error.detail


def _with(found: Bound[LineContent], told: Mapping[str, str]) -> Bound[LineContent]:
    order = list(found.typed)
    in_order = sorted(told.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))
    return replace(found, value=None, errors=tuple(FormError(name, text) for name, text in in_order))
