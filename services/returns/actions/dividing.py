"""One activity that was done for several contracts: noted once, a part for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.returns.actions.activities import add, change, check, find
from services.returns.actions.finding import find_contract
from services.returns.models.activities import Activity, ActivityContent, ActivityPart
from services.returns.models.content import Entered
from services.returns.rules.activities import NotDivided, check_parts, rest_of
from services.returns.store import activities
from shared.access import Caller
from shared.db import Connection
from shared.errors import FieldError, Invalid
from shared.ids import new_id


async def note_divided(
    conn: Connection,
    contract_id: UUID,
    obligation_id: UUID,
    whole: ActivityContent,
    others: Sequence[ActivityPart],
    *,
    by: Caller,
    at: datetime,
    activity_id: UUID | None = None,
) -> Activity:
    """``whole`` says what was done in all. Each of ``others`` is noted for its contract, and what they leave for this one.

    ``activity_id``: as for ``note``. Raises NotFound, AlreadyNoted, Invalid and NotDivided, with pointers into ``whole`` and at
    ``/parts/0/obligation_id`` and ``/parts/0/quantity``.
    """
    parts = await _parts_of(conn, contract_id, obligation_id, whole, others, by=by, at=at, activity_id=activity_id or new_id())
    for activity in _in_turn(parts):
        await add(conn, activity, by=by, at=at)
    return parts[0]


async def divide(
    conn: Connection,
    activity_id: UUID,
    whole: ActivityContent,
    others: Sequence[ActivityPart],
    *,
    by: Caller,
    at: datetime,
    version: int | None = None,
) -> Activity:
    """As ``note_divided``, of an activity that was noted for one contract alone.

    Raises NotFound, PreconditionFailed, ActivityInUse, Invalid, and NotDivided where it is divided already too.
    """
    before = await find(conn, activity_id, by=by)
    of = (before.contract_id, before.obligation_id)
    parts = await _parts_of(conn, *of, whole, others, by=by, at=at, activity_id=activity_id)
    changed = parts[0]
    for activity in _in_turn(parts):
        if activity.activity_id == activity_id:
            changed = await change(conn, activity_id, activity, by=by, at=at, version=version, part_of=activity)
        else:
            await add(conn, activity, by=by, at=at)
    return changed


async def _parts_of(
    conn: Connection,
    contract_id: UUID,
    obligation_id: UUID,
    whole: ActivityContent,
    others: Sequence[ActivityPart],
    *,
    by: Caller,
    at: datetime,
    activity_id: UUID,
) -> list[Activity]:
    """What each contract gets, the one that it is noted for (``activity_id``) first."""
    if whole.quantity.value is None:
        raise Invalid(errors=[FieldError("/quantity/value", "Enter how much was done in all", "missing")])
    rest = rest_of(whole.quantity.value, [part.quantity for part in others])
    own = ActivityPart(contract_id=contract_id, obligation_id=obligation_id, quantity=rest)
    parts = [own, *others]
    checked = []
    for nth, part in enumerate(parts):
        if any(part.obligation_id == other.obligation_id for other in parts[:nth]):
            raise NotDivided(errors=[FieldError(f"/parts/{nth - 1}/obligation_id", "Select each only once", "twice")])
        content = whole.model_copy(update={"quantity": Entered(value=part.quantity)})
        contract = await find_contract(conn, part.contract_id, by)
        try:
            checked.append((check(contract, part.obligation_id, content, at=at), part.quantity))
        except Invalid as error:
            raise Invalid(errors=[_of_part(nth, one) for one in error.errors]) from None
    check_parts(whole.quantity.value, checked)
    whole_id = new_id()
    return [
        Activity(
            happened_on=whole.happened_on,
            quantity=Entered(value=part.quantity),
            note=whole.note,
            activity_id=activity_id if part is own else new_id(),
            contract_id=part.contract_id,
            obligation_id=part.obligation_id,
            whole_id=whole_id,
            whole=whole.quantity.value,
            recorded_at=at,
            recorded_by=by.person_id,
            changed_at=at,
            changed_by=by.person_id,
        )
        for part in parts
    ]


def _in_turn(parts: Sequence[Activity]) -> list[Activity]:
    """Returns are locked in one order by everybody."""
    return sorted(parts, key=lambda one: one.contract_id)


async def other_parts(conn: Connection, activity: Activity) -> list[Activity]:
    """The other parts of the same activity. All its contracts are the same supplier's."""
    if activity.whole_id is None:
        return []
    return [one for one in await activities.parts(conn, activity.whole_id) if one.activity_id != activity.activity_id]


def _of_part(nth: int, error: FieldError) -> FieldError:
    """The date belongs to the whole, and so does the quantity of the first part, which is what the others leave."""
    if nth == 0 or not error.pointer.startswith("/quantity"):
        return error
    return FieldError(f"/parts/{nth - 1}/quantity", error.detail, error.code)
