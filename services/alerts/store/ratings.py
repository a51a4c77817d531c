"""Ratings: one row per obligation and quarter, rewritten where the facts say otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.alerts.models.alerts import StoredRating
from services.alerts.models.facts import KnownObligation
from services.alerts.store.rows import rows
from shared.db import Connection, Record
from shared.obligations import Side
from shared.quarters import Quarter
from shared.ratings import Rating, WhyOther


async def ratings_since(conn: Connection, since: Mapping[UUID, Quarter]) -> list[StoredRating]:
    """Of each of these obligations, from its quarter on."""
    found = await conn.fetch(
        """
        SELECT r.* FROM ratings r JOIN unnest($1::uuid[], $2::date[]) AS since (obligation_id, quarter) USING (obligation_id)
        WHERE r.quarter >= since.quarter ORDER BY r.obligation_id, r.quarter
        """,
        list(since.keys()),
        [quarter.first_day for quarter in since.values()],
    )
    return [_rating(row) for row in found]


async def rating(conn: Connection, obligation_id: UUID, quarter: Quarter) -> StoredRating | None:
    row = await conn.fetchrow("SELECT * FROM ratings WHERE obligation_id = $1 AND quarter = $2", obligation_id, quarter.first_day)
    return _rating(row) if row else None


async def ratings_of_contract(conn: Connection, contract_id: UUID, quarter: Quarter | None) -> list[StoredRating]:
    found = await conn.fetch(
        """
        SELECT r.* FROM ratings r JOIN obligations o USING (obligation_id)
        WHERE r.contract_id = $1 AND ($2::date IS NULL OR r.quarter = $2) ORDER BY r.quarter, o.reference, r.obligation_id
        """,
        contract_id,
        quarter.first_day if quarter else None,
    )
    return [_rating(row) for row in found]


@dataclass(frozen=True, slots=True)
class Class:
    """A rating without its figures."""

    rating: Rating
    incomplete: bool


async def classes_of_contract(conn: Connection, contract_id: UUID) -> dict[tuple[UUID, Quarter], Class]:
    """By obligation and quarter."""
    found = await conn.fetch(
        """
        SELECT obligation_id, quarter, rating, cardinality(incomplete) > 0 AS incomplete
        FROM ratings WHERE contract_id = $1 ORDER BY quarter, obligation_id
        """,
        contract_id,
    )
    return {(row["obligation_id"], Quarter(row["quarter"])): Class(Rating(row["rating"]), row["incomplete"]) for row in found}


async def save(conn: Connection, ratings: Sequence[StoredRating]) -> None:
    await conn.execute(
        """
        INSERT INTO ratings SELECT * FROM jsonb_populate_recordset(NULL::ratings, $1)
        ON CONFLICT (obligation_id, quarter) DO UPDATE
        SET (version, rated_at, rating, reason, incomplete, delivered, target, arithmetic)
            = (excluded.version, excluded.rated_at, excluded.rating, excluded.reason, excluded.incomplete, excluded.delivered,
               excluded.target, excluded.arithmetic)
        """,
        rows(ratings),
    )


async def remove(conn: Connection, ratings: Sequence[StoredRating]) -> None:
    """Of quarters in which the obligation turned out not to be owed."""
    await conn.execute(
        """
        DELETE FROM ratings USING unnest($1::uuid[], $2::date[]) AS gone (obligation_id, quarter)
        WHERE ratings.obligation_id = gone.obligation_id AND ratings.quarter = gone.quarter
        """,
        [rating.obligation_id for rating in ratings],
        [rating.quarter.first_day for rating in ratings],
    )


async def obligations(conn: Connection, obligation_ids: Collection[UUID]) -> dict[UUID, KnownObligation]:
    found = await conn.fetch(
        "SELECT * FROM obligations WHERE obligation_id = ANY ($1) ORDER BY obligation_id", list(obligation_ids)
    )
    return {row["obligation_id"]: KnownObligation(**{**row, "side": Side(row["side"])}) for row in found}


def _rating(row: Record) -> StoredRating:
    return StoredRating(
        **{
            **row,
            "quarter": Quarter(row["quarter"]),
            "rating": Rating(row["rating"]),
            "reason": WhyOther(row["reason"]) if row["reason"] else None,
            "incomplete": tuple(Quarter(day) for day in row["incomplete"]),
            "delivered": _decimal(row["delivered"]),
            "target": _decimal(row["target"]),
        }
    )


def _decimal(value: Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)
