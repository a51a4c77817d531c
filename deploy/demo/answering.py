"""Acts on alerts, and the closing of quarters. Each is done once, however often it is played."""

from __future__ import annotations

from deploy.demo.scenario import Acknowledgement, Closing, Contract, Objection, Recovery, at_work
from deploy.demo.stage import Stage
from services.aggregator.actions.publishing import close_quarter
from services.aggregator.store import publications
from services.alerts.actions import working
from services.alerts.models.alerts import Alert
from services.alerts.store import alerts as store
from shared.access import Role
from shared.db import Connection
from shared.events.alerts import AlertStatus


async def acknowledge(stage: Stage, contract: Contract, told: Acknowledgement, conn: Connection) -> None:
    for alert in await _standing(stage, contract, told.obligation, conn):
        if alert.status is AlertStatus.OPEN:
            await working.acknowledge(conn, alert.alert_id, at=at_work(told.on), by=stage.manager(contract))


async def agree_recovery(stage: Stage, contract: Contract, told: Recovery, conn: Connection) -> None:
    for alert in await _standing(stage, contract, told.obligation, conn):
        if alert.status is not AlertStatus.RECOVERY_AGREED:
            at, by = at_work(told.on), stage.manager(contract)
            await working.plan_recovery(conn, alert.alert_id, told.plan, told.until, at=at, by=by)


async def propose_recovery(stage: Stage, contract: Contract, told: Recovery, conn: Connection) -> None:
    for alert in await _standing(stage, contract, told.obligation, conn):
        if not await store.plans_of(conn, alert.alert_id):
            at, by = at_work(told.on), stage.certifier(contract)
            await working.plan_recovery(conn, alert.alert_id, told.plan, told.until, at=at, by=by)


async def object_to(stage: Stage, contract: Contract, told: Objection, conn: Connection) -> None:
    for alert in await _standing(stage, contract, told.obligation, conn):
        if not await store.disputes_of(conn, alert.alert_id):
            await working.dispute(conn, alert.alert_id, told.reason, at=at_work(told.on), by=stage.certifier(contract))


async def close(stage: Stage, told: Closing, conn: Connection) -> None:
    last, at = await publications.last_publication(conn, told.quarter.first_day), at_work(told.on)
    if last is None or last.publication.published_at < at:
        by, threshold = stage.with_role(Role.ICB_ANALYST), stage.settings.small_number_threshold
        await close_quarter(conn, told.quarter, at=at, by=by.person_id, threshold=threshold)


async def _standing(stage: Stage, contract: Contract, reference: str, conn: Connection) -> list[Alert]:
    obligation_id = stage.obligation_id(contract, reference)
    return [one for one in await store.unresolved(conn, [stage.contract_id(contract)]) if one.obligation_id == obligation_id]
