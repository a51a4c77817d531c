"""Who may certify, what may be approved, and what a restated line comes to."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.returns.models.decisions import Approval, Certification
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.models.views import LineView
from services.returns.rules.lifecycle import Move, NothingToReview, moved
from shared.access import Caller, Role
from shared.errors import FieldError, Invalid, NotFound
from shared.events.returns import LineStatus
from shared.obligations import Judgement
from shared.ratings import Rated, Rating


class NotCertified(Invalid):
    """Certify that every figure is of this contract, this quarter and what was promised only."""


class StoriesNotJudged(Invalid):
    """Judge each story against the promise: met, partly or not_met."""


class NotComplete(Invalid):
    """Some lines are not complete."""


def submits_on_behalf(filed: QuarterlyReturn, by: Caller) -> bool:
    """A supplier's certifier submits for the supplier; a contract manager does so in the supplier's place."""
    supplies = any(supplier.organisation_id == by.organisation_id for supplier in filed.contract.suppliers)
    return not (supplies and by.has(Role.SUPPLIER_CERTIFIER))


def check_certification(certification: Certification, *, on_behalf: bool) -> None:
    """Raises NotCertified."""
    errors = [
        FieldError(f"/{name}", "Certify this, or correct the return first", "not-certified")
        for name in ("only_this_contract_and_period", "only_what_was_promised")
        if not getattr(certification, name)
    ]
    if on_behalf and certification.on_behalf_because is None:
        errors.append(FieldError("/on_behalf_because", "Say why you submit in the supplier's place", "missing"))
    if not on_behalf and certification.on_behalf_because is not None:
        errors.append(FieldError("/on_behalf_because", "You submit as the supplier: leave this empty", "not-on-behalf"))
    if errors:
        raise NotCertified(errors=errors)


def judgements(filed: QuarterlyReturn, approval: Approval) -> Mapping[UUID, Judgement | None]:
    """The lines that an approval approves, each with the judgement of its story.

    Raises NotFound, NotUnderReview, NothingToReview; StoriesNotJudged where a line with a story has no judgement.
    """
    given = {line.line_id: line.judgement for line in approval.lines or ()}
    known = {line.line_id: line for line in filed.lines}
    if not given.keys() <= known.keys():
        raise NotFound
    chosen = [
        line for line in filed.lines
        if (line.line_id in given if approval.lines is not None else line.status is LineStatus.SUBMITTED)
    ]  # fmt: skip
    if not chosen:
        raise NothingToReview
    for line in chosen:
        moved(line.status, Move.APPROVE)
    judged = {line.line_id: _judgement(line, given.get(line.line_id), approval.judgement) for line in chosen}
    errors = [
        FieldError(pointer_to(filed, line), f"{line.reference}: judge the story", "not-judged")
        for line in chosen
        if line.content.story is not None and judged[line.line_id] is None
    ]
    if errors:
        raise StoriesNotJudged(errors=errors)
    return judged


def _judgement(line: Line, own: Judgement | None, rest: Judgement | None) -> Judgement | None:
    """Only a story is judged: against the promise, and not the figure."""
    return own or line.judgement or (rest if line.content.story is not None else None)


def on_target(line: LineView, rated: Rated | None) -> bool:
    """Whether a submitted line needs no closer look: it would be good, is not unlikely, and has the evidence it asks for."""
    good = line.status is LineStatus.SUBMITTED and rated is not None and rated.rating is Rating.GOOD
    return good and not line.unlikely and not (line.terms.evidence_required and not line.evidence)


def pointer_to(filed: QuarterlyReturn, line: Line) -> str:
    """Where a line stands in the return as it is read."""
    return f"/lines/{filed.lines.index(line)}"


def errors_on(filed: QuarterlyReturn, line: Line, errors: tuple[FieldError, ...]) -> list[FieldError]:
    """A line's errors as those of its return, each naming the line."""
    return [
        FieldError(f"{pointer_to(filed, line)}/content{error.pointer}", f"{line.reference}: {error.detail}", error.code)
        for error in errors
    ]
