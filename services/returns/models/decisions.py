"""What people send with a decision: a certification, an approval, a request for changes, a restatement."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.returns.models.content import LineContent, OptionalText
from shared.obligations import Frozen, Judgement, Words


class Certification(Frozen):
    """What the person who submits stands for."""

    only_this_contract_and_period: bool
    """Every figure is of this contract and of this quarter only."""
    only_what_was_promised: bool
    """Every figure is of what the contract promised only."""
    on_behalf_because: OptionalText = None
    """Why the contract manager submits in the supplier's place; needed then, and only then."""


class LineApproval(Frozen):
    line_id: UUID
    judgement: Judgement | None = None


class Approval(Frozen):
    """The lines that are approved, each with a judgement of its story; without ``lines``, all that wait for a review."""

    lines: Annotated[tuple[LineApproval, ...], Field(min_length=1, max_length=1000)] | None = None
    judgement: Judgement | None = None
    """Of every story that is not judged by itself."""


class JudgementGiven(Frozen):
    """Of one story against the promise."""

    judgement: Judgement


class ChangeWanted(Frozen):
    line_id: UUID
    reason: Words


class ChangesWanted(Frozen):
    """What the reviewer asks for, line by line."""

    lines: Annotated[tuple[ChangeWanted, ...], Field(min_length=1, max_length=1000)]


class Restatement(Frozen):
    """An approved line as it should have been, and why."""

    content: LineContent
    reason: Words
    judgement: Judgement | None = None
    """Of the new story, where it changes; else the earlier judgement stands."""


class RestatementWanted(Frozen):
    """A supplier's request for the same."""

    content: LineContent
    reason: Words


class RestatementAsking(Frozen):
    """What the supplier is to look at again on an approved line, and why."""

    reason: Words


class FigureConfirmation(Frozen):
    """Why a figure is right that the supplier was asked to look at again."""

    reason: Words


class RestatementAnswer(Frozen):
    confirmed: bool
    answer: OptionalText = None
    """Needed where the request is declined."""
    judgement: Judgement | None = None
    """Of the new story, where it is confirmed and changes; else the earlier judgement stands."""
