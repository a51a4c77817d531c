"""What obligations are measured by: a measure of the catalogue, or one that the page of the promise describes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.commitments.models.drafts import ObligationDraft
from services.commitments.pages.registering.forms import OwnPromise
from services.commitments.rules.measures import COMBINED
from services.commitments.store import choosing
from shared.db import Connection
from shared.obligations import Measure
from shared.pages.forms import Bound, bind_typed


async def measures_of(conn: Connection, buyer_id: UUID, owed: Sequence[ObligationDraft]) -> dict[UUID, Measure | None]:
    """The measure of each, by its id; None while the page of the promise does not say enough about an own one."""
    known = await choosing.measures_called(conn, buyer_id, [one.measure for one in owed if one.measure])
    found: dict[UUID, Measure | None] = {}
    for one in owed:
        if one.measure is not None:
            found[one.id] = known.get(one.measure)
        else:
            promise: Bound[OwnPromise] = bind_typed(OwnPromise, one.promise)
            found[one.id] = _own(promise.value, buyer_id) if promise.value else None
    return found


def _own(said: OwnPromise, buyer_id: UUID) -> Measure:
    return Measure(
        framework="own",
        buyer_id=buyer_id,
        code=said.code,
        label=said.label,
        unit=said.unit or "",
        kind=said.kind,
        direction=said.own_direction,
        over_time=COMBINED[said.kind][0],
    )
