"""Obligations by spreadsheet: download the template of a contract, fill it, upload it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from services.commitments.actions import obligation_tables as actions
from services.commitments.actions.contracts import read_contract
from services.commitments.models.contracts import Contract
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.obligation_table import Format
from shared.access import Role
from shared.api import Now, Tx
from shared.errors import FieldError, NotFound, ParityError
from shared.identity import people
from shared.obligations import Words
from shared.origin import link
from shared.pages.forms import Bound, FormError, Says, bind, blank, uploads
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor
from shared.quarters import quarters_of

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
_CELL = re.compile(r"(?P<sheet>.+)!(?P<column>[A-Z]+)(?P<row>\d+)")


class _Upload(BaseModel):
    reason: Annotated[Words, Says("Enter why they are recorded now", "Why must have 4,000 characters or fewer")]


@pages.router.get("/contracts/{contract_id:uuid}/obligations/upload")
async def ask_upload(request: Request, contract_id: UUID, tx: Tx, visitor: Manager) -> Response:
    contract = await read_contract(tx, contract_id, by=visitor.caller)
    return _page(request, contract, visitor, blank(reason="As awarded." if not contract.obligations else None))


@pages.router.get("/contracts/{contract_id:uuid}/obligations/template")
async def download_template(contract_id: UUID, tx: Tx, visitor: Manager, format: Annotated[Format, Query()] = "xlsx") -> Response:
    return table_file(await actions.template(tx, contract_id, format, by=visitor.caller), format)


@pages.router.post("/contracts/{contract_id:uuid}/obligations/upload")
async def upload(request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    """Records every row, or none with each cell at fault named."""
    contract = await read_contract(tx, contract_id, by=visitor.caller)
    bound: Bound[_Upload] = bind(_Upload, form)
    files = uploads(form, "file")
    if not files:
        bound = replace(bound, value=None, errors=(FormError("file", "Select the filled spreadsheet"), *bound.errors))
    if bound.value is None:
        raise Again(_page(request, contract, visitor, bound))
    owners = await owners_for(request, visitor)
    content, reason = await files[0].read(), bound.value.reason
    try:
        await actions.import_obligations(tx, contract_id, content, reason, owners=owners, by=visitor.caller, at=now)
    except NotFound:
        raise
    except ParityError as error:
        wrong = bound.wrong(error.detail, name="file")
        raise Again(_page(request, contract, visitor, wrong, cells=by_row(error.errors))) from None
    return redirect(link("commitments", f"/contracts/{contract_id}"))


def _page(
    request: Request,
    contract: Contract,
    visitor: Visitor,
    form: Bound[Any],
    *,
    cells: dict[tuple[str, int], list[tuple[str, str]]] | None = None,
) -> Response:
    """``cells``: column and what to do, by sheet and row. Raises NotFound where the contract is another buyer's."""
    if visitor.caller.organisation_id not in {buyer.organisation_id for buyer in contract.buyers}:
        raise NotFound
    return pages.show(
        request,
        "obligations_upload.jinja",
        status=422 if form.errors else 200,
        caption=f"{contract.reference} {contract.title}",
        quarters=quarters_of(contract.starts_on, contract.ends_on),
        form=form,
        cells=cells or {},
        download=link("commitments", f"/contracts/{contract.contract_id}/obligations/template"),
        back={"href": link("commitments", f"/contracts/{contract.contract_id}"), "text": "Back to the contract"},
    )


def table_file(content: bytes, format: Format) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="obligations.{format}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=_TYPES[format], headers=headers)


async def owners_for(request: Request, visitor: Visitor) -> dict[str, UUID]:
    """The people of the visitor's organisation, by their addresses in lower case."""
    known = await people.with_role(request.app.state.runtime.identity, [visitor.caller.organisation_id], Role.CONTRACT_MANAGER)
    return {person.email.lower(): person.id for person in known}


def by_row(errors: tuple[FieldError, ...]) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """``Obligations!B7`` belongs to row 7 of Obligations, column B; what names no cell stands first."""
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for error in errors:
        cell = _CELL.fullmatch(error.pointer)
        at = (cell["sheet"], int(cell["row"])) if cell else ("", 0)
        found.setdefault(at, []).append((cell["column"] if cell else error.pointer, error.detail))
    return dict(sorted(found.items()))
