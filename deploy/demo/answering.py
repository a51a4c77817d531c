"""Acts on alerts, and the closing of quarters. Each is done once, however often it is played."""

from __future__ import annotations

from uuid import UUID

from deploy.demo.scenario import Acknowledgement, Closing, Recovery, at_work
from services.aggregator.actions.publishing import close_quarter
from services.aggregator.store import publications
from services.alerts.actions import working
from services.alerts.models.alerts import Alert
from services.alerts.store import alerts as store
from shared.access import Caller
from shared.db import Connection
from shared.events.alerts import AlertStatus


async def acknowledge(conn: Connection, contract_id: UUID, obligation_id: UUID, told: Acknowledgement, *, by: Caller) -> None:
    for alert in await _open(conn, contract_id, obligation_id):
        if alert.status is AlertStatus.OPEN:
            await working.acknowledge(conn, alert.alert_id, at=at_work(told.on), by=by)


async def agree_recovery(conn: Connection, contract_id: UUID, obligation_id: UUID, told: Recovery, *, by: Caller) -> None:
    for alert in await _open(conn, contract_id, obligation_id):
        if alert.status is not AlertStatus.RECOVERY_AGREED:
            await working.plan_recovery(conn, alert.alert_id, told.plan, told.until, at=at_work(told.on), by=by)


async def close(conn: Connection, told: Closing, *, by: Caller, threshold: int) -> None:
    if await publications.last_publication(conn, told.quarter.first_day) is None:
        await close_quarter(conn, told.quarter, at=at_work(told.on), by=by.person_id, threshold=threshold)


async def _open(conn: Connection, contract_id: UUID, obligation_id: UUID) -> list[Alert]:
    return [alert for alert in await store.unresolved(conn, [contract_id]) if alert.obligation_id == obligation_id]
