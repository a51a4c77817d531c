"""Lists of returns: "Your returns" of a supplier, the returns of a contract manager, and those of one contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.returns.actions.finding import REVIEWER
from services.returns.models.views import ReturnSummary
from services.returns.pages.routing import Party, Reader, Supplier, pages
from services.returns.rules.deadlines import last_ended
from services.returns.store import contracts, restatements, returns
from services.returns.store.returns import Wanted
from shared.access import SUPPLIER, Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import NotFound
from shared.events.commitments import ContractFact
from shared.events.returns import ReturnStatus
from shared.origin import link
from shared.pages import downloads
from shared.pages.downloads import TableForm
from shared.pages.forms import blank
from shared.pages.visitors import Visitor
from shared.quarters import Quarter, local_date
from shared.spreadsheets import Sheet
from shared.viewer import Viewer
from shared.words import label, quarter_name

_PAGE = 25
_HEADINGS = (
    "Contract reference", "Contract", "Quarter", "Status", "Due on", "Submitted on", "Review due on", "To be sent again by",
    "Lines", "Lines with the supplier", "Lines in review", "Lines approved",
)  # fmt: skip
_WIDTHS = {"Contract": 50, "Status": 30}
_QUARTERS = 12

_FOR_SUPPLIERS = {
    "to-do": ("To do", Wanted(with_supplier=True)),
    "in-review": ("In review", Wanted(in_review=True)),
    "approved": ("Approved", Wanted(status=ReturnStatus.APPROVED)),
    "all": ("All", Wanted()),
}
_FOR_MANAGERS = {
    "to-review": ("Waiting for your review", Wanted(in_review=True)),
    "overdue": ("Overdue", Wanted(overdue=True)),
    "open": ("With the supplier", Wanted(with_supplier=True)),
    "approved": ("Approved", Wanted(status=ReturnStatus.APPROVED)),
    "all": ("All", Wanted()),
}


@dataclass(frozen=True)
class _Narrowed:
    """What a list was narrowed to, as it was typed."""

    show: Annotated[str, Query(max_length=20)] = ""
    words: Annotated[str, Query(max_length=200)] = ""
    quarter: Annotated[str, Query(max_length=20)] = ""
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@pages.router.get("/")
async def list_returns(request: Request, tx: Tx, now: Now, visitor: Party, asked: Annotated[_Narrowed, Depends()]) -> Response:
    """What waits for the visitor, the earliest due first. Somebody on both sides looks with the buyer's eyes here."""
    return await _show(request, tx, now, visitor, asked, as_manager=visitor.has(Role.CONTRACT_MANAGER))


@pages.router.get("/yours")
async def list_own_returns(
    request: Request, tx: Tx, now: Now, visitor: Supplier, asked: Annotated[_Narrowed, Depends()]
) -> Response:
    """The same with the supplier's eyes."""
    return await _show(request, tx, now, visitor, asked, as_manager=False)


@pages.router.get("/download")
async def download_returns(
    tx: Tx, now: Now, visitor: Party, asked: Annotated[_Narrowed, Depends()], file: downloads.Taken
) -> Response:
    return await _take(tx, now, visitor, asked, file, as_manager=visitor.has(Role.CONTRACT_MANAGER))


@pages.router.get("/yours/download")
async def download_own_returns(
    tx: Tx, now: Now, visitor: Supplier, asked: Annotated[_Narrowed, Depends()], file: downloads.Taken
) -> Response:
    return await _take(tx, now, visitor, asked, file, as_manager=False)


async def _show(
    request: Request, conn: Connection, now: datetime, visitor: Visitor, asked: _Narrowed, *, as_manager: bool
) -> Response:
    filters = _filters(as_manager)
    path = link("returns", "/" if as_manager else "/yours")
    today = local_date(now)
    chosen, wanted = _wanted(asked, today, as_manager=as_manager)
    after = decode_cursor(asked.cursor, date, UUID) if asked.cursor else None
    found = await returns.page(conn, _viewer(visitor, as_manager=as_manager), wanted, today=today, after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, _place)
    narrowed = {"words": asked.words, "quarter": asked.quarter} if wanted.words or wanted.quarter else {}
    return pages.show(
        request,
        "returns.jinja",
        as_manager=as_manager,
        path=path,
        filters=[(name, said, _href(path, show=name, **narrowed)) for name, (said, _) in filters.items()],
        chosen=chosen,
        narrowed=bool(narrowed),
        form=blank(words=asked.words, quarter=asked.quarter),
        quarters=[{"value": one.code, "text": quarter_name(one)} for one in _quarters(today)],
        asked=[] if as_manager else await restatements.asked_waiting(conn, visitor.caller.organisation_id, limit=_PAGE),
        requests=await restatements.requests_waiting(conn, visitor.caller.organisation_id, limit=_PAGE) if as_manager else [],
        returns=shown,
        next=_href(path, show=chosen, **narrowed, cursor=more) if more else "",
        taken=downloads.offered(path.removesuffix("/"), show=chosen, **narrowed),
        now=now,
    )


async def _take(
    conn: Connection, now: datetime, visitor: Visitor, asked: _Narrowed, form: TableForm, *, as_manager: bool
) -> Response:
    _, wanted = _wanted(asked, local_date(now), as_manager=as_manager)
    return await _file(conn, _viewer(visitor, as_manager=as_manager), wanted, local_date(now), "returns", form)


def _filters(as_manager: bool) -> Mapping[str, tuple[str, Wanted]]:
    return _FOR_MANAGERS if as_manager else _FOR_SUPPLIERS


def _quarters(today: date) -> list[Quarter]:
    """Those that are offered."""
    return [last_ended(today).plus(-back) for back in range(_QUARTERS)]


def _wanted(asked: _Narrowed, today: date, *, as_manager: bool) -> tuple[str, Wanted]:
    """The name of the chosen filter, and all that is asked for; what means nothing narrows nothing."""
    filters = _filters(as_manager)
    chosen = asked.show if asked.show in filters else next(iter(filters))
    quarter = next((one for one in _quarters(today) if one.code == asked.quarter), None)
    return chosen, replace(filters[chosen][1], words=asked.words.replace("\0", "").strip() or None, quarter=quarter)


def _viewer(visitor: Visitor, *, as_manager: bool) -> Viewer:
    return Viewer.of(visitor.caller, acting_as=REVIEWER if as_manager else SUPPLIER)


@pages.router.get("/contracts/{contract_id:uuid}")
async def list_of_contract(
    request: Request,
    contract_id: UUID,
    tx: Tx,
    now: Now,
    visitor: Reader,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """The returns of one contract, quarter by quarter: a tab beside what was promised and how it is going."""
    contract = await _contract(tx, contract_id, visitor)
    after = decode_cursor(cursor, date, UUID) if cursor else None
    viewer, wanted = Viewer.of(visitor.caller), Wanted(contract_id=contract_id)
    found = await returns.page(tx, viewer, wanted, today=local_date(now), after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, _place)
    not_supplying = Viewer.of(visitor.caller, acting_as=(*REVIEWER, Role.ICB_ANALYST))
    bought = await contracts.sees(tx, not_supplying, contract_id, approved=True)
    return pages.show(
        request,
        "contract_returns.jinja",
        contract=contract,
        returns=shown,
        next=link("returns", f"/contracts/{contract_id}?cursor={more}") if more else "",
        taken=downloads.offered(link("returns", f"/contracts/{contract_id}")),
        back={"href": link("commitments", "/contracts" if bought else "/contracts/yours"), "text": "Back to contracts"},
        now=now,
    )


@pages.router.get("/contracts/{contract_id:uuid}/download")
async def download_of_contract(contract_id: UUID, tx: Tx, now: Now, visitor: Reader, file: downloads.Taken) -> Response:
    contract = await _contract(tx, contract_id, visitor)
    viewer, wanted = Viewer.of(visitor.caller), Wanted(contract_id=contract_id)
    return await _file(tx, viewer, wanted, local_date(now), f"{contract.reference}-returns", file)


async def _contract(conn: Connection, contract_id: UUID, visitor: Visitor) -> ContractFact:
    """Raises NotFound for one that the visitor may not see."""
    contract = await contracts.contract(conn, contract_id)
    if contract is None or not await contracts.sees(conn, Viewer.of(visitor.caller), contract_id, approved=True):
        raise NotFound
    return contract


async def _file(conn: Connection, viewer: Viewer, wanted: Wanted, today: date, name: str, form: TableForm) -> Response:
    found: list[ReturnSummary] = await downloads.whole(
        lambda last, limit: returns.page(
            conn, viewer, wanted, today=today, after=(last.due_on, last.return_id) if last else None, limit=limit
        )
    )
    rows = [
        (
            *(one.reference, one.title, str(one.quarter), _status(one), one.due_on),
            *(one.submitted_at and local_date(one.submitted_at), one.review_due_on, one.answer_due_on),
            *(one.lines, one.lines_with_supplier, one.lines_in_review, one.lines_approved),
        )
        for one in found
    ]
    return await downloads.table(Sheet("Returns", _HEADINGS, rows, widths=_WIDTHS), name, form)


def _status(one: ReturnSummary) -> str:
    """As the tags of the list say it."""
    standing = "In review" if one.status is ReturnStatus.SUBMITTED else label(one.status)
    late = "Overdue" if one.overdue else "Review overdue" if one.review_overdue else ""
    return ", ".join([late or standing, "Ready to certify"] if one.ready else [late or standing])


def _place(one: ReturnSummary) -> tuple[date, UUID]:
    return one.due_on, one.return_id


def _href(path: str, **wanted: str) -> str:
    return f"{path}?{urlencode(wanted)}"
