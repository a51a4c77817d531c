"""What parity reports over many contracts are made of, as they were counted last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.alerts.store.sides import Place
from shared.db import Connection
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import Counts, What


class SeenAs(StrEnum):
    ICB = "icb"
    BUYER = "buyer"
    SUPPLIER = "supplier"


class Whose(NamedTuple):
    """Whose report it is. The region's, which the ICB sees, is of NOBODY."""

    seen_as: SeenAs
    organisation_id: UUID


async def with_more_contracts_than(conn: Connection, number: int) -> list[Whose]:
    """Buyers and suppliers."""
    rows = await conn.fetch(
        """
        SELECT 'buyer' AS seen_as, id FROM contracts CROSS JOIN unnest(buyer_ids) AS id GROUP BY id HAVING count(*) > $1
        UNION ALL
        SELECT 'supplier', id FROM contracts CROSS JOIN unnest(supplier_ids) AS id GROUP BY id HAVING count(*) > $1
        ORDER BY seen_as, id
        """,
        number,
    )
    return [Whose(SeenAs(row["seen_as"]), row["id"]) for row in rows]


async def keep(conn: Connection, reports: Mapping[Whose, Mapping[Place, Counts]], *, at: datetime) -> None:
    """In place of everything that was kept."""
    rows = [
        (*whose, quarter.first_day, side, what, by, number)
        for whose, places in reports.items()
        for (quarter, side), counted in places.items()
        for (what, by), number in counted.items()
    ]
    await conn.execute("DELETE FROM parity_counts")
    await conn.execute("DELETE FROM parity_counted")
    await conn.execute(
        """
        INSERT INTO parity_counts (seen_as, organisation_id, quarter, side, what, by, number)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::date[], $4::text[], $5::text[], $6::text[], $7::bigint[])
        """,
        *([row[n] for row in rows] for n in range(7)),
    )
    await conn.execute(
        "INSERT INTO parity_counted (seen_as, organisation_id, at) SELECT *, $3 FROM unnest($1::text[], $2::uuid[])",
        [whose.seen_as for whose in reports],
        [whose.organisation_id for whose in reports],
        at,
    )


async def counted_at(conn: Connection, whose: Whose) -> datetime | None:
    """None where it is not kept."""
    found: datetime | None = await conn.fetchval(
        "SELECT at FROM parity_counted WHERE seen_as = $1 AND organisation_id = $2", *whose
    )
    return found


async def kept(conn: Connection, whose: Whose, first: Quarter, last: Quarter) -> dict[Side, Counts]:
    """The counts of these quarters in sum."""
    rows = await conn.fetch(
        """
        SELECT side, what, by, sum(number)::bigint AS number FROM parity_counts
        WHERE seen_as = $1 AND organisation_id = $2 AND quarter BETWEEN $3 AND $4
        GROUP BY side, what, by ORDER BY side, what, by
        """,
        *whose,
        first.first_day,
        last.first_day,
    )
    sides: dict[Side, Counts] = {side: Counter() for side in Side}
    for row in rows:
        sides[Side(row["side"])][What(row["what"]), row["by"]] = row["number"]
    return sides
