"""Whether a return waits for nothing but a certifier: kept as its lines and files are saved, so that a list need not ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.returns.actions.finding import lock_return
from services.returns.actions.notifying import READY, tell_certifiers
from services.returns.actions.remembering import remember
from services.returns.models.returns import QuarterlyReturn
from services.returns.models.workbooks import LineWanting
from services.returns.rules.figures import assess, is_typed, months_run
from services.returns.rules.lifecycle import NothingToSubmit, with_supplier
from services.returns.rules.reviewing import NotComplete, errors_on
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

    Raises NotFound, NothingToSubmit, NotComplete with a pointer per error.
    """
    filed = await lock_return(conn, return_id, by, acting_as=SUPPLIER)
    if not any(with_supplier(line.status) for line in filed.lines):
        raise NothingToSubmit
    errors = [error for one in await wanting(conn, [filed]) for error in errors_on(filed, one.line, one.wanting)]
    if errors:
        raise NotComplete(errors=errors)
    if await certifiers_told(conn, filed) is None:
        await remember(conn, filed, _TOLD, by=by.person_id, at=at)
        await tell_certifiers(conn, filed, READY, filed.version, at=at)


async def certifiers_told(conn: Connection, filed: QuarterlyReturn) -> history.Entry | None:
    """Who told the certifiers of this version of the return, and when."""
    done = await history.of(conn, filed.return_id)
    return next((one for one in done if one.action == _TOLD and one.detail["version"] == filed.version), None)


async def wanting(conn: Connection, waiting: Sequence[QuarterlyReturn]) -> list[LineWanting]:
    """Their lines with the supplier that need more before they can be submitted, by quarter."""
    found = []
    for quarter in sorted({filed.quarter for filed in waiting}):
        to_fill = [
            (filed, line) for filed in waiting if filed.quarter == quarter for line in filed.lines if with_supplier(line.status)
        ]
        typed = [line.obligation_id for _, line in to_fill if is_typed(line.content)]
        before = await lines.figures_before(conn, typed, quarter) if typed else {}
        for filed, line in to_fill:
            ran = months_run(filed.contract, quarter)
            assessed = assess(line.content, line.terms, ran, before.get(line.obligation_id, ()))
            if assessed.errors:
                found.append(LineWanting(filed, line, assessed.errors))
    return found


async def _complete(conn: Connection, filed: QuarterlyReturn) -> bool:
    """Whether every line that is with the supplier could be submitted, and one is."""
    return any(with_supplier(line.status) for line in filed.lines) and not await wanting(conn, [filed])


async def _answered(conn: Connection, filed: QuarterlyReturn) -> bool:
    """Whether every line that was sent back was changed since."""
    sent_back = {line.line_id for line in filed.lines if line.status is LineStatus.CHANGES_REQUESTED}
    return not sent_back or sent_back <= await lines.answered(conn, filed.return_id)
