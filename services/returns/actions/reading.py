"""Reading a return with everything that stands behind it, as the caller may see it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.returns.actions.finding import find_line, find_return
from services.returns.models.returns import Line, LineVersion, QuarterlyReturn, RestatementAsked, RestatementRequest
from services.returns.models.views import LineAtWork, LineView, ReturnView
from services.returns.rules.figures import assess, months_run
from services.returns.rules.lifecycle import overdue
from services.returns.rules.standing import wording_of
from services.returns.store import activities, contracts, evidence, lines, restatements
from shared import history
from shared.access import Caller
from shared.db import Connection
from shared.errors import NotFound
from shared.quarters import local_date
from shared.viewer import Viewer


async def read_return(conn: Connection, return_id: UUID, *, by: Caller, at: datetime) -> ReturnView:
    """Raises NotFound."""
    return await view_of(conn, await find_return(conn, return_id, by), by=by, at=at)


async def read_line(conn: Connection, line_id: UUID, *, by: Caller) -> LineView:
    """Raises NotFound."""
    filed, line = await find_line(conn, line_id, by)
    return (await _lines(conn, filed, [line], by))[0]


async def read_at_work(conn: Connection, line_id: UUID, *, by: Caller) -> LineAtWork:
    """A line with its return and what came before. Raises NotFound."""
    filed, line = await find_line(conn, line_id, by)
    fact = await contracts.contract(conn, filed.contract_id)
    quarter = line.quarter
    return LineAtWork(
        filed=filed,
        line=(await _lines(conn, filed, [line], by))[0],
        wording=wording_of(fact, line) if fact is not None else "",
        earlier=tuple(await lines.earlier(conn, line.obligation_id, quarter)),
        noted=tuple(
            await activities.of_obligation(conn, line.obligation_id, first_day=quarter.first_day, last_day=quarter.last_day)
        ),
    )


async def line_versions(conn: Connection, line_id: UUID, *, by: Caller) -> list[LineVersion]:
    """Every version of a line, of one's own contracts only. Raises NotFound."""
    _, line = await find_line(conn, line_id, by)
    if await contracts.sees(conn, Viewer.of(by), line.contract_id):
        return await lines.versions(conn, line_id)
    return [version for version in await lines.versions(conn, line_id) if version.version == line.version]


async def restatement_request(conn: Connection, request_id: UUID, *, by: Caller) -> RestatementRequest:
    """Of one's own contracts only. Raises NotFound."""
    found = await restatements.request(conn, request_id)
    if found is None or not await contracts.sees(conn, Viewer.of(by), found.contract_id):
        raise NotFound
    return found


async def restatement_asked(conn: Connection, asked_id: UUID, *, by: Caller) -> RestatementAsked:
    """Of one's own contracts only. Raises NotFound."""
    found = await restatements.asked(conn, asked_id)
    if found is None or not await contracts.sees(conn, Viewer.of(by), found.contract_id):
        raise NotFound
    return found


async def history_of(conn: Connection, return_id: UUID, *, by: Caller) -> list[history.Entry]:
    """Everything that was done to a return and its lines. Raises NotFound."""
    await find_return(conn, return_id, by)
    return await history.of(conn, return_id, *await lines.ids_on(conn, return_id))


async def history_of_line(conn: Connection, line_id: UUID, *, by: Caller) -> list[history.Entry]:
    """Everything that was done to a line by itself. Raises NotFound."""
    await find_line(conn, line_id, by)
    return await history.of(conn, line_id)


async def restatements_of(conn: Connection, line: Line) -> list[tuple[LineVersion, LineVersion, str]]:
    """Every change of a line since it was approved, the earliest first: before, after and the reason.

    For whoever may see the line, the ICB too: both versions were approved.
    """
    done = [entry for entry in await history.of(conn, line.line_id) if entry.action == "restated"]
    reasons = {entry.detail["version"]: str(entry.detail["reason"]) for entry in done}
    versions = await lines.versions(conn, line.line_id) if reasons else []
    return [(before, after, reasons[after.version]) for before, after in pairwise(versions) if after.version in reasons]


async def view_of(conn: Connection, filed: QuarterlyReturn, *, by: Caller, at: datetime) -> ReturnView:
    shown = {name: getattr(filed, name) for name in QuarterlyReturn.model_fields if name != "lines"}
    return ReturnView(**shown, overdue=overdue(filed, local_date(at)), lines=tuple(await _lines(conn, filed, filed.lines, by)))


async def _lines(conn: Connection, filed: QuarterlyReturn, shown: list[Line] | tuple[Line, ...], by: Caller) -> list[LineView]:
    line_ids = [line.line_id for line in shown]
    before = await lines.figures_before(conn, [line.obligation_id for line in shown], filed.quarter)
    files = await evidence.of_lines(conn, line_ids)
    done = {one.activity_id: one for one in await activities.by_ids(conn, [one for line in shown for one in line.filled_from])}
    # What is asked for and not granted is between the supplier and the buyer.
    own = await contracts.sees(conn, Viewer.of(by), filed.contract_id)
    requests = await restatements.requests_on(conn, line_ids) if own else []
    asked = await restatements.asked_on(conn, line_ids) if own else []
    ran = months_run(filed.contract, filed.quarter)
    views = []
    for line in shown:
        assessed = assess(line.content, line.terms, ran, before[line.obligation_id])
        views.append(
            LineView(
                **{name: getattr(line, name) for name in Line.model_fields},
                counts=assessed.figure,
                looks_unlikely=assessed.unlikely,
                missing=assessed.errors,
                evidence=tuple(files[line.line_id]),
                activities=tuple(done[one] for one in line.filled_from),
                restatement_requests=tuple(request for request in requests if request.line_id == line.line_id),
                restatements_asked=tuple(one for one in asked if one.line_id == line.line_id),
            )
        )
    return views
