"""The work list of alerts, with its filters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
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
from shared.api import Now, Tx, decode_cursor, encode_cursor
from shared.obligations import Text
from shared.pages.forms import Bound, Says, bind
from shared.pages.visitors import Visitor
from shared.quarters import local_date
from shared.ratings import AlertKind, AlertStatus, EscalationLevel, Severity
from shared.words import label

_ON_A_PAGE = 25


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
    bound: Bound[Filters] = bind(Filters, FormData([*request.query_params.multi_items()]))
    if bound.value is None:
        raise pages.again(request, "worklist.jinja", form=bound, rows=[], next="", now=now, **_around(visitor))
    asked = bound.value
    found = await store.in_line(
        tx,
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
        limit=_ON_A_PAGE + 1,
        after=decode_cursor(asked.cursor, date, UUID) if asked.cursor else None,
    )
    more = ""
    if len(found) > _ON_A_PAGE:
        last = found[_ON_A_PAGE - 1]
        kept = {name: value for name, value in bound.typed.items() if name != "cursor" and value}
        more = "?" + urlencode(kept | {"cursor": encode_cursor(last.place, last.seen.alert.alert_id)}, doseq=True)
    return pages.show(
        request,
        "worklist.jinja",
        form=bound,
        rows=await alert_rows(tx, found[:_ON_A_PAGE], visitor.caller, local_date(now)),
        next=more,
        narrowed=asked != Filters(cursor=asked.cursor),
        now=now,
        **_around(visitor),
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
