"""Returns by spreadsheet: download one that is filled already as far as it goes, send it back, and see each cell at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.datastructures import UploadFile

from services.returns.actions import filing, workbooks
from services.returns.actions.finding import WRITERS, find_return
from services.returns.actions.workbooks import NothingDue, TooManyReturns
from services.returns.models.returns import QuarterlyReturn
from services.returns.models.workbooks import LineWanting, WorkbookSaved
from services.returns.pages import words
from services.returns.pages.routing import Writer, acts_as, pages
from services.returns.pages.workbook_faults import kept_in_the_page
from services.returns.rules.lifecycle import with_supplier
from services.returns.rules.workbook import OtherTemplate
from shared.access import Role
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import Invalid, NotFound, ParityError
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, blank, typed_in, uploads
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.spreadsheets import CannotRead, Fault, HasMacros, Locked, NotASpreadsheet, SpreadsheetTooLarge, faults
from shared.words import counted

_SAID: Mapping[type[ParityError], str] = {
    NotASpreadsheet: "The selected file must be an XLSX workbook",
    Locked: "The selected file is password protected",
    HasMacros: "The selected file contains macros: save it as an XLSX workbook without them",
    SpreadsheetTooLarge: "The selected file holds far more than the template: download the workbook again and fill that",
    OtherTemplate: "The selected file must use the template: download the workbook on this page and fill that",
}
_LONGEST_REASON = 4000


@pages.router.get("/workbook")
async def show_due(request: Request, tx: Tx, now: Now, visitor: Writer) -> Response:
    """Everything that is due, by spreadsheet."""
    return await _page(request, tx, visitor, None, now, form=blank())


@pages.router.get("/{return_id:uuid}/workbook")
async def show_one(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Writer) -> Response:
    return await _page(request, tx, visitor, await _to_fill(tx, return_id, visitor), now, form=blank())


@pages.router.get("/workbook/download")
async def download_due(
    request: Request, tx: Tx, now: Now, visitor: Writer, supplier: Annotated[str, Query(max_length=36)] = ""
) -> Response:
    """``supplier``: for a contract manager, the id of one with returns due; empty for all."""
    only = None
    if supplier:
        only = next((one for one, _ in await workbooks.suppliers_due(tx, by=visitor.caller) if str(one) == supplier), None)
        if only is None:
            raise NotFound
    try:
        content = await workbooks.write_due(tx, supplier_id=only, by=visitor.caller, at=now)
    except (NothingDue, TooManyReturns) as error:
        raise Again(await _page(request, tx, visitor, None, now, form=blank().wrong(error.detail))) from None
    return downloads.file(content, "returns-due", "xlsx")


@pages.router.get("/{return_id:uuid}/workbook/download")
async def download_one(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Writer) -> Response:
    filed = await _to_fill(tx, return_id, visitor)
    try:
        content = await workbooks.write_one(tx, return_id, by=visitor.caller)
    except NothingDue as error:
        raise Again(await _page(request, tx, visitor, filed, now, form=blank().wrong(error.detail))) from None
    return downloads.file(content, f"return-{filed.contract.reference}-{filed.quarter.code}", "xlsx")


@pages.router.post("/workbook")
async def upload_due(request: Request, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    saved = await _save(request, tx, visitor, None, now, form)
    return redirect(_Uploaded(None, saved.supplier_id).path(saved=saved.saved, unchanged=saved.unchanged))


@pages.router.post("/{return_id:uuid}/workbook")
async def upload_one(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    filed = await _to_fill(tx, return_id, visitor)
    saved = await _save(request, tx, visitor, filed, now, form)
    return redirect(_Uploaded(filed).path(saved=saved.saved, unchanged=saved.unchanged))


@dataclass(frozen=True)
class _Uploaded:
    """Of what a workbook was: of one return, or of what is due from a supplier (None: from several)."""

    filed: QuarterlyReturn | None
    supplier_id: UUID | None = None

    def path(self, **asking: int) -> str:
        """Where it is said what became of it."""
        of = asking if self.supplier_id is None else {**asking, "supplier": self.supplier_id}
        path = link("returns", "/workbook/saved" if self.filed is None else f"/{self.filed.return_id}/workbook/saved")
        return f"{path}?{urlencode(of)}" if of else path


_Counted = Annotated[int, Query(ge=0, le=100_000)]


@pages.router.get("/workbook/saved")
async def show_saved(
    request: Request,
    tx: Tx,
    now: Now,
    visitor: Writer,
    saved: _Counted = 0,
    unchanged: _Counted = 0,
    supplier: UUID | None = None,
) -> Response:
    uploaded = _Uploaded(None, supplier)
    return await _saved_page(request, tx, visitor, uploaded, now, form=blank(), saved=saved, unchanged=unchanged)


@pages.router.get("/{return_id:uuid}/workbook/saved")
async def show_saved_one(
    request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Writer, saved: _Counted = 0, unchanged: _Counted = 0
) -> Response:
    uploaded = _Uploaded(await _to_fill(tx, return_id, visitor))
    return await _saved_page(request, tx, visitor, uploaded, now, form=blank(), saved=saved, unchanged=unchanged)


@pages.router.post("/workbook/saved")
async def save_reasons(request: Request, tx: Tx, now: Now, visitor: Writer, form: Form, supplier: UUID | None = None) -> Response:
    uploaded = _Uploaded(None, supplier)
    await _save_reasons(request, tx, visitor, uploaded, now, form)
    return redirect(uploaded.path())


@pages.router.post("/{return_id:uuid}/workbook/saved")
async def save_reasons_of_one(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Writer, form: Form) -> Response:
    uploaded = _Uploaded(await _to_fill(tx, return_id, visitor))
    await _save_reasons(request, tx, visitor, uploaded, now, form)
    return redirect(uploaded.path())


async def _to_fill(conn: Connection, return_id: UUID, visitor: Visitor) -> QuarterlyReturn:
    """Raises NotFound where the visitor may not type on the return."""
    filed = await find_return(conn, return_id, visitor.caller)
    if not await acts_as(conn, visitor, filed.contract_id, WRITERS):
        raise NotFound
    return filed


async def _save(
    request: Request, conn: Connection, visitor: Visitor, filed: QuarterlyReturn | None, now: datetime, form: Form
) -> WorkbookSaved:
    """Raises Again with what is wrong with the file, or with its cells; then nothing was saved."""
    bound: Bound[Any] = Bound({})
    chosen = uploads(form, "file")
    if not chosen:
        raise Again(await _page(request, conn, visitor, filed, now, form=bound.wrong("Select a workbook", name="file")))
    content, largest = await _read(chosen[0], request)
    wrong = "The selected file is empty" if not content else None
    if len(content) > largest:
        wrong = f"The selected file must be smaller than {words.size(largest)}"
    if wrong:
        raise Again(await _page(request, conn, visitor, filed, now, form=bound.wrong(wrong, name="file")))
    return_id = filed.return_id if filed else None
    try:
        return await workbooks.save_workbook(conn, content, by=visitor.caller, at=now, return_id=return_id)
    except CannotRead as error:
        cells = faults(error.errors)
        listed = kept_in_the_page(error.errors)
        number = counted(sum(len(fault.cells) for fault in cells), "cell")
        bound = bound.wrong(f"Nothing was saved. Correct {number} in the workbook, then upload it again", name="faults")
        raise Again(await _page(request, conn, visitor, filed, now, form=bound, faults=cells, list_href=listed)) from None
    except ParityError as error:
        bound = bound.wrong(_SAID.get(type(error), error.detail), name="file")
        raise Again(await _page(request, conn, visitor, filed, now, form=bound)) from None


async def _read(file: UploadFile, request: Request) -> tuple[bytes, int]:
    largest: int = request.app.state.runtime.settings.upload_max_bytes
    return await file.read(largest + 1), largest


async def _save_reasons(
    request: Request, conn: Connection, visitor: Visitor, uploaded: _Uploaded, now: datetime, form: Form
) -> None:
    """Save why unlikely figures are right, as far as it was said. Raises Again where it was not said at all."""
    bound: Bound[Any] = Bound(typed_in(form))
    wanting = await _wanting(conn, visitor, uploaded, now)
    said = 0
    for one in wanting:
        name = f"reason-{one.line.line_id}"
        reason = bound.text(name).strip()
        if one.unlikely is None or not reason:
            continue
        said += 1
        if len(reason) > _LONGEST_REASON:
            bound = bound.wrong(f"{one.line.reference}: reason must be 4,000 characters or fewer", name=name)
            continue
        if bound.text(f"version-{one.line.line_id}") != str(one.line.version):
            changed = f"{one.line.reference} has changed since you opened this page: look at the figure, then save again"
            bound = bound.wrong(changed, name=name)
            continue
        content = one.line.content.model_copy(update={"unlikely_reason": reason})
        try:
            await filing.save_line(conn, one.line.line_id, content, by=visitor.caller, at=now, version=one.line.version)
        except Invalid as error:
            bound = bound.wrong(error.errors[0].detail if error.errors else error.detail, name=name)
        except ParityError as error:
            bound = bound.wrong(error.detail, name=name)
    if not said:
        first = next((one.line.line_id for one in wanting if one.unlikely), None)
        bound = bound.wrong("Enter why a figure is right, or correct it on its line", name=f"reason-{first}" if first else "")
    if bound.errors:
        raise Again(await _saved_page(request, conn, visitor, uploaded, now, form=bound))


async def _wanting(conn: Connection, visitor: Visitor, uploaded: _Uploaded, now: datetime) -> list[LineWanting]:
    return_id = uploaded.filed.return_id if uploaded.filed is not None else None
    return await workbooks.still_wanting(conn, by=visitor.caller, at=now, return_id=return_id, supplier_id=uploaded.supplier_id)


async def _page(
    request: Request,
    conn: Connection,
    visitor: Visitor,
    filed: QuarterlyReturn | None,
    now: datetime,
    *,
    form: Bound[Any],
    faults: Sequence[Fault] = (),
    list_href: str = "",
) -> Response:
    suppliers = []
    if filed is None:
        suppliers = await workbooks.suppliers_due(conn, by=visitor.caller)
        waits = await workbooks.anything_due(conn, by=visitor.caller)
    else:
        waits = any(with_supplier(line.status) for line in filed.lines)
    return pages.show(
        request,
        "workbook.jinja",
        status=422 if form.errors else 200,
        filed=filed,
        of_all="" if filed is None else f"/{filed.return_id}",
        waits=waits,
        suppliers=[{"value": one, "text": name} for one, name in suppliers],
        on_behalf=visitor.has(Role.CONTRACT_MANAGER),
        largest=words.size(request.app.state.runtime.settings.upload_max_bytes),
        form=form,
        faults=faults,
        list_href=list_href,
        words=words,
        now=now,
    )


async def _saved_page(
    request: Request,
    conn: Connection,
    visitor: Visitor,
    uploaded: _Uploaded,
    now: datetime,
    *,
    form: Bound[Any],
    saved: int = 0,
    unchanged: int = 0,
) -> Response:
    wanting = await _wanting(conn, visitor, uploaded, now)
    filed = uploaded.filed
    return pages.show(
        request,
        "workbook_saved.jinja",
        status=422 if form.errors else 200,
        filed=filed,
        of_all="" if filed is None else f"/{filed.return_id}",
        action=uploaded.path(),
        saved=saved,
        unchanged=unchanged,
        unlikely=[one for one in wanting if one.unlikely],
        others=[one for one in wanting if not one.unlikely],
        form=form,
        words=words,
        now=now,
    )
