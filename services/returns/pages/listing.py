"""Lists of returns: "Your returns" of a supplier, the returns of a contract manager, and those of one contract."""

from __future__ import annotations

from collections.abc import Sequence
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
from shared.api import Now, Tx, decode_cursor, encode_cursor
from shared.db import Connection
from shared.errors import NotFound
from shared.events.returns import ReturnStatus
from shared.origin import link
from shared.pages.forms import blank
from shared.pages.visitors import Visitor
from shared.quarters import local_date
from shared.viewer import Viewer
from shared.words import quarter_name

_PAGE = 25
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


async def _show(
    request: Request, conn: Connection, now: datetime, visitor: Visitor, asked: _Narrowed, *, as_manager: bool
) -> Response:
    filters = _FOR_MANAGERS if as_manager else _FOR_SUPPLIERS
    chosen = asked.show if asked.show in filters else next(iter(filters))
    path = link("returns", "/" if as_manager else "/yours")
    today = local_date(now)
    quarters = [last_ended(today).plus(-back) for back in range(_QUARTERS)]
    of_quarter = next((one for one in quarters if one.code == asked.quarter), None)
    wanted = replace(filters[chosen][1], words=asked.words.replace("\0", "").strip() or None, quarter=of_quarter)
    after = decode_cursor(asked.cursor, date, UUID) if asked.cursor else None
    viewer = Viewer.of(visitor.caller, acting_as=REVIEWER if as_manager else SUPPLIER)
    found = await returns.page(conn, viewer, wanted, today=today, after=after, limit=_PAGE + 1)
    narrowed = {"words": asked.words, "quarter": asked.quarter} if wanted.words or of_quarter else {}
    return pages.show(
        request,
        "returns.jinja",
        as_manager=as_manager,
        path=path,
        filters=[(name, said, _href(path, show=name, **narrowed)) for name, (said, _) in filters.items()],
        chosen=chosen,
        narrowed=bool(narrowed),
        form=blank(words=asked.words, quarter=asked.quarter),
        quarters=[{"value": one.code, "text": quarter_name(one)} for one in quarters],
        asked=[] if as_manager else await restatements.asked_waiting(conn, visitor.caller.organisation_id, limit=_PAGE),
        requests=await restatements.requests_waiting(conn, visitor.caller.organisation_id, limit=_PAGE) if as_manager else [],
        returns=found[:_PAGE],
        next=_href(path, show=chosen, **narrowed, cursor=_cursor(found)) if len(found) > _PAGE else "",
        now=now,
    )


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
    viewer = Viewer.of(visitor.caller)
    contract = await contracts.contract(tx, contract_id)
    if contract is None or not await contracts.sees(tx, viewer, contract_id, approved=True):
        raise NotFound
    after = decode_cursor(cursor, date, UUID) if cursor else None
    wanted = Wanted(contract_id=contract_id)
    found = await returns.page(tx, viewer, wanted, today=local_date(now), after=after, limit=_PAGE + 1)
    return pages.show(
        request,
        "contract_returns.jinja",
        contract=contract,
        returns=found[:_PAGE],
        next=link("returns", f"/contracts/{contract_id}?cursor={_cursor(found)}") if len(found) > _PAGE else "",
        now=now,
    )


def _cursor(found: Sequence[ReturnSummary]) -> str:
    """Of the last return on a full page."""
    last = found[_PAGE - 1]
    return encode_cursor(last.due_on, last.return_id)


def _href(path: str, **wanted: str) -> str:
    return f"{path}?{urlencode(wanted)}"
