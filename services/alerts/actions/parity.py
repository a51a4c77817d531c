"""The parity report: what was asked of both sides over a period, and how fast it was followed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.alerts.models.alerts import Viewer
from services.alerts.store import parity_counts
from services.alerts.store import sides as store
from services.alerts.store.sides import Place
from shared.access import NOBODY
from shared.db import Connection
from shared.errors import FieldError, Invalid
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import Counts, ParityColumn, counted, parity_column

_EVERYBODY = Viewer(NOBODY, as_buyer=False, as_supplier=False, as_icb=True)
_EVER = Quarter(date(2000, 1, 1)), Quarter(date(2199, 10, 1))


@dataclass(frozen=True, slots=True)
class Parity:
    columns: Mapping[Side, ParityColumn]
    counted_at: datetime | None
    """None: just now."""


async def parity(conn: Connection, viewer: Viewer, first: Quarter, last: Quarter, *, on: date) -> Parity:
    """Of the viewer's own contracts; for the ICB, of all in sum, as it was counted last.

    Raises Invalid where the period ends before it begins.
    """
    if last < first:
        raise Invalid(errors=[FieldError("/last", "Enter a quarter that is not before the first")])
    counted_at = await parity_counts.counted_at(conn) if viewer.as_icb else None
    if counted_at is not None:
        return Parity(_columns(await parity_counts.kept(conn, first, last)), counted_at)
    sides: dict[Side, Counts] = {side: Counter() for side in Side}
    for (_, side), counts in (await _count(conn, viewer, first, last, on=on)).items():
        sides[side] += counts
    return Parity(_columns(sides), None)


async def keep_parity(conn: Connection, on: date, at: datetime) -> None:
    """Count the region's for everybody who asks today."""
    await parity_counts.keep(conn, await _count(conn, _EVERYBODY, *_EVER, on=on), at=at)


async def _count(conn: Connection, viewer: Viewer, first: Quarter, last: Quarter, *, on: date) -> dict[Place, Counts]:
    ratings = await store.ratings_by_side(conn, viewer, first, last)
    returns = await store.returns_by_side(conn, viewer, first, last, today=on)
    alerts = await store.alert_dates_by_side(conn, viewer, first, last)
    approvals = await store.approvals_by_side(conn, viewer, first, last)
    return {
        place: counted(ratings.get(place, {}), *returns.get(place, (0, 0)), alerts.get(place, ()), approvals.get(place, ()))
        for place in {*ratings, *returns, *alerts, *approvals}
    }


def _columns(sides: Mapping[Side, Counts]) -> Mapping[Side, ParityColumn]:
    return {side: parity_column(counts) for side, counts in sides.items()}
