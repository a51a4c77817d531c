"""What the returns service tells: what is due, what was said, what is late and what was approved."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.envelope import Event
from shared.obligations import Amount, ContractForm, Fact, Figure, Judgement, Place, Share, Side, Terms
from shared.quarters import Quarter


class ReturnStatus(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    """Nothing is owed in its quarter any more, since the contract ended before it: a return without lines."""


class LineStatus(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"


class ContractSnapshot(Fact):
    """The contract as it was in the quarter: what a listener needs to count a line without asking anybody."""

    reference: str
    title: str
    form: ContractForm
    starts_on: date
    ends_on: date
    buyers: tuple[Share, ...]
    suppliers: tuple[Share, ...]
    places: dict[Place, Amount] = {}


class LineOwed(Fact):
    """One line of a return, with the obligation's terms in that quarter."""

    line_id: UUID
    obligation_id: UUID
    reference: str
    side: Side
    owner_id: UUID | None = None
    terms: Terms
    status: LineStatus


class ReturnFact(Event):
    """The whole of a quarterly return, without figures and words."""

    return_id: UUID
    contract_id: UUID
    quarter: Quarter
    contract: ContractSnapshot
    status: ReturnStatus
    opened_on: date
    due_on: date
    submitted_at: AwareDatetime | None = None
    """When it was submitted last; None while it never was."""
    first_submitted_at: AwareDatetime | None = None
    review_due_on: date | None = None
    answer_due_on: date | None = None
    """Where it was sent back: by when the supplier is to send it again."""
    lines: tuple[LineOwed, ...]

    @property
    def key(self) -> UUID:
        return self.contract_id


class ReturnOpened(ReturnFact, type="return.opened.v1", topic="returns"):
    """A quarter ended (or a contract was recorded late), and its return is due."""


class ReturnSubmitted(ReturnFact, type="return.submitted.v1", topic="returns"):
    """A supplier has certified and filed the return, for the first time or again."""


class ChangesRequested(ReturnFact, type="return.changes_requested.v1", topic="returns"):
    """The reviewer asked for changes on some lines; approved neighbours stay approved."""


class ReturnApproved(ReturnFact, type="return.approved.v1", topic="returns"):
    """Every line of the return is approved."""


class ReturnAmended(ReturnFact, type="return.amended.v1", topic="returns"):
    """What the return asks for changed after it was opened: a variation, or an approved line among disputed ones."""


class ReturnOverdue(ReturnFact, type="return.overdue.v1", topic="returns"):
    """The day after it was due, and it has not been submitted."""


class ReviewOverdue(ReturnFact, type="review.overdue.v1", topic="returns"):
    """It was submitted, and no line was reviewed by the day the review was due."""


class LineFact(Event):
    """The whole of an approved line: everything that a rating or a total needs."""

    line_id: UUID
    return_id: UUID
    contract_id: UUID
    obligation_id: UUID
    quarter: Quarter
    contract: ContractSnapshot
    reference: str
    side: Side
    owner_id: UUID | None = None
    terms: Terms
    figure: Figure
    """What counts: the share due to this contract, three months rolled up by their kind."""
    judgement: Judgement | None = None
    unlikely: tuple[str, ...] = ()
    """Which rules of an unlikely figure it met, confirmed by the supplier with a reason; see ``shared.ratings.unlikely``."""
    evidence: tuple[str, ...] = ()
    """SHA-256 of each evidence file, hexadecimal."""
    approved_at: AwareDatetime

    @property
    def key(self) -> UUID:
        return self.contract_id


class LineApproved(LineFact, type="line.approved.v1", topic="returns"):
    """A line's figure counts from now on, whatever becomes of its neighbours."""


class LineRestated(LineFact, type="line.restated.v1", topic="returns"):
    """An approved line's figure was changed, with a reason that stays in the returns service."""
