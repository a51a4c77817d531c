"""The parity report: what was asked of both sides over a period, and how fast it was followed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.alerts.store import parity_counts
from services.alerts.store import sides as store
from services.alerts.store.parity_counts import SeenAs, Whose
from services.alerts.store.sides import Place
from shared.access import NOBODY
from shared.db import Connection
from shared.errors import FieldError, Invalid
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import Counts, ParityColumn, counted, parity_column
from shared.viewer import Viewer

COUNTED_WHEN_ASKED = 100
"""So many contracts of an organisation are counted while somebody waits; more are counted once a day, as the region is."""
_REGION = Whose(SeenAs.ICB, NOBODY)
_EVER = Quarter(date(2000, 1, 1)), Quarter(date(2199, 10, 1))


@dataclass(frozen=True, slots=True)
class Parity:
    columns: Mapping[Side, ParityColumn]
    counted_at: datetime | None
    """None: just now."""


async def parity(conn: Connection, viewer: Viewer, first: Quarter, last: Quarter, *, on: date) -> Parity:
    """Of the viewer's own contracts; for the ICB, of all in sum. Where they are many, as they were counted last.

    Raises Invalid where the period ends before it begins.
    """
    if last < first:
        raise Invalid(errors=[FieldError("/last", "Enter a quarter that is not before the first")])
    if (whose := _whose(viewer)) and (counted_at := await parity_counts.counted_at(conn, whose)):
        return Parity(_columns(await parity_counts.kept(conn, whose, first, last)), counted_at)
    sides: dict[Side, Counts] = {side: Counter() for side in Side}
    for (_, side), counts in (await _count(conn, viewer, first, last, on=on)).items():
        sides[side] += counts
    return Parity(_columns(sides), None)


async def keep_parity(conn: Connection, on: date, at: datetime) -> None:
    """Count the region's, and those of whoever has many contracts, for everybody who asks today."""
    many = [_REGION, *await parity_counts.with_more_contracts_than(conn, COUNTED_WHEN_ASKED)]
    reports = {whose: await _count(conn, _eyes(whose), *_EVER, on=on) for whose in many}
    await parity_counts.keep(conn, reports, at=at)


def _whose(viewer: Viewer) -> Whose | None:
    """None for who buys and supplies at once, or neither."""
    if viewer.as_icb:
        return _REGION
    if viewer.as_buyer == viewer.as_supplier:
        return None
    return Whose(SeenAs.BUYER if viewer.as_buyer else SeenAs.SUPPLIER, viewer.organisation_id)


def _eyes(whose: Whose) -> Viewer:
    seen_as, organisation_id = whose
    return Viewer(
        organisation_id,
        as_buyer=seen_as is SeenAs.BUYER,
        as_supplier=seen_as is SeenAs.SUPPLIER,
        as_icb=seen_as is SeenAs.ICB,
    )


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
