"""The parity report: what was asked of both sides over a period, and how fast it was followed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from services.alerts.models.alerts import Viewer
from services.alerts.store import sides as store
from shared.db import Connection
from shared.errors import FieldError, Invalid
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import ParityColumn, parity_column


async def parity(conn: Connection, viewer: Viewer, first: Quarter, last: Quarter, *, on: date) -> Mapping[Side, ParityColumn]:
    """Of the viewer's own contracts; for the ICB, of all in sum. Raises Invalid where the period ends before it begins."""
    if last < first:
        raise Invalid(errors=[FieldError("/last", "Enter a quarter that is not before the first")])
    ratings = await store.ratings_by_side(conn, viewer, first, last)
    returns = await store.returns_by_side(conn, viewer, first, last, today=on)
    alerts = await store.alert_dates_by_side(conn, viewer, first, last)
    approvals = await store.approvals_by_side(conn, viewer, first, last)
    return {side: parity_column(ratings[side], *returns[side], alerts[side], approvals[side]) for side in Side}
