"""Reading a return with the eyes of whoever reviews it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.returns.actions.finding import REVIEWER
from services.returns.actions.reading import view_of
from services.returns.models.reviews import LineToReview, Review
from services.returns.rules.standing import wording_of
from services.returns.store import contracts, lines, returns
from shared import history
from shared.access import Caller
from shared.db import Connection
from shared.errors import NotFound
from shared.viewer import Viewer


async def read_review(conn: Connection, return_id: UUID, *, by: Caller, at: datetime) -> Review:
    """Of the caller's own contracts as a buyer. Raises NotFound."""
    filed = await returns.find(conn, return_id)
    if filed is None or not await contracts.sees(conn, Viewer.of(by, acting_as=REVIEWER), filed.contract_id):
        raise NotFound
    shown = await view_of(conn, filed, by=by, at=at)
    fact = await contracts.contract(conn, filed.contract_id)
    earlier = await lines.earlier_of_each(conn, [line.obligation_id for line in shown.lines], filed.quarter)
    return Review(
        filed=shown,
        lines=tuple(
            LineToReview(
                line=line,
                wording=wording_of(fact, line) if fact is not None else "",
                earlier=tuple(earlier[line.obligation_id]),
            )
            for line in shown.lines
        ),
        on_behalf_because=await _because(conn, return_id) if filed.on_behalf else "",
    )


async def _because(conn: Connection, return_id: UUID) -> str:
    """The reason that was given with the last submission."""
    submitted = [entry for entry in await history.of(conn, return_id) if entry.action == "submitted"]
    return (submitted[-1].detail["certified"]["on_behalf_because"] or "") if submitted else ""
