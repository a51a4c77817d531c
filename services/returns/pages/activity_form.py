"""What the form of an activity says: when, how much, and which parts of it were done for other contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.returns.models.activities import Activity, ActivityPart, Owed
from services.returns.models.content import Entered, OptionalText
from services.returns.pages import line_form
from services.returns.pages.routing import Version
from shared.errors import ParityError
from shared.obligations import Terms, plain
from shared.pages.forms import Bound, FormError, Says, blank

PARTS = 3
"""Rows for parts that were done for other contracts."""


class Said(BaseModel):
    """What the form says besides how much."""

    happened_on: Annotated[date, Says("Enter the date on which it was done", called="Date")]
    note: Annotated[OptionalText, Says("", "Note must be 4,000 characters or fewer")] = None
    activity_id: UUID | None = None
    version: Version | None = None


def quantity_said(bound: Bound[Said], terms: Terms) -> tuple[Bound[Said], Entered | None]:
    """How much was done, or the same form with what is wrong with it."""
    wrong: dict[str, str] = {}
    typed = line_form.figure_typed(bound.typed, "quantity", terms, wrong)
    if typed is None and not wrong:
        first, *others = line_form.parts_of(terms)
        wrong[f"quantity-{first}"] = "Enter how many, and out of how many" if others else "Enter how much was done"
    try:
        quantity = Entered.model_validate(typed or {})
    except ValidationError:
        wrong[f"quantity-{line_form.parts_of(terms)[0]}"] = "Enter a number that is not so large, with up to 6 decimal places"
    if not wrong:
        return bound, quantity
    # How much was done is asked before all else.
    told = [FormError(name, text) for name, text in wrong.items()]
    return replace(bound, value=None, errors=(*told, *bound.errors)), None


def parts_said(bound: Bound[Said], offered: Sequence[Owed]) -> tuple[Bound[Said], list[ActivityPart]]:
    """What was done for other contracts."""
    known = {str(one.obligation_id): one for one in offered}
    parts = []
    for nth in range(PARTS):
        chosen, amount = bound.text(f"other-{nth}"), bound.text(f"other-{nth}-amount").strip()
        if not chosen and not amount:
            continue
        wrong: dict[str, str] = {}
        number = line_form.number_in(bound.typed, f"other-{nth}-amount", wrong, marks="£")
        if chosen not in known:
            bound = bound.wrong("Select what the part was for", name=f"other-{nth}")
        elif number is None:
            text = wrong.get(f"other-{nth}-amount", "Enter how much of it was for the other contract")
            bound = bound.wrong(text, name=f"other-{nth}-amount")
        else:
            owed = known[chosen]
            try:
                part = ActivityPart(contract_id=owed.contract_id, obligation_id=owed.obligation_id, quantity=number)
                parts.append(part)
            except ValidationError:
                large = "Enter a number that is not so large, with up to 6 decimal places"
                bound = bound.wrong(large, name=f"other-{nth}-amount")
    return bound, parts


def refused(bound: Bound[Said], error: ParityError) -> Bound[Said]:
    """What an action said, each at its field."""
    if not error.errors:
        return bound.refused(error)
    for one in error.errors:
        steps = one.pointer.strip("/").split("/")
        if steps[0] == "parts":
            name = f"other-{steps[1]}" + ("" if steps[-1] == "obligation_id" else "-amount")
        else:
            name = line_form.field_of(one.pointer, bound.typed)
        bound = bound.wrong(one.detail, name=name)
    return bound


def as_typed(activity: Activity, terms: Terms) -> Bound[Any]:
    values = {part: getattr(activity.quantity, part) for part in line_form.parts_of(terms)}
    amounts = {f"quantity-{part}": plain(value) for part, value in values.items() if isinstance(value, Decimal)}
    return blank(happened_on=activity.happened_on, note=activity.note, version=activity.version, **amounts)
