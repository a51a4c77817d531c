"""A change of alerts is saved, told as an event, and written into the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.alerts.actions.notifying import tell_next_level, tell_of_raised
from services.alerts.models.alerts import Alert
from services.alerts.store import alerts as store
from shared import history
from shared.access import NOBODY
from shared.db import Connection
from shared.events.alerts import AlertChanged, AlertEscalated, AlertFact, AlertRaised, AlertResolved
from shared.ids import new_id
from shared.spine import publish_each


@dataclass(frozen=True, slots=True)
class Change:
    """An alert before (None: there was none) and after; how it is told and who did it, where the facts did not do it."""

    before: Alert | None
    after: Alert
    told_as: type[AlertFact] | None = None
    by: UUID = NOBODY

    @property
    def is_told(self) -> bool:
        return self.before is None or self.before.told() != self.after.told()

    def next_version(self) -> Change:
        return replace(self, after=replace(self.after, version=self.after.version + 1))

    @property
    def event(self) -> type[AlertFact]:
        was_open = self.before is not None and not self.before.resolved
        if self.told_as is not None:
            return self.told_as
        if self.after.resolved:
            return AlertResolved if was_open or self.before is None else AlertChanged
        return AlertChanged if was_open else AlertRaised


async def save_and_tell(conn: Connection, changes: Sequence[Change]) -> list[Alert]:
    """Save what differs; tell what events and letters say of it, in the order in which it became true. Returns what was told."""
    silent = [change.after for change in changes if change.before != change.after and not change.is_told]
    told = [change.next_version() for change in changes if change.is_told]
    told.sort(key=lambda change: (change.after.changed_at, change.after.alert_id))
    await store.save(conn, [*silent, *(change.after for change in told)])
    await publish_each(
        conn, [(change.after.changed_at, change.event(version=change.after.version, **change.after.told())) for change in told]
    )
    await history.record_all(conn, [entry for change in told for entry in _remembered(change)])
    await tell_of_raised(conn, [change.after for change in told if change.event is AlertRaised])
    await tell_next_level(conn, [change.after for change in told if change.event is AlertEscalated])
    return [change.after for change in told]


def _remembered(change: Change) -> Iterator[history.Entry]:
    after = change.after
    if change.before is None and after.resolved:
        yield _entry(replace(after, ending=None), AlertRaised, at=after.raised_at, by=change.by)
    by = UUID(after.ending["by"]) if after.resolved and after.ending and "by" in after.ending else change.by
    yield _entry(after, change.event, at=after.changed_at, by=by)


def _entry(alert: Alert, event: type[AlertFact], *, at: datetime, by: UUID) -> history.Entry:
    detail: dict[str, Any] = {"severity": alert.severity, "quarter": alert.quarter.code, "level": alert.level}
    if alert.ending is not None:
        detail["ending"] = alert.ending
    return history.Entry(
        id=new_id(),
        at=at,
        person_id=by,
        contract_id=alert.contract_id,
        subject="alert",
        subject_id=alert.alert_id,
        action=event.event_type.removesuffix(".v1").replace("alert.", "").replace(".", "_"),
        detail=detail,
    )
