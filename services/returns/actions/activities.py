"""The activity log: what a supplier did, noted as it happens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.returns.actions.finding import WRITERS, find_contract, obligation_in
from services.returns.actions.refilling import lock_around, refill
from services.returns.models.activities import Activity, ActivityContent
from services.returns.rules.activities import NotDivided, check_parts
from services.returns.rules.figures import quantity_problems
from services.returns.store import activities, contracts
from shared import history
from shared.access import Caller
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from shared.events.commitments import ContractFact
from shared.ids import new_id
from shared.obligations import Terms
from shared.quarters import Quarter, local_date
from shared.viewer import Viewer


class ActivityInUse(Conflict):
    """This activity stands behind a line that was submitted. It can be changed once the reviewer asks for changes."""


class AlreadyNoted(Conflict):
    """This activity is noted already."""


async def note(
    conn: Connection,
    contract_id: UUID,
    obligation_id: UUID,
    content: ActivityContent,
    *,
    by: Caller,
    at: datetime,
    activity_id: UUID | None = None,
) -> Activity:
    """``activity_id``: a new one of the caller's choice, by which the same is noted once however often it is sent.

    Raises NotFound, AlreadyNoted, Invalid with pointers into ``content``.
    """
    contract = await find_contract(conn, contract_id, by)
    check(contract, obligation_id, content, at=at)
    activity = Activity(
        **_typed(content),
        activity_id=activity_id or new_id(),
        contract_id=contract_id,
        obligation_id=obligation_id,
        recorded_at=at,
        recorded_by=by.person_id,
        changed_at=at,
        changed_by=by.person_id,
    )
    await add(conn, activity, by=by, at=at)
    return activity


async def add(conn: Connection, activity: Activity, *, by: Caller, at: datetime) -> None:
    """Add an activity that was checked, and have its line follow. Raises AlreadyNoted."""
    around = await lock_around(conn, activity.contract_id, [Quarter.of(activity.happened_on)])
    if not await activities.add(conn, activity):
        raise AlreadyNoted
    await _remember(conn, activity, "noted", by=by, at=at)
    await refill(conn, around, activity.obligation_id, by=by, at=at)


async def find(conn: Connection, activity_id: UUID, *, by: Caller) -> Activity:
    """Raises NotFound."""
    activity = await activities.find(conn, activity_id)
    if activity is None or not await contracts.sees(conn, Viewer.of(by), activity.contract_id):
        raise NotFound
    return activity


async def change(
    conn: Connection,
    activity_id: UUID,
    content: ActivityContent,
    *,
    by: Caller,
    at: datetime,
    version: int | None = None,
    part_of: Activity | None = None,
) -> Activity:
    """``part_of`` names the whole of which it becomes a part.

    Raises NotFound, PreconditionFailed, ActivityInUse, Invalid; NotDivided where the parts would exceed the whole, or where it
    is a part already.
    """
    before = await find(conn, activity_id, by=by)
    around = await lock_around(conn, before.contract_id, {Quarter.of(before.happened_on), Quarter.of(content.happened_on)})
    parts = await activities.lock_parts(conn, before.whole_id) if before.whole_id is not None else []
    activity = await lock_activity(conn, activity_id, by, version=version)
    terms = check(await find_contract(conn, activity.contract_id, by), activity.obligation_id, content, at=at)
    if part_of is not None and activity.whole_id is not None:
        raise NotDivided(errors=[FieldError("/quantity", "This activity is divided already", "divided")])
    if activity.whole is not None:
        others = [one.quantity.value or Decimal(0) for one in parts if one.activity_id != activity_id]
        check_parts(activity.whole, [(terms, amount) for amount in (content.quantity.value or Decimal(0), *others)])
    whole = {"whole_id": part_of.whole_id, "whole": part_of.whole} if part_of is not None else {}
    changed = activity.model_copy(
        update={**_typed(content), **whole, "version": activity.version + 1, "changed_at": at, "changed_by": by.person_id}
    )
    await activities.save(conn, changed)
    await _remember(conn, changed, "changed", by=by, at=at)
    await refill(conn, around, changed.obligation_id, by=by, at=at)
    return changed


async def remove(conn: Connection, activity_id: UUID, *, by: Caller, at: datetime, version: int | None = None) -> None:
    """Raises NotFound, PreconditionFailed, ActivityInUse."""
    before = await find(conn, activity_id, by=by)
    around = await lock_around(conn, before.contract_id, [Quarter.of(before.happened_on)])
    activity = await lock_activity(conn, activity_id, by, version=version)
    await activities.remove(conn, activity_id, at=at)
    await _remember(conn, activity, "removed", by=by, at=at)
    await refill(conn, around, activity.obligation_id, by=by, at=at)


async def lock_activity(conn: Connection, activity_id: UUID, by: Caller, *, version: int | None = None) -> Activity:
    """An activity that may still be changed. Raises NotFound, PreconditionFailed, ActivityInUse."""
    activity = await activities.lock(conn, activity_id)
    if activity is None or not await contracts.sees(conn, Viewer.of(by, acting_as=WRITERS), activity.contract_id):
        raise NotFound
    if version is not None and version != activity.version:
        raise PreconditionFailed(current=activity)
    if await activities.stands_behind_submitted(conn, activity_id):
        raise ActivityInUse
    return activity


def _typed(content: ActivityContent) -> dict[str, object]:
    return {name: getattr(content, name) for name in ActivityContent.model_fields}


def check(contract: ContractFact, obligation_id: UUID, content: ActivityContent, *, at: datetime) -> Terms:
    """How it is counted on that day. Raises NotFound, Invalid with pointers into ``content``."""
    obligation = obligation_in(contract, obligation_id)
    day = content.happened_on
    if day > local_date(at):
        raise Invalid(errors=[FieldError("/happened_on", "Enter a date that is not in the future", "in-the-future")])
    terms = obligation.terms_in(Quarter.of(day))
    if terms is None or not contract.starts_on <= day <= contract.ends_on:
        raise Invalid(errors=[FieldError("/happened_on", "Enter a date on which this was owed", "not-owed")])
    problems = quantity_problems(content.quantity, terms)
    if problems:
        raise Invalid(errors=problems)
    return terms


async def _remember(conn: Connection, activity: Activity, action: str, *, by: Caller, at: datetime) -> None:
    await history.record(
        conn,
        at=at,
        by=by.person_id,
        contract_id=activity.contract_id,
        subject="activity",
        subject_id=activity.activity_id,
        action=action,
        detail=activity.model_dump(
            mode="json", include={"version", "happened_on", "quantity", "note", "obligation_id", "whole_id", "whole"}
        ),
    )
