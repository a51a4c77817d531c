"""What is owed in a quarter: opening a return for it, and amending one when the contract changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.lifecycle import return_status, with_supplier
from shared.access import NOBODY
from shared.events.commitments import ContractFact
from shared.events.returns import ContractSnapshot, LineStatus, ReturnStatus
from shared.quarters import Quarter

NewId = Callable[[], UUID]


def snapshot(contract: ContractFact) -> ContractSnapshot:
    """The contract as a listener needs it."""
    return ContractSnapshot.model_validate(contract.model_dump(include=set(ContractSnapshot.model_fields)))


def lines_owed(contract: ContractFact, quarter: Quarter, *, return_id: UUID, at: datetime, new_id: NewId) -> list[Line]:
    """A line per obligation owed in the quarter, whatever its side or target; none where the contract did not run in it."""
    if not quarter.days_within(contract.starts_on, contract.ends_on):
        return []
    return [
        Line(
            line_id=new_id(),
            return_id=return_id,
            contract_id=contract.contract_id,
            obligation_id=obligation.obligation_id,
            quarter=quarter,
            position=position,
            reference=obligation.reference,
            side=obligation.side,
            owner_id=obligation.owner_id,
            terms=terms,
            saved_at=at,
            saved_by=NOBODY,
        )
        for position, obligation in enumerate(contract.obligations)
        if (terms := obligation.terms_in(quarter)) is not None
    ]


def opened(
    contract: ContractFact, quarter: Quarter, deadlines: Deadlines, *, opened_on: date, at: datetime, new_id: NewId
) -> QuarterlyReturn | None:
    """The return of a quarter that is over; None where nothing was owed in it."""
    return_id = new_id()
    lines = lines_owed(contract, quarter, return_id=return_id, at=at, new_id=new_id)
    if not lines:
        return None
    due_on = deadlines.due_on(opened_on)
    return QuarterlyReturn(
        return_id=return_id,
        contract_id=contract.contract_id,
        quarter=quarter,
        version=1,
        status=ReturnStatus.OPEN,
        contract=snapshot(contract),
        opened_on=opened_on,
        due_on=due_on,
        remind_on=deadlines.remind_on(due_on),
        lines=tuple(lines),
    )


def amended(
    filed: QuarterlyReturn,
    dropped: Sequence[Line],
    contract: ContractFact,
    deadlines: Deadlines,
    *,
    amended_on: date,
    at: datetime,
    new_id: NewId,
) -> tuple[QuarterlyReturn, list[Line]] | None:
    """The return as the contract now asks for it, and the lines that it no longer asks for; None where nothing changes.

    The past is never rewritten: an approved line stays as it is, and so does the wording of one that waits for a review. What is
    owed in addition is asked for, whatever the return's status. ``dropped`` are lines that an earlier amendment took out: what
    was typed on them comes back with the obligation.
    """
    owed = {
        line.obligation_id: line for line in lines_owed(contract, filed.quarter, return_id=filed.return_id, at=at, new_id=new_id)
    }
    before = {line.obligation_id: line for line in (*dropped, *filed.lines)}
    lines, gone = [], []
    for line in filed.lines:
        if line.obligation_id in owed:
            lines.append(_as_owed(line, owed[line.obligation_id]))
        elif line.status is LineStatus.APPROVED:
            lines.append(line)
        else:
            gone.append(line.changed(at=at, by=NOBODY, owed=False))
    standing = {line.obligation_id for line in filed.lines}
    for obligation_id, line in owed.items():
        if obligation_id not in standing:
            lines.append(_taken_up(before[obligation_id], line) if obligation_id in before else line)
    lines.sort(key=lambda line: (line.position, line.line_id))
    status = return_status(lines, ever_submitted=filed.first_submitted_at is not None)
    # An approved return is the past: a new title or end of its contract does not reach it.
    contract_now = filed.contract if status is ReturnStatus.APPROVED else snapshot(contract)
    if tuple(lines) == filed.lines and contract_now == filed.contract:
        return None
    update: dict[str, Any] = {"status": status, "contract": contract_now, "lines": tuple(lines), "version": filed.version + 1}
    if filed.status is ReturnStatus.WITHDRAWN and filed.first_submitted_at is None:
        due_on = deadlines.due_on(amended_on)
        update |= {"due_on": due_on, "remind_on": deadlines.remind_on(due_on), "reminded_on": None, "overdue_on": None}
    if status is not ReturnStatus.CHANGES_REQUESTED:
        update |= {"sent_back_on": None, "answer_due_on": None}
    elif filed.status is not ReturnStatus.CHANGES_REQUESTED:
        update |= sent_back(deadlines, on=amended_on)
    return filed.model_copy(update=update), gone


def sent_back(deadlines: Deadlines, *, on: date) -> Mapping[str, date | None]:
    """The dates of a return that is with the supplier once more from the day ``on``."""
    answer_due_on = deadlines.answer_due_on(on)
    return {
        "sent_back_on": on,
        "answer_due_on": answer_due_on,
        "remind_on": deadlines.remind_on(answer_due_on),
        "reminded_on": None,
    }


def _as_owed(line: Line, owed: Line) -> Line:
    """The line under the terms of now, as long as it is with the supplier."""
    asked = {name: getattr(owed, name) for name in _ASKED}
    if not with_supplier(line.status) or all(getattr(line, name) == value for name, value in asked.items()):
        return line
    return line.changed(at=owed.saved_at, by=NOBODY, **asked)


def _taken_up(line: Line, owed: Line) -> Line:
    """A line that was dropped, owed again: what was typed on it is still there."""
    asked = {name: getattr(owed, name) for name in _ASKED}
    return line.changed(at=owed.saved_at, by=NOBODY, owed=True, status=LineStatus.OPEN, **asked)


_ASKED = ("position", "reference", "owner_id", "terms")
