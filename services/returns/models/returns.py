"""The quarterly return and its lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime

from services.returns.models.content import LineContent
from shared.events.returns import ContractSnapshot, LineStatus, ReturnStatus
from shared.obligations import Figure, Frozen, Judgement, Side, Terms
from shared.quarters import Quarter


class Line(Frozen):
    """What is said about one obligation in one quarter."""

    line_id: UUID
    return_id: UUID
    contract_id: UUID
    obligation_id: UUID
    quarter: Quarter
    position: int
    reference: str
    side: Side
    owner_id: UUID | None = None
    terms: Terms
    owed: bool = True
    """False once a variation or an early end took the obligation out of this quarter."""
    status: LineStatus = LineStatus.OPEN
    version: int = 1
    content: LineContent = LineContent()
    filled_from: tuple[UUID, ...] = ()
    """The activities that the figure was filled from; none where it was typed."""
    figure: Figure | None = None
    """What counts, since it was submitted last."""
    unlikely: tuple[str, ...] = ()
    judgement: Judgement | None = None
    change_reason: str | None = None
    """What the reviewer asked for last."""
    approved_at: AwareDatetime | None = None
    saved_at: AwareDatetime
    saved_by: UUID

    def changed(self, *, at: datetime, by: UUID, **update: Any) -> Self:
        """A copy one version on."""
        return self.model_copy(update={"version": self.version + 1, "saved_at": at, "saved_by": by, **update})


class QuarterlyReturn(Frozen):
    """One contract, one quarter of its life."""

    return_id: UUID
    contract_id: UUID
    quarter: Quarter
    version: int
    """Grows with every change of the return or of one of its lines."""
    status: ReturnStatus
    contract: ContractSnapshot
    opened_on: date
    due_on: date
    remind_on: date
    reminded_on: date | None = None
    overdue_on: date | None = None
    """The day on which it was found overdue."""
    submissions: int = 0
    submitted_at: AwareDatetime | None = None
    submitted_by: UUID | None = None
    on_behalf: bool = False
    """The contract manager submitted it last, in the supplier's place."""
    first_submitted_at: AwareDatetime | None = None
    review_due_on: date | None = None
    reviewed_at: AwareDatetime | None = None
    """When a line was approved or disputed after the last submission."""
    review_overdue_on: date | None = None
    sent_back_on: date | None = None
    answer_due_on: date | None = None
    """While it is sent back: by when the supplier is to send it again."""
    ready: bool = False
    """It waits for nothing but a certifier, as far as was seen when something on it was saved last."""
    lines: tuple[Line, ...] = ()
    """What is owed in the quarter, in the contract's order."""

    def changed(self, lines: Iterable[Line] = (), **update: Any) -> Self:
        """A copy one version on, with these lines in the place of the old ones."""
        new = {line.line_id: line for line in lines}
        update["lines"] = tuple(new.get(line.line_id, line) for line in self.lines)
        return self.model_copy(update={"version": self.version + 1, **update})


class LineVersion(Frozen):
    """A line as somebody left it."""

    line_id: UUID
    version: int
    at: AwareDatetime
    person_id: UUID
    status: LineStatus
    terms: Terms
    content: LineContent
    filled_from: tuple[UUID, ...] = ()
    figure: Figure | None = None
    judgement: Judgement | None = None
    change_reason: str | None = None


class RestatementAsked(Frozen):
    """A contract manager asks the supplier to look at an approved line again.

    Settled once a change is asked for or made, the supplier answers that the figure is right, or the asking is withdrawn.
    """

    asked_id: UUID
    line_id: UUID
    contract_id: UUID
    reason: str
    asked_at: AwareDatetime
    asked_by: UUID
    settled_at: AwareDatetime | None = None
    answer: str | None = None
    """Why the figure is right."""
    answered_by: UUID | None = None


class RestatementRequest(Frozen):
    """A supplier asks for an approved figure to be changed; the contract manager confirms or declines."""

    request_id: UUID
    line_id: UUID
    contract_id: UUID
    content: LineContent
    reason: str
    requested_at: AwareDatetime
    requested_by: UUID
    confirmed: bool | None = None
    answer: str | None = None
    decided_at: AwareDatetime | None = None
    decided_by: UUID | None = None
