"""One alert: why, its arithmetic, what was said, and what to do next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.alerts.actions.reading import WholeAlert, alert_in_full
from services.alerts.pages.routing import Reader, pages
from services.alerts.pages.timeline import timeline
from services.alerts.rules.advice import what_to_do
from services.alerts.rules.deadlines import clock_sentence
from services.alerts.rules.tables import arithmetic, grounds
from services.alerts.rules.viewing import eyes, is_buyer, is_supplier
from services.alerts.rules.words import about, how_ended, why_raised
from services.alerts.store.worklist import names
from shared.access import Caller, Role
from shared.api import Now, Tx
from shared.db import Connection
from shared.origin import link
from shared.pages.forms import blank
from shared.pages.naming import names_of
from shared.quarters import local_date
from shared.ratings import AlertKind, EscalationLevel

BACK = {"href": link("alerts"), "text": "Back to alerts"}


@pages.router.get("/{alert_id:uuid}")
async def show_alert(request: Request, alert_id: UUID, tx: Tx, now: Now, visitor: Reader) -> Response:
    whole = await alert_in_full(tx, eyes(visitor.caller), alert_id)
    return pages.show(request, "alert.jinja", form=blank(), now=now, **await everything(request, tx, whole, visitor.caller, now))


async def everything(request: Request, conn: Connection, whole: WholeAlert, caller: Caller, now: Now) -> dict[str, Any]:
    """What the page of an alert shows to this caller."""
    alert, seen, on = whole.alert, whole.seen, local_date(now)
    as_buyer, as_supplier = is_buyer(caller, seen.buyer_ids), is_supplier(caller, seen.supplier_ids)
    waiting = {"plan_waits": whole.proposed is not None, "dispute_waits": whole.disputed is not None}
    people = await names_of(request, {entry.person_id for entry in whole.history})
    as_icb = caller.has(Role.ICB_ANALYST)
    about_return = alert.kind in (AlertKind.LATE_RETURN, AlertKind.LATE_REVIEW)
    return {
        **summary(whole),
        "back": BACK,
        "ended": how_ended(alert.ending),
        "arithmetic": arithmetic(whole.rating) if whole.rating else None,
        "grounds": grounds(alert),
        "basis": whole.rating.arithmetic["basis"] if whole.rating else None,
        "clock": clock_sentence(alert, to_icb=seen.escalates_to_icb, on=on),
        "to_do": what_to_do(alert, as_buyer=as_buyer, as_supplier=as_supplier, as_icb=as_icb, **waiting),
        "moments": timeline(whole, people),
        "buyers": await names(conn, seen.buyer_ids),
        "suppliers": await names(conn, seen.supplier_ids),
        "as_buyer": as_buyer and not alert.resolved,
        "as_supplier": as_supplier and not alert.resolved,
        "may_note": as_icb and alert.level is EscalationLevel.ICB and not alert.resolved,
        "shows_contract": as_buyer or as_supplier or seen.shared_with_icb,
        "return_href": link("returns", f"/{alert.subject_id}") if about_return and (as_buyer or as_supplier) else "",
    }


def summary(whole: WholeAlert) -> dict[str, Any]:
    """What an alert is, at the top of each of its pages."""
    seen = whole.seen
    return {
        "whole": whole,
        "alert": whole.alert,
        "about": about(whole.alert.kind, whole.alert.quarter, seen.obligation_reference, seen.label),
        "why": why_raised(whole.alert, whole.rating),
        "here_href": link("alerts", f"/{whole.alert.alert_id}"),
    }
