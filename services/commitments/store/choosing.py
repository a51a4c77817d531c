"""What a person chooses from while recording a contract: measures, organisations, frameworks. Never more than fits a page."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.commitments.models.contracts import Part
from services.commitments.models.measures import CatalogueMeasure
from shared.db import Connection, Record
from shared.obligations import Measure


async def measures(conn: Connection, buyer_id: UUID, *, theme: str = "", words: str = "", limit: int) -> list[CatalogueMeasure]:
    """Those that may be promised, with these words in code, label or outcome; the buyer's own first, then by theme."""
    rows = await conn.fetch(
        """
        SELECT * FROM catalogue
        WHERE status <> 'inactive' AND (buyer_id IS NULL OR buyer_id = $1) AND ($2 = '' OR theme = $2)
          AND NOT EXISTS (
              SELECT FROM unnest(string_to_array(lower($3), ' ')) AS word
              WHERE position(word IN lower(code || ' ' || label || ' ' || outcome || ' ' || unit)) = 0)
        ORDER BY buyer_id NULLS LAST, framework, theme, code LIMIT $4
        """,
        buyer_id,
        theme,
        words,
        limit,
    )
    return [CatalogueMeasure(measure=_measure(row), status=row["status"], note=row["note"]) for row in rows]


async def measures_called(conn: Connection, buyer_id: UUID, codes: Sequence[str]) -> dict[str, Measure]:
    """By their codes: the buyer's own, else the newest framework's."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (code) * FROM catalogue WHERE code = ANY($1) AND (buyer_id IS NULL OR buyer_id = $2)
        ORDER BY code, buyer_id NULLS LAST, loaded_at DESC, framework
        """,
        list(codes),
        buyer_id,
    )
    return {row["code"]: _measure(row) for row in rows}


def _measure(row: Record) -> Measure:
    fields = {name: row[name] for name in Measure.model_fields if name != "overlaps"}
    return Measure(**fields, overlaps=tuple(row["overlapping"]))


async def partner_measures(conn: Connection) -> list[Measure]:
    """Those on which organisations pledge, by code: each as the newest framework has it."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (code) * FROM catalogue WHERE partner_vcfse AND status <> 'inactive'
        ORDER BY code, loaded_at DESC, framework
        """
    )
    return [_measure(row) for row in rows]


async def themes(conn: Connection) -> list[str]:
    """Of all measures that may be promised."""
    rows = await conn.fetch("SELECT DISTINCT theme FROM catalogue WHERE status <> 'inactive' AND theme <> '' ORDER BY theme")
    return [row["theme"] for row in rows]


async def organisations(conn: Connection, part: Part, words: str, *, limit: int) -> list[tuple[UUID, str]]:
    """Ids and names of those who may take this part, and whose name holds these words."""
    rows = await conn.fetch(
        """
        SELECT organisation_id, name FROM organisations
        WHERE position(lower($1) IN lower(name)) > 0 AND CASE $2 WHEN 'buyer' THEN buyer ELSE supplier END
        ORDER BY lower(name), organisation_id LIMIT $3
        """,
        words,
        part,
        limit,
    )
    return [(row["organisation_id"], row["name"]) for row in rows]


async def names(conn: Connection, ids: list[UUID]) -> dict[UUID, str]:
    """Of organisations."""
    rows = await conn.fetch("SELECT organisation_id, name FROM organisations WHERE organisation_id = ANY($1)", ids)
    return {row["organisation_id"]: row["name"] for row in rows}


async def above(conn: Connection, organisation_id: UUID, *, limit: int) -> list[tuple[UUID, str]]:
    """Frameworks and lots of this buyer, the latest recorded first: ids, and reference with title."""
    rows = await conn.fetch(
        """
        SELECT c.contract_id, c.reference || ' ' || c.title AS words
        FROM contract_parties p JOIN contracts c USING (contract_id)
        WHERE p.organisation_id = $1 AND p.part = 'buyer' AND c.form IN ('framework', 'lot')
        ORDER BY c.contract_id DESC LIMIT $2
        """,
        organisation_id,
        limit,
    )
    return [(row["contract_id"], row["words"]) for row in rows]
