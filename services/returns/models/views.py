"""What is read: a return with everything that stands behind it, and a list of returns."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime

from services.returns.models.activities import Activity, EvidenceFile
from services.returns.models.returns import Line, QuarterlyReturn, RestatementAsked, RestatementRequest
from shared.errors import FieldError
from shared.events.commitments import ContractFact, ObligationFact
from shared.events.returns import ReturnStatus
from shared.obligations import ContractForm, Figure, Frozen, Share
from shared.quarters import Quarter
from shared.ratings import Unlikely


class LineView(Line):
    """A line with what it would come to now, what it still needs, and what stands behind it."""

    counts: Figure | None
    """What its content comes to; None while it is incomplete. ``figure`` is what was submitted."""
    looks_unlikely: tuple[Unlikely, ...]
    missing: tuple[FieldError, ...]
    """What keeps it from being submitted, with pointers into ``content``."""
    evidence: tuple[EvidenceFile, ...]
    activities: tuple[Activity, ...]
    """What its figure was filled from."""
    restatement_requests: tuple[RestatementRequest, ...]
    restatements_asked: tuple[RestatementAsked, ...]
    """What the supplier was asked to look at again, the earliest first."""

    @property
    def asked_to_restate(self) -> RestatementAsked | None:
        """What the supplier is asked to look at again, until it is settled."""
        return next((asked for asked in self.restatements_asked if asked.settled_at is None), None)


class ReturnView(QuarterlyReturn):
    """A return with its lines, in the contract's order."""

    overdue: bool
    lines: tuple[LineView, ...] = ()


class LineAtWork(Frozen):
    """A line with what a person needs to fill it, or to judge it."""

    filed: QuarterlyReturn
    line: LineView
    wording: str
    """The promise in the contract's words; empty where nobody told it."""
    earlier: tuple[Line, ...]
    """The same obligation in the quarters before, the latest first."""
    noted: tuple[Activity, ...]
    """The activities of its quarter, by date."""


class ReturnSummary(Frozen):
    """A return as it stands in a list."""

    return_id: UUID
    contract_id: UUID
    reference: str
    title: str
    quarter: Quarter
    version: int
    status: ReturnStatus
    opened_on: date
    due_on: date
    answer_due_on: date | None
    """Where it was sent back: by when it is to be sent again."""
    overdue: bool
    ready: bool
    """It waits for nothing but a certifier, as far as was seen when something on it was saved last."""
    submitted_at: AwareDatetime | None
    on_behalf: bool
    review_due_on: date | None
    review_overdue: bool
    lines: int
    lines_with_supplier: int
    lines_in_review: int
    lines_approved: int


class RequestSummary(Frozen):
    """A supplier's request to restate a line, as it waits in a list."""

    request_id: UUID
    requested_at: AwareDatetime
    title: str
    """The contract's."""
    quarter: Quarter
    reference: str
    """The obligation's."""
    label: str


class AskedSummary(Frozen):
    """A line that a supplier is asked to restate, as it stands in a list."""

    line_id: UUID
    asked_at: AwareDatetime
    title: str
    """The contract's."""
    quarter: Quarter
    reference: str
    """The obligation's."""
    label: str


class ContractView(Frozen):
    """A contract with what is owed under it, as commitments told it last."""

    contract_id: UUID
    version: int
    reference: str
    title: str
    form: ContractForm
    starts_on: date
    ends_on: date
    buyers: tuple[Share, ...]
    suppliers: tuple[Share, ...]
    obligations: tuple[ObligationFact, ...]

    @classmethod
    def of(cls, fact: ContractFact) -> Self:
        return cls(**{name: getattr(fact, name) for name in cls.model_fields})
