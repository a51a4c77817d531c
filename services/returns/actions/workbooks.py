"""Returns as workbooks: everything that waits for a supplier, or one return; saved all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from services.returns.actions.finding import REVIEWER, WRITERS, find_return, line_in, lock_return
from services.returns.actions.readiness import look_again, wanting
from services.returns.actions.remembering import remember
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.models.views import ReturnSummary
from services.returns.models.workbooks import Cells, LineWanting, WorkbookSaved
from services.returns.rules.figures import assess, months_run, problems_in, still_filled_from
from services.returns.rules.lifecycle import Move, NotWithSupplier, moved, with_supplier
from services.returns.rules.workbook import LineRow, content_of, read_workbook, write_workbook
from services.returns.store import contracts, lines, returns
from shared.access import Caller
from shared.db import Connection
from shared.errors import Conflict, FieldError, NotFound, TooLarge
from shared.quarters import local_date
from shared.spreadsheets import CannotRead
from shared.viewer import Viewer

MOST_RETURNS = 200


class TooManyReturns(TooLarge):
    """More than 200 returns are due. Download them one by one, or for one supplier."""


class NothingDue(Conflict):
    """Nothing waits for the supplier here."""


async def write_due(conn: Connection, *, supplier_id: UUID | None, by: Caller, at: datetime) -> bytes:
    """A workbook of every return that waits for the supplier, of those that the caller may fill. Raises NothingDue."""
    due = await _due(conn, supplier_id, by, at, limit=MOST_RETURNS + 1)
    if not due:
        raise NothingDue
    if len(due) > MOST_RETURNS:
        raise TooManyReturns
    return await _write(conn, await returns.find_all(conn, [summary.return_id for summary in due]))


async def anything_due(conn: Connection, *, by: Caller) -> bool:
    """Whether ``write_due`` has anything to write."""
    return await returns.any_with_supplier(conn, Viewer.of(by, acting_as=WRITERS))


async def suppliers_due(conn: Connection, *, by: Caller) -> list[tuple[UUID, str]]:
    """Whose returns wait on the contracts of a buyer whom the caller acts for: id and name, by name."""
    viewer = Viewer.of(by, acting_as=REVIEWER)
    return await returns.suppliers_due(conn, viewer.organisation_id) if viewer.as_buyer else []


async def _due(
    conn: Connection, supplier_id: UUID | None, by: Caller, at: datetime, *, begun: bool = False, limit: int
) -> list[ReturnSummary]:
    wanted = returns.Wanted(supplier_id=supplier_id, with_supplier=True, begun=begun)
    return await returns.page(conn, Viewer.of(by, acting_as=WRITERS), wanted, today=local_date(at), after=None, limit=limit)


async def write_one(conn: Connection, return_id: UUID, *, by: Caller) -> bytes:
    """A workbook of one return. Raises NotFound, NothingDue."""
    filed = await find_return(conn, return_id, by)
    if not any(with_supplier(line.status) for line in filed.lines):
        raise NothingDue
    return await _write(conn, [filed])


async def save_workbook(
    conn: Connection, content: bytes, *, by: Caller, at: datetime, return_id: UUID | None = None
) -> WorkbookSaved:
    """Save every line of a workbook as a draft, or none. ``return_id``: the only return that it may speak of.

    A line that has changed since the workbook was written is refused, unless the workbook says what stands already.
    Raises Unsupported, SpreadsheetTooLarge, and Invalid whose errors name sheet and cell.
    """
    rows = await asyncio.to_thread(read_workbook, content)
    errors: list[FieldError] = []
    warnings: list[FieldError] = []
    saved, unchanged = 0, 0
    suppliers: set[UUID] | None = None
    for filed, of_return in await _locked(conn, rows, return_id, errors, by=by):
        of_one = {supplier.organisation_id for supplier in filed.contract.suppliers}
        suppliers = of_one if suppliers is None else suppliers & of_one
        before = await lines.figures_before(conn, [line.obligation_id for line in filed.lines], filed.quarter)
        changed = []
        for row, line in of_return:
            after, cells, wrong = _changed(row, line, by=by, at=at)
            errors += wrong
            if after is None:
                continue
            if after.version == line.version:
                unchanged += 1
            else:
                changed.append(after)
            assessed = assess(after.content, after.terms, months_run(filed.contract, filed.quarter), before[line.obligation_id])
            warnings += _named(assessed.errors, cells)
        if changed and not errors:
            filed = filed.changed(changed)
            await returns.save(conn, [filed], lines_changed=changed)
            for after in changed:
                await remember(conn, after, "saved", by=by.person_id, at=at, workbook=True)
            await look_again(conn, filed)
        saved += len(changed)
    if errors:
        raise CannotRead(errors=errors)
    supplier_id = min(suppliers) if suppliers else None
    return WorkbookSaved(saved=saved, unchanged=unchanged, warnings=tuple(warnings), supplier_id=supplier_id)


async def still_wanting(
    conn: Connection, *, by: Caller, at: datetime, return_id: UUID | None = None, supplier_id: UUID | None = None
) -> list[LineWanting]:
    """What needs more: of one return, or of those waiting for the supplier (None: for any) that somebody has begun.

    Raises NotFound.
    """
    if return_id is not None:
        waiting = [await find_return(conn, return_id, by)]
    else:
        begun = await _due(conn, supplier_id, by, at, begun=True, limit=MOST_RETURNS)
        waiting = await returns.find_all(conn, [summary.return_id for summary in begun])
    return await wanting(conn, waiting)


async def _write(conn: Connection, filed: Sequence[QuarterlyReturn]) -> bytes:
    facts = await contracts.by_ids(conn, {one.contract_id for one in filed})
    obligation_ids = [line.obligation_id for one in filed for line in one.lines if with_supplier(line.status)]
    earlier = await lines.earlier_of_each(conn, obligation_ids, max(one.quarter for one in filed))
    return await asyncio.to_thread(write_workbook, filed, facts, earlier)


async def _locked(
    conn: Connection, rows: Sequence[LineRow], return_id: UUID | None, errors: list[FieldError], *, by: Caller
) -> list[tuple[QuarterlyReturn, list[tuple[LineRow, Line]]]]:
    """Each return with the lines that the workbook says, locked in one order for everybody."""
    found = []
    by_return = sorted(rows, key=lambda row: row.return_id)
    for one, of_return in groupby(by_return, key=lambda row: row.return_id):
        of_one = list(of_return)
        if return_id is not None and one != return_id:
            errors += (FieldError(row.cell, "This line is of another return", "other-return") for row in of_one)
            continue
        try:
            filed = await lock_return(conn, one, by, acting_as=WRITERS)
        except NotFound:
            errors += (_gone(row) for row in of_one)
            continue
        pairs = []
        for row in of_one:
            try:
                pairs.append((row, line_in(filed, row.line_id)[1]))
            except NotFound:
                errors.append(_gone(row))
        found.append((filed, pairs))
    return found


def _gone(row: LineRow) -> FieldError:
    return FieldError(row.cell, "Nothing is owed here any more: download the workbook again", "not-found")


def _changed(row: LineRow, line: Line, *, by: Caller, at: datetime) -> tuple[Line | None, Cells, list[FieldError]]:
    """The line as the workbook wants it, or as it is where the workbook says the same."""
    content, cells, errors = content_of(row, line.terms)
    if content is None:
        return None, cells, errors
    if content == line.content:
        return line, cells, []
    try:
        status = moved(line.status, Move.SAVE)
    except NotWithSupplier as refused:
        return None, cells, [FieldError(cells.at(""), refused.detail, refused.code)]
    if row.version != line.version:
        stale = "This line has changed since the workbook was written: download it again"
        return None, cells, [FieldError(cells.at(""), stale, "stale")]
    problems = problems_in(content, line.terms)
    if problems:
        return None, cells, _named(problems, cells)
    filled_from = still_filled_from(line, content)
    return line.changed(at=at, by=by.person_id, status=status, content=content, filled_from=filled_from), cells, []


def _named(errors: Sequence[FieldError], cells: Cells) -> list[FieldError]:
    return [FieldError(cells.at(error.pointer), error.detail, error.code) for error in errors]
