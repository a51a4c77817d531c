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
from shared.notifications import TEMPLATES, Notice, Template, notify, notify_all
from shared.ratings import EscalationLevel
from shared.ratings.severity import GROWS_WITH_TIME

RAISED, ESCALATED = "alert-raised", "alert-escalated"
PLAN_PROPOSED, PLAN_AGREED, PLAN_DECLINED, PLAN_LAPSED = (
    f"recovery-plan-{step}" for step in ("proposed", "agreed", "declined", "lapsed")
)
DISPUTED, DISPUTE_ANSWERED = "alert-disputed", "dispute-answered"
NOTED = "alert-noted"

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
    NOTED: ("Note from the ICB", "The ICB left a note, to be read in Parity, on the alert ({kind}) about"),
    DISPUTE_ANSWERED: ("Dispute answered", "There is an answer to the dispute of the alert ({kind}) about"),
}
TEMPLATES |= {
    template: Template(f"{subject}: {_ABOUT}", f"Dear {{name}},\n\n{words} {_ABOUT}.\n")
    for template, (subject, words) in _WORDS.items()
}


async def tell_of_raised(conn: Connection, alerts: Sequence[Alert]) -> None:
    """Both parties, of each version once. Of what is late the returns service tells them itself."""
    await _tell_both(conn, [alert for alert in alerts if alert.kind not in GROWS_WITH_TIME], RAISED)


async def tell_next_level(conn: Connection, alerts: Sequence[Alert]) -> None:
    """The person of the level; where nobody is named, the buyer's contract managers hear that the clock has moved on."""
    parties = await store.parties(conn, alerts)
    notices = []
    for alert in alerts:
        known = parties[alert.alert_id]
        person = {
            EscalationLevel.ACCOUNTABLE_OWNER: known.owner_id,
            EscalationLevel.EXECUTIVE: known.executive_id,
        }.get(alert.level)
        if alert.level is EscalationLevel.ICB:
            notices.append(_notice(alert, known, [ANYWHERE], (Role.ICB_ANALYST,), ESCALATED, alert.version, at=alert.changed_at))
        elif person is not None:
            key, data = _key(alert, ESCALATED, alert.version), _data(alert, known)
            await notify(conn, at=alert.changed_at, key=key, person_ids=[person], template=ESCALATED, data=data)
        else:
            notices.append(_to_buyer(alert, known, ESCALATED, alert.version, at=alert.changed_at))
    await notify_all(conn, notices)


async def tell_of_lapsed(conn: Connection, alerts: Sequence[Alert]) -> None:
    await _tell_both(conn, alerts, PLAN_LAPSED)


async def _tell_both(conn: Connection, alerts: Sequence[Alert], template: str) -> None:
    parties = await store.parties(conn, alerts)
    await notify_all(
        conn,
        [
            to(alert, parties[alert.alert_id], template, alert.version, at=alert.changed_at)
            for alert in alerts
            for to in (_to_buyer, _to_supplier)
        ],
    )


async def tell_buyer(conn: Connection, alert: Alert, template: str, occasion: UUID, *, at: datetime) -> None:
    """``occasion``: the plan, dispute or note."""
    known = (await store.parties(conn, [alert]))[alert.alert_id]
    await notify_all(conn, [_to_buyer(alert, known, template, occasion, at=at)])


async def tell_supplier(conn: Connection, alert: Alert, template: str, occasion: UUID, *, at: datetime) -> None:
    """``occasion``: the plan or dispute."""
    known = (await store.parties(conn, [alert]))[alert.alert_id]
    await notify_all(conn, [_to_supplier(alert, known, template, occasion, at=at)])


def _to_buyer(alert: Alert, known: Parties, template: str, occasion: object, *, at: datetime) -> Notice:
    return _notice(alert, known, known.buyer_ids, (Role.CONTRACT_MANAGER,), template, occasion, at=at)


def _to_supplier(alert: Alert, known: Parties, template: str, occasion: object, *, at: datetime) -> Notice:
    return _notice(alert, known, known.supplier_ids, SUPPLIER, template, occasion, at=at)


def _notice(
    alert: Alert,
    known: Parties,
    organisation_ids: Collection[UUID],
    roles: Sequence[Role],
    template: str,
    occasion: object,
    *,
    at: datetime,
) -> Notice:
    key = f"{_key(alert, template, occasion)}/{roles[0]}"
    return Notice(key, organisation_ids, roles, template, _data(alert, known), at)


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
