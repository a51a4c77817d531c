"""Who is told of an alert by mail: references and classes only, never what somebody wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.alerts.models.alerts import Alert, Parties
from services.alerts.store import alerts as store
from shared.access import SUPPLIER, Role
from shared.db import Connection
from shared.identity.people import ANYWHERE
from shared.notifications import TEMPLATES, Template, notify, notify_roles
from shared.ratings import EscalationLevel
from shared.ratings.severity import GROWS_WITH_TIME

RAISED, ESCALATED = "alert-raised", "alert-escalated"
PLAN_PROPOSED, PLAN_AGREED, PLAN_DECLINED, PLAN_LAPSED = (
    f"recovery-plan-{step}" for step in ("proposed", "agreed", "declined", "lapsed")
)
DISPUTED, DISPUTE_ANSWERED = "alert-disputed", "dispute-answered"

_ABOUT = "{reference} {title}, {quarter}"
_WORDS = {
    RAISED: ("Alert", "There is an alert of {severity} severity ({kind}) about"),
    ESCALATED: (
        "Alert escalated",
        "Not dealt with in time, and so coming to you: the alert of {severity} severity ({kind}) about",
    ),
    PLAN_PROPOSED: ("Recovery plan proposed", "The supplier proposes a recovery plan for the alert ({kind}) about"),
    PLAN_AGREED: ("Recovery plan agreed", "A recovery plan is agreed for the alert ({kind}) about"),
    PLAN_DECLINED: ("Recovery plan declined", "The recovery plan is declined, with a reason, for the alert ({kind}) about"),
    PLAN_LAPSED: ("Recovery plan over", "The recovery plan's date has passed, and there still stands the alert ({kind}) about"),
    DISPUTED: ("Alert disputed", "The supplier disputes, with a reason, the alert ({kind}) about"),
    DISPUTE_ANSWERED: ("Dispute answered", "There is an answer to the dispute of the alert ({kind}) about"),
}
TEMPLATES |= {
    template: Template(f"{subject}: {_ABOUT}", f"Dear {{name}},\n\n{words} {_ABOUT}.\n")
    for template, (subject, words) in _WORDS.items()
}


async def tell_of_raised(conn: Connection, alerts: Sequence[Alert]) -> None:
    """Both parties, of each version once. Of what is late the returns service tells them itself."""
    told = [alert for alert in alerts if alert.kind not in GROWS_WITH_TIME]
    parties = await store.parties(conn, told)
    for alert in told:
        await _tell_buyer(conn, alert, parties[alert.alert_id], RAISED, alert.version, at=alert.changed_at)
        await _tell_supplier(conn, alert, parties[alert.alert_id], RAISED, alert.version, at=alert.changed_at)


async def tell_next_level(conn: Connection, alerts: Sequence[Alert]) -> None:
    """The person of the level; where nobody is named, the buyer's contract managers hear that the clock has moved on."""
    parties = await store.parties(conn, alerts)
    for alert in alerts:
        known = parties[alert.alert_id]
        person = {
            EscalationLevel.ACCOUNTABLE_OWNER: known.owner_id,
            EscalationLevel.EXECUTIVE: known.executive_id,
        }.get(alert.level)
        if alert.level is EscalationLevel.ICB:
            await _tell(conn, alert, known, [ANYWHERE], (Role.ICB_ANALYST,), ESCALATED, alert.version, at=alert.changed_at)
        elif person is not None:
            key, data = _key(alert, ESCALATED, alert.version), _data(alert, known)
            await notify(conn, at=alert.changed_at, key=key, person_ids=[person], template=ESCALATED, data=data)
        else:
            await _tell_buyer(conn, alert, known, ESCALATED, alert.version, at=alert.changed_at)


async def tell_of_lapsed(conn: Connection, alerts: Sequence[Alert]) -> None:
    parties = await store.parties(conn, alerts)
    for alert in alerts:
        await _tell_buyer(conn, alert, parties[alert.alert_id], PLAN_LAPSED, alert.version, at=alert.changed_at)
        await _tell_supplier(conn, alert, parties[alert.alert_id], PLAN_LAPSED, alert.version, at=alert.changed_at)


async def tell_buyer(conn: Connection, alert: Alert, template: str, occasion: UUID, *, at: datetime) -> None:
    """``occasion``: the plan or dispute."""
    await _tell_buyer(conn, alert, (await store.parties(conn, [alert]))[alert.alert_id], template, occasion, at=at)


async def tell_supplier(conn: Connection, alert: Alert, template: str, occasion: UUID, *, at: datetime) -> None:
    """``occasion``: the plan or dispute."""
    await _tell_supplier(conn, alert, (await store.parties(conn, [alert]))[alert.alert_id], template, occasion, at=at)


async def _tell_buyer(conn: Connection, alert: Alert, known: Parties, template: str, occasion: object, *, at: datetime) -> None:
    await _tell(conn, alert, known, known.buyer_ids, (Role.CONTRACT_MANAGER,), template, occasion, at=at)


async def _tell_supplier(
    conn: Connection, alert: Alert, known: Parties, template: str, occasion: object, *, at: datetime
) -> None:
    await _tell(conn, alert, known, known.supplier_ids, SUPPLIER, template, occasion, at=at)


async def _tell(
    conn: Connection,
    alert: Alert,
    known: Parties,
    organisation_ids: Collection[UUID],
    roles: Sequence[Role],
    template: str,
    occasion: object,
    *,
    at: datetime,
) -> None:
    await notify_roles(
        conn,
        at=at,
        key=f"{_key(alert, template, occasion)}/{roles[0]}",
        organisation_ids=organisation_ids,
        roles=roles,
        template=template,
        data=_data(alert, known),
    )


def _key(alert: Alert, template: str, occasion: object) -> str:
    return f"{template}/{alert.alert_id}/{occasion}"


def _data(alert: Alert, known: Parties) -> dict[str, str]:
    return {
        "reference": known.reference,
        "title": known.title,
        "quarter": str(alert.quarter),
        "kind": alert.kind.replace("_", " "),
        "severity": alert.severity,
    }
