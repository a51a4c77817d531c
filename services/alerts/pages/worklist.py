"""The work list of alerts, with its filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from services.alerts.pages.routing import Reader, pages
from services.alerts.pages.rows import alert_rows
from services.alerts.rules.viewing import buyers_eyes, eyes
from services.alerts.store import worklist as store
from shared.access import SUPPLIER, Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.obligations import Text
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, Says, bind
from shared.pages.visitors import Visitor
from shared.quarters import local_date
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Severity
from shared.spreadsheets import Sheet
from shared.words import label

_ON_A_PAGE = 25
_HEADINGS = (
    "Alert", "Contract reference", "Contract", "Severity", "Status", "To answer", "Level", "Next level on", "Raised on",
)  # fmt: skip
_WIDTHS = {"Alert": 50, "Contract": 50, "Next level on": 36}


class Filters(BaseModel):
    """What stands in the address, chosen by the filters' form or by a link."""

    status: Annotated[AlertStatus | Literal["all"] | None, Says("", "Select a status from the list")] = None
    severity: Annotated[Severity | None, Says("", "Select a severity from the list")] = None
    kind: Annotated[AlertKind | None, Says("", "Select a kind from the list")] = None
    level: Annotated[EscalationLevel | None, Says("", "Select a level from the list")] = None
    contract: Annotated[Text | None, Says("", "Enter no more than 200 characters"), Field(max_length=200)] = None
    contract_id: UUID | None = None
    mine: Literal["yes"] | None = None
    to_answer: Literal["yes"] | None = None
    cursor: str | None = None


@pages.router.get("/")
async def work_list(request: Request, tx: Tx, now: Now, visitor: Reader) -> Response:
    """Alerts that the visitor may see, by escalation time."""
    bound, asked = _asked(request, visitor, now)
    after = decode_cursor(asked.cursor, date, UUID) if asked.cursor else None
    found = await _in_line(tx, visitor, asked, after=after, limit=_ON_A_PAGE + 1)
    shown, more = paged(found, _ON_A_PAGE, lambda one: (one.place, one.seen.alert.alert_id))
    kept = {name: value for name, value in bound.typed.items() if name != "cursor" and value}
    return pages.show(
        request,
        "worklist.jinja",
        form=bound,
        rows=await alert_rows(tx, shown, visitor.caller, local_date(now)),
        next="?" + urlencode(kept | {"cursor": more}, doseq=True) if more else "",
        narrowed=asked != Filters(cursor=asked.cursor),
        taken=downloads.offered(link("alerts", ""), **asked.model_dump(mode="json", exclude={"cursor"})),
        now=now,
        **_around(visitor),
    )


@pages.router.get("/download")
async def download_work_list(request: Request, tx: Tx, now: Now, visitor: Reader, file: downloads.Taken) -> Response:
    _, asked = _asked(request, visitor, now)
    found: list[store.InLine] = await downloads.whole(
        lambda last, limit: _in_line(
            tx, visitor, asked, after=(last.place, last.seen.alert.alert_id) if last else None, limit=limit
        )
    )
    rows = [
        (
            *(row.about, row.contract_reference, row.contract_title, label(row.severity), label(row.status)),
            *(", ".join(row.waits), label(row.level), row.clock, local_date(one.seen.alert.raised_at)),
        )
        for one, row in zip(found, await alert_rows(tx, found, visitor.caller, local_date(now)), strict=True)
    ]
    return await downloads.table(Sheet("Alerts", _HEADINGS, rows, widths=_WIDTHS), "alerts", file)


def _asked(request: Request, visitor: Visitor, now: datetime) -> tuple[Bound[Filters], Filters]:
    bound: Bound[Filters] = bind(Filters, FormData([*request.query_params.multi_items()]))
    if bound.value is None:
        raise pages.again(request, "worklist.jinja", form=bound, rows=[], next="", now=now, **_around(visitor))
    return bound, bound.value


async def _in_line(
    conn: Connection, visitor: Visitor, asked: Filters, *, after: tuple[date, UUID] | None, limit: int
) -> Sequence[store.InLine]:
    return await store.in_line(
        conn,
        buyers_eyes(visitor.caller) if asked.to_answer else eyes(visitor.caller),
        store.WorkFilter(
            status=asked.status if isinstance(asked.status, AlertStatus) else None,
            resolved_too=asked.status == "all",
            kind=asked.kind,
            severity=asked.severity,
            level=asked.level,
            contract_id=asked.contract_id,
            contract=asked.contract,
            of_person=visitor.caller.person_id if asked.mine else None,
            to_answer=asked.to_answer is not None,
        ),
        limit=limit,
        after=after,
    )


def _around(visitor: Visitor) -> dict[str, Any]:
    manages = visitor.has(Role.CONTRACT_MANAGER)
    return {
        "may_own": manages,
        "supplies": visitor.has(*SUPPLIER) and not manages,
        "severities": _choice_of(Severity),
        "kinds": _choice_of(AlertKind),
        "levels": _choice_of(EscalationLevel),
        "statuses": [*_choice_of(AlertStatus), {"value": "all", "text": "Every status"}],
    }


def _choice_of(terms: Iterable[str]) -> list[dict[str, str]]:
    return [{"value": str(term), "text": label(term)} for term in terms]
