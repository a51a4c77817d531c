"""Whether a return waits for nothing but a certifier: kept as its lines and files are saved, so that a list need not ask."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.actions.finding import lock_return
from services.returns.actions.notifying import READY, tell_certifiers
from services.returns.actions.remembering import remember
from services.returns.models.returns import QuarterlyReturn
from services.returns.rules.figures import assess, months_run
from services.returns.rules.lifecycle import NothingToSubmit, with_supplier
from services.returns.rules.reviewing import NotComplete
from services.returns.store import lines, returns
from shared import history
from shared.access import SUPPLIER, Caller
from shared.db import Connection
from shared.events.returns import LineStatus

_TOLD = "certifiers_told"


async def look_again(conn: Connection, filed: QuarterlyReturn) -> QuarterlyReturn:
    """After lines or files of a return were saved; ``filed`` is the return as it was saved."""
    ready = await _complete(conn, filed) and await _answered(conn, filed)
    if ready != filed.ready:
        await returns.mark_ready(conn, filed.return_id, ready)
    return filed.model_copy(update={"ready": ready})


async def ask_certifiers(conn: Connection, return_id: UUID, *, by: Caller, at: datetime) -> None:
    """Tell the supplier's certifiers that a return can be submitted, once for each version of it.

    Raises NotFound, NothingToSubmit, NotComplete.
    """
    filed = await lock_return(conn, return_id, by, acting_as=SUPPLIER)
    if not any(with_supplier(line.status) for line in filed.lines):
        raise NothingToSubmit
    if not await _complete(conn, filed):
        raise NotComplete
    if await certifiers_told(conn, filed) is None:
        await remember(conn, filed, _TOLD, by=by.person_id, at=at)
        await tell_certifiers(conn, filed, READY, filed.version, at=at)


async def certifiers_told(conn: Connection, filed: QuarterlyReturn) -> history.Entry | None:
    """Who told the certifiers of this version of the return, and when."""
    done = await history.of(conn, filed.return_id)
    return next((one for one in done if one.action == _TOLD and one.detail["version"] == filed.version), None)


async def _complete(conn: Connection, filed: QuarterlyReturn) -> bool:
    """Whether every line that is with the supplier could be submitted, and one is."""
    waiting = [line for line in filed.lines if with_supplier(line.status)]
    before = await lines.figures_before(conn, [line.obligation_id for line in waiting], filed.quarter) if waiting else {}
    ran = months_run(filed.contract, filed.quarter)
    return bool(waiting) and not any(assess(line.content, line.terms, ran, before[line.obligation_id]).errors for line in waiting)


async def _answered(conn: Connection, filed: QuarterlyReturn) -> bool:
    """Whether every line that was sent back was changed since."""
    sent_back = {line.line_id for line in filed.lines if line.status is LineStatus.CHANGES_REQUESTED}
    return not sent_back or sent_back <= await lines.answered(conn, filed.return_id)
