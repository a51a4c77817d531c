"""The clock runs: once a day what was not answered goes to the next level, plans fall due, and what is late grows graver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from services.alerts.actions.notifying import tell_of_lapsed
from services.alerts.actions.telling import Change, save_and_tell
from services.alerts.models.alerts import Alert
from services.alerts.rules import lifecycle
from services.alerts.store import alerts as store
from services.alerts.store import facts as facts_store
from shared.db import Connection
from shared.events.alerts import AlertChanged, AlertEscalated, AlertFact


async def tick(conn: Connection, on: date, at: datetime) -> None:
    """Do what is due by the day ``on``; doing it again changes nothing."""
    contract_ids = await store.contracts_on_the_clock(conn, on=on)
    if not contract_ids:
        return
    await facts_store.lock_contracts(conn, contract_ids)
    to_icb = await store.escalating_to_icb(conn, contract_ids)

    async def step(is_due: Callable[[Alert], bool], becomes: Callable[[Alert], Alert], told_as: type[AlertFact]) -> list[Alert]:
        standing = await store.unresolved(conn, contract_ids)
        return await save_and_tell(conn, [Change(alert, becomes(alert), told_as) for alert in standing if is_due(alert)])

    await step(lambda alert: lifecycle.grows(alert, on=on), lambda alert: lifecycle.grow(alert, at=at), AlertChanged)
    await store.lapse_plans(conn, contract_ids, on=on)
    lapsed = await step(
        lambda alert: lifecycle.lapses(alert, on=on), lambda alert: lifecycle.lapse(alert, on=on, at=at), AlertChanged
    )
    await tell_of_lapsed(conn, lapsed)
    await step(
        lambda alert: alert.escalates_on is not None and alert.escalates_on <= on,
        lambda alert: lifecycle.escalate(alert, to_icb=alert.contract_id in to_icb, on=on, at=at),
        AlertEscalated,
    )
