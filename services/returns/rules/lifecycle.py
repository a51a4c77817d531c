"""The life of a line and of its return, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from services.returns.models.returns import Line, QuarterlyReturn
from shared.errors import Conflict
from shared.events.returns import LineStatus, ReturnStatus


class Move(StrEnum):
    """What can be done to a line."""

    SAVE = "save"
    SUBMIT = "submit"
    JUDGE = "judge"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    RESTATE = "restate"


LINE_MOVES: Mapping[tuple[LineStatus, Move], LineStatus] = {
    (LineStatus.OPEN, Move.SAVE): LineStatus.OPEN,
    (LineStatus.OPEN, Move.SUBMIT): LineStatus.SUBMITTED,
    (LineStatus.SUBMITTED, Move.JUDGE): LineStatus.SUBMITTED,
    (LineStatus.SUBMITTED, Move.APPROVE): LineStatus.APPROVED,
    (LineStatus.SUBMITTED, Move.REQUEST_CHANGES): LineStatus.CHANGES_REQUESTED,
    (LineStatus.CHANGES_REQUESTED, Move.SAVE): LineStatus.CHANGES_REQUESTED,
    (LineStatus.CHANGES_REQUESTED, Move.SUBMIT): LineStatus.SUBMITTED,
    (LineStatus.APPROVED, Move.RESTATE): LineStatus.APPROVED,
}
"""Every move there is. Each line moves by itself: an approved one counts while its neighbours are disputed."""


class NotWithSupplier(Conflict):
    """This line was submitted. It can be changed once the reviewer asks for changes, or restated once it is approved."""


class NotUnderReview(Conflict):
    """This line is not waiting for a review: it was not submitted, or a reviewer has decided on it already."""


class NotApproved(Conflict):
    """Only an approved line can be restated. Ask for changes instead."""


class NothingToSubmit(Conflict):
    """This return was submitted already, and nothing on it waits for the supplier."""


class NothingToReview(Conflict):
    """No line of this return waits for a review."""


_REFUSED: Mapping[Move, type[Conflict]] = {
    Move.SAVE: NotWithSupplier,
    Move.SUBMIT: NotWithSupplier,
    Move.JUDGE: NotUnderReview,
    Move.APPROVE: NotUnderReview,
    Move.REQUEST_CHANGES: NotUnderReview,
    Move.RESTATE: NotApproved,
}


def moved(status: LineStatus, move: Move) -> LineStatus:
    """Where a move leads. Raises the move's Conflict where it is not allowed."""
    try:
        return LINE_MOVES[status, move]
    except KeyError:
        raise _REFUSED[move] from None


def with_supplier(status: LineStatus) -> bool:
    return (status, Move.SAVE) in LINE_MOVES


def overdue(filed: QuarterlyReturn, today: date) -> bool:
    """Whether the supplier should have submitted it before ``today``, or sent it again."""
    due_on = filed.due_on if filed.status is ReturnStatus.OPEN else filed.answer_due_on
    return due_on is not None and due_on < today


def return_status(lines: Sequence[Line], *, ever_submitted: bool) -> ReturnStatus:
    """A return's status follows from its lines: approved when all are, back with the supplier when one is."""
    if not lines:
        return ReturnStatus.WITHDRAWN
    if all(line.status is LineStatus.APPROVED for line in lines):
        return ReturnStatus.APPROVED
    if not ever_submitted:
        return ReturnStatus.OPEN
    return ReturnStatus.CHANGES_REQUESTED if any(with_supplier(line.status) for line in lines) else ReturnStatus.SUBMITTED
