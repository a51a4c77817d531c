"""One activity for several contracts: its parts, and which lines fill themselves from what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from services.returns.models.activities import Activity
from services.returns.models.content import LineContent
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.figures import filled, is_typed, quantity_problems
from services.returns.rules.lifecycle import with_supplier
from shared.errors import FieldError, Invalid
from shared.obligations import Kind, Terms, plain

_WHOLE = (Kind.RATIO, Kind.FLAG)
"""What cannot be divided: a ratio has two figures, and a yes has none."""


class NotDivided(Invalid):
    """This activity cannot be divided like that."""


def divides(terms: Terms) -> bool:
    """Whether an activity of this kind can be done for several contracts."""
    return terms.kind not in _WHOLE


def check_parts(whole: Decimal, parts: Sequence[tuple[Terms, Decimal]]) -> None:
    """Every part is counted in the unit of the first, and together they never come to more than the whole. Raises NotDivided.

    The first part is ``/quantity``, the others are ``/parts/0`` and so on.
    """
    unit = parts[0][0].measure.unit
    errors = []
    for nth, (terms, amount) in enumerate(parts):
        where = f"/parts/{nth - 1}" if nth else ""
        if not divides(terms) or terms.measure.unit != unit:
            errors.append(FieldError(f"{where}/obligation_id", f"Select something that is counted in {unit}", "other-unit"))
        elif amount <= 0:
            errors.append(FieldError(f"{where}/quantity", "Enter more than 0", "not-above-zero"))
    together = sum((amount for _, amount in parts), Decimal(0))
    if together > whole:
        said = f"The parts come to {plain(together)}, which is more than the {plain(whole)} that was done in all"
        errors.append(FieldError("/quantity", said, "above-whole"))
    if errors:
        raise NotDivided(errors=errors)


def rest_of(whole: Decimal, others: Sequence[Decimal]) -> Decimal:
    """What the parts of other contracts leave for this one. Raises NotDivided where that is nothing."""
    together = sum(others, Decimal(0))
    if together > whole:
        said = f"The parts come to {plain(together)}, which is more than the {plain(whole)} that was done in all"
        raise NotDivided(errors=[FieldError("/parts/0/quantity", said, "above-whole")])
    if together == whole:
        said = "Nothing is left for this contract: note the activity for the other contract instead"
        raise NotDivided(errors=[FieldError("/parts/0/quantity", said, "nothing-left")])
    return whole - together


def fills_itself(line: Line) -> bool:
    """A line follows its activities until somebody types a figure, or says that there is nothing to report."""
    if not with_supplier(line.status) or line.content.nil_reason is not None:
        return False
    return bool(line.filled_from) or not is_typed(line.content)


def followed(line: Line, done: Sequence[Activity]) -> tuple[LineContent, tuple[UUID, ...]] | None:
    """What a line says that follows its activities (of its quarter, by date), and from which; None where nothing changes."""
    if not fills_itself(line) or any(quantity_problems(one.quantity, line.terms) for one in done):
        return None
    if done:
        content = filled([(one.happened_on, one.quantity) for one in done], line.terms, line.quarter, line.content)
    else:
        content = line.content.model_copy(update={"figure": None, "months": None})
    sources = tuple(one.activity_id for one in done)
    return None if (content, sources) == (line.content, line.filled_from) else (content, sources)


def opened_with(filed: QuarterlyReturn, done: Mapping[UUID, Sequence[Activity]]) -> QuarterlyReturn:
    """A return that opens with what was noted in its quarter. ``done``: by obligation, each by date."""
    lines = []
    for line in filed.lines:
        quarter = line.quarter
        of_line = [one for one in done.get(line.obligation_id, ()) if quarter.first_day <= one.happened_on <= quarter.last_day]
        found = followed(line, of_line)
        lines.append(line.model_copy(update={"content": found[0], "filled_from": found[1]}) if found else line)
    return filed.model_copy(update={"lines": tuple(lines)})
