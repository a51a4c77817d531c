"""Acts on returns: file, approve, ask for changes, answer, restate. Each is done once, however often it is played."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from deploy.demo.scenario import Contract, Dispute, Restatement, at_work, content
from deploy.demo.stage import Stage
from services.returns.actions import evidence, filing, restating, reviewing
from services.returns.models.content import LineContent
from services.returns.models.decisions import Approval, Certification, ChangesWanted, ChangeWanted, RestatementWanted
from services.returns.models.decisions import Restatement as RestatementDecision
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.figures import months_run
from services.returns.rules.lifecycle import with_supplier
from services.returns.store import restatements
from services.returns.store import returns as store
from services.returns.store.files import evidence_store
from shared.access import Caller
from shared.db import Connection
from shared.errors import Invalid
from shared.events.returns import LineStatus, ReturnStatus
from shared.obligations import Judgement
from shared.quarters import Quarter

_CERTIFIED = Certification(only_this_contract_and_period=True, only_what_was_promised=True)
_CHECKED = "Checked against our records."


async def file(stage: Stage, contract: Contract, number: int, conn: Connection) -> None:
    """Fill every line, add evidence, certify and submit the return of the contract's ``number``-th quarter."""
    day = contract.file_on[number]
    filed = await _find(stage, contract, contract.quarters[number], conn)
    if day is None or filed.status is not ReturnStatus.OPEN:
        return
    await _fill(stage, contract, number, filed, conn, at=at_work(day))
    await _submit(stage, filed.return_id, conn, by=stage.certifier(contract), at=at_work(day))


async def draft(stage: Stage, contract: Contract, number: int, conn: Connection) -> None:
    """Fill every line, and leave it at that."""
    filed = await _find(stage, contract, contract.quarters[number], conn)
    if contract.draft is not None and all(line.content == LineContent() for line in filed.lines):
        await _fill(stage, contract, number, filed, conn, at=at_work(contract.draft.on))


async def _fill(stage: Stage, contract: Contract, number: int, filed: QuarterlyReturn, conn: Connection, *, at: datetime) -> None:
    by, ran = stage.certifier(contract), months_run(filed.contract, filed.quarter)
    for line in filed.lines:
        owed = contract.called(line.reference)
        said = content(owed.figures[number], owed.stories[number] if owed.stories else "")
        if "months" in said:
            said["months"] = [month if there else None for month, there in zip(said["months"], ran, strict=True)]
        await filing.save_line(conn, line.line_id, LineContent.model_validate(said), by=by, at=at)
        if name := owed.evidence[number] if owed.evidence else "":
            await evidence.add_to_line(
                conn,
                evidence_store(stage.settings.evidence),
                line.line_id,
                name=name,
                content=f"{contract.reference} {owed.reference} {filed.quarter}: {owed.figures[number]}\n".encode(),
                largest=stage.settings.evidence_max_bytes,
                by=by,
                at=at,
            )


async def approve(stage: Stage, contract: Contract, number: int, conn: Connection) -> None:
    day = contract.approve_on[number]
    filed = await _find(stage, contract, contract.quarters[number], conn)
    if day is not None and any(line.status is LineStatus.SUBMITTED for line in filed.lines):
        approval = Approval(judgement=Judgement.MET)
        await reviewing.approve(conn, filed.return_id, approval, by=stage.manager(contract), at=at_work(day))


async def ask_for_changes(stage: Stage, contract: Contract, told: Dispute, conn: Connection) -> None:
    filed = await _find(stage, contract, told.quarter, conn)
    line = _line(filed, told.obligation)
    if line.status is LineStatus.SUBMITTED and filed.submissions == 1:
        wanted = ChangesWanted(lines=(ChangeWanted(line_id=line.line_id, reason=told.reason),))
        deadlines, by = Deadlines.of(stage.settings), stage.manager(contract)
        await reviewing.request_changes(conn, filed.return_id, wanted, deadlines, by=by, at=at_work(told.on))


async def answer(stage: Stage, contract: Contract, told: Dispute, conn: Connection) -> None:
    filed = await _find(stage, contract, told.quarter, conn)
    line = _line(filed, told.obligation)
    if with_supplier(line.status):
        at, by = at_work(told.answer_on), stage.certifier(contract)
        said = LineContent.model_validate(content(told.figure, told.story))
        await filing.save_line(conn, line.line_id, said, by=by, at=at)
        await _submit(stage, filed.return_id, conn, by=by, at=at)


async def restate(stage: Stage, contract: Contract, told: Restatement, conn: Connection) -> None:
    line = _line(await _find(stage, contract, told.quarter, conn), told.obligation)
    said = LineContent.model_validate({**content(told.figure, line.content.story or ""), "unlikely_reason": _CHECKED})
    if line.status is LineStatus.APPROVED and line.content.figure != said.figure:
        decision = RestatementDecision(content=said, reason=told.reason)
        await restating.restate(conn, line.line_id, decision, by=stage.manager(contract), at=at_work(told.on))


async def ask_to_restate(stage: Stage, contract: Contract, told: Restatement, conn: Connection) -> None:
    line = _line(await _find(stage, contract, told.quarter, conn), told.obligation)
    if not await restatements.requests_on(conn, [line.line_id]):
        said = LineContent.model_validate(content(told.figure, line.content.story or ""))
        wanted = RestatementWanted(content=said, reason=told.reason)
        await restating.request_restatement(conn, line.line_id, wanted, by=stage.certifier(contract), at=at_work(told.on))


async def _submit(stage: Stage, return_id: UUID, conn: Connection, *, by: Caller, at: datetime) -> None:
    """Submit; where figures look unlikely, say that they were checked, as a supplier would."""
    deadlines = Deadlines.of(stage.settings)
    try:
        await filing.submit(conn, return_id, _CERTIFIED, deadlines, by=by, at=at)
    except Invalid as refused:
        if any(error.code != "unlikely" for error in refused.errors):
            raise
        filed = await store.find(conn, return_id)
        for line in filed.lines if filed else ():
            if with_supplier(line.status):
                checked = line.content.model_copy(update={"unlikely_reason": _CHECKED})
                await filing.save_line(conn, line.line_id, checked, by=by, at=at)
        await filing.submit(conn, return_id, _CERTIFIED, deadlines, by=by, at=at)


async def _find(stage: Stage, contract: Contract, quarter: Quarter, conn: Connection) -> QuarterlyReturn:
    """Raises LookupError where the scenario speaks of a return that never opened."""
    for filed in await store.lock_of_contract(conn, stage.contract_id(contract)):
        if filed.quarter == quarter:
            return filed
    raise LookupError(f"{contract.reference} has no return for {quarter}")


def _line(filed: QuarterlyReturn, reference: str) -> Line:
    return next(line for line in filed.lines if line.reference == reference)
