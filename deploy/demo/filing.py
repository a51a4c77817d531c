"""Acts on returns: file, approve, ask for changes, answer, restate. Each is done once, however often it is played."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from deploy.demo.scenario import Contract, Dispute, Restatement, at_work, content
from services.returns.actions import evidence as evidence_actions
from services.returns.actions import filing, restating, reviewing
from services.returns.models.content import LineContent
from services.returns.models.decisions import Approval, Certification, ChangesWanted, ChangeWanted
from services.returns.models.decisions import Restatement as RestatementDecision
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.figures import months_run
from services.returns.rules.lifecycle import with_supplier
from services.returns.store import returns as store
from services.returns.store.files import evidence_store
from shared.access import Caller
from shared.db import Connection
from shared.errors import Invalid
from shared.events.returns import LineStatus, ReturnStatus
from shared.obligations import Judgement
from shared.quarters import Quarter
from shared.settings import Settings

_CERTIFIED = Certification(only_this_contract_and_period=True, only_what_was_promised=True)
_CHECKED = "Checked against our records."


class NoReturn(Exception):
    """The scenario files a return that never opened."""


async def find(conn: Connection, contract_id: UUID, quarter: Quarter) -> QuarterlyReturn:
    for filed in await store.lock_of_contract(conn, contract_id):
        if filed.quarter == quarter:
            return filed
    raise NoReturn(f"contract {contract_id} has no return for {quarter}")


async def file(
    conn: Connection, contract: Contract, contract_id: UUID, number: int, *, by: Caller, settings: Settings, on: date
) -> None:
    """Fill every line, add evidence, certify and submit the return of the contract's ``number``-th quarter."""
    at = at_work(on)
    filed = await find(conn, contract_id, contract.quarters[number])
    if filed.status is not ReturnStatus.OPEN:
        return
    ran = months_run(filed.contract, filed.quarter)
    for line in filed.lines:
        owed = contract.called(line.reference)
        said = content(owed.figures[number], owed.stories[number] if owed.stories else "")
        if "months" in said:
            said["months"] = [month if there else None for month, there in zip(said["months"], ran, strict=True)]
        await filing.save_line(conn, line.line_id, LineContent.model_validate(said), by=by, at=at)
        if name := owed.evidence[number] if owed.evidence else "":
            await evidence_actions.add_to_line(
                conn,
                evidence_store(settings.evidence),
                line.line_id,
                name=name,
                content=f"{contract.reference} {owed.reference} {filed.quarter}: {owed.figures[number]}\n".encode(),
                largest=settings.evidence_max_bytes,
                by=by,
                at=at,
            )
    await _submit(conn, filed.return_id, by=by, settings=settings, at=at)


async def approve(conn: Connection, contract_id: UUID, quarter: Quarter, *, by: Caller, on: date) -> None:
    filed = await find(conn, contract_id, quarter)
    if any(line.status is LineStatus.SUBMITTED for line in filed.lines):
        await reviewing.approve(conn, filed.return_id, Approval(judgement=Judgement.MET), by=by, at=at_work(on))


async def ask_for_changes(conn: Connection, contract_id: UUID, dispute: Dispute, *, by: Caller, settings: Settings) -> None:
    filed = await find(conn, contract_id, dispute.quarter)
    line = _line(filed, dispute.obligation)
    if line.status is LineStatus.SUBMITTED and filed.submissions == 1:
        wanted = ChangesWanted(lines=(ChangeWanted(line_id=line.line_id, reason=dispute.reason),))
        await reviewing.request_changes(conn, filed.return_id, wanted, Deadlines.of(settings), by=by, at=at_work(dispute.on))


async def answer(conn: Connection, contract_id: UUID, dispute: Dispute, *, by: Caller, settings: Settings) -> None:
    filed = await find(conn, contract_id, dispute.quarter)
    line = _line(filed, dispute.obligation)
    if with_supplier(line.status):
        at = at_work(dispute.answer_on)
        said = LineContent.model_validate(content(dispute.figure, dispute.story))
        await filing.save_line(conn, line.line_id, said, by=by, at=at)
        await _submit(conn, filed.return_id, by=by, settings=settings, at=at)


async def restate(conn: Connection, contract_id: UUID, told: Restatement, *, by: Caller) -> None:
    line = _line(await find(conn, contract_id, told.quarter), told.obligation)
    said = LineContent.model_validate(content(told.figure, line.content.story or ""))
    if line.status is LineStatus.APPROVED and line.content.figure != said.figure:
        decision = RestatementDecision(content=said, reason=told.reason)
        try:
            await restating.restate(conn, line.line_id, decision, by=by, at=at_work(told.on))
        except Invalid as refused:
            if not _unlikely(refused):
                raise
            decision = RestatementDecision(content=_confirmed(said), reason=told.reason)
            await restating.restate(conn, line.line_id, decision, by=by, at=at_work(told.on))


async def _submit(conn: Connection, return_id: UUID, *, by: Caller, settings: Settings, at: datetime) -> None:
    """Submit; where figures look unlikely, say that they were checked, as a supplier would."""
    deadlines = Deadlines.of(settings)
    try:
        await filing.submit(conn, return_id, _CERTIFIED, deadlines, by=by, at=at)
    except Invalid as refused:
        if not _unlikely(refused):
            raise
        filed = await store.find(conn, return_id)
        for line in filed.lines if filed else ():
            if with_supplier(line.status):
                await filing.save_line(conn, line.line_id, _confirmed(line.content), by=by, at=at)
        await filing.submit(conn, return_id, _CERTIFIED, deadlines, by=by, at=at)


def _confirmed(said: LineContent) -> LineContent:
    return said.model_copy(update={"unlikely_reason": _CHECKED})


def _unlikely(refused: Invalid) -> bool:
    return all(error.code == "unlikely" for error in refused.errors)


def _line(filed: QuarterlyReturn, reference: str) -> Line:
    return next(line for line in filed.lines if line.reference == reference)
