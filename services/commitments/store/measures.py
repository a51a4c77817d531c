"""Frameworks, their measures, and buyers' own measures."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.commitments.models.measures import CatalogueMeasure, Framework, MeasureRow, MeasureStatus
from shared.db import Connection, Record
from shared.locks import lock_key
from shared.obligations import Measure


def _framework(row: Record) -> Framework:
    return Framework(
        framework_id=row["id"],
        name=row["name"],
        version=row["version"],
        event_version=row["event_version"],
        loaded_at=row["loaded_at"],
    )


def _measure(row: Record) -> CatalogueMeasure:
    fields = {name: row[name] for name in Measure.model_fields if name != "overlaps"}
    measure = Measure(**fields, overlaps=tuple(row["overlapping"]))
    return CatalogueMeasure(measure=measure, status=row["status"], note=row["note"])


async def lock_framework(conn: Connection, name: str) -> Framework | None:
    """The newest version of a framework, which nobody else changes until this transaction ends; also where there is none yet."""
    await conn.execute("SELECT pg_advisory_xact_lock($1)", lock_key("framework", name))
    row = await conn.fetchrow("SELECT * FROM frameworks WHERE name = $1 ORDER BY version DESC LIMIT 1", name)
    return row and _framework(row)


async def frameworks(conn: Connection) -> list[Framework]:
    """The newest version of each."""
    rows = await conn.fetch("SELECT DISTINCT ON (name) * FROM frameworks ORDER BY name, version DESC")
    return [_framework(row) for row in rows]


async def save_framework(conn: Connection, framework: Framework) -> None:
    await conn.execute(
        """
        INSERT INTO frameworks (id, name, version, event_version, loaded_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET event_version = excluded.event_version
        """,
        framework.framework_id,
        framework.name,
        framework.version,
        framework.event_version,
        framework.loaded_at,
    )


async def add_measures(conn: Connection, framework_id: UUID, rows: Sequence[MeasureRow]) -> None:
    await conn.executemany(
        """
        INSERT INTO measures (framework_id, code, label, unit, kind, direction, over_time, scope, theme, outcome, overlapping,
                              suppress, partner_vcfse, status, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        [
            (
                framework_id,
                row.code,
                row.label,
                row.unit,
                row.kind,
                row.direction,
                row.over_time,
                row.scope,
                row.theme,
                row.outcome,
                list(row.overlaps),
                row.suppress,
                row.partner_vcfse,
                row.status,
                row.note,
            )
            for row in rows
        ],
    )


async def measure_row(conn: Connection, framework: Framework, code: str) -> MeasureRow | None:
    row = await conn.fetchrow("SELECT * FROM measures WHERE framework_id = $1 AND code = $2", framework.framework_id, code)
    if row is None:
        return None
    fields = {name: row[name] for name in MeasureRow.model_fields if name not in ("framework", "overlaps")}
    return MeasureRow(framework=framework.name, overlaps=tuple(row["overlapping"]), **fields)


async def replace_measure(conn: Connection, framework_id: UUID, row: MeasureRow) -> None:
    await conn.execute(
        "UPDATE measures SET label = $3, unit = $4, status = $5, note = $6 WHERE framework_id = $1 AND code = $2",
        framework_id,
        row.code,
        row.label,
        row.unit,
        row.status,
        row.note,
    )


async def find_measure(
    conn: Connection, code: str, *, framework: str | None = None, buyer_id: UUID | None = None
) -> CatalogueMeasure | None:
    """The buyer's own measure with this code, else the newest framework's (or that of ``framework``), in its newest version."""
    row = await conn.fetchrow(
        """
        SELECT * FROM catalogue
        WHERE code = $1 AND ($2::text IS NULL OR framework = $2) AND (buyer_id IS NULL OR buyer_id = $3)
        ORDER BY buyer_id NULLS LAST, loaded_at DESC, framework LIMIT 1
        """,
        code,
        framework,
        buyer_id,
    )
    return row and _measure(row)


async def measures(
    conn: Connection,
    *,
    framework: str | None = None,
    buyer_id: UUID | None = None,
    status: MeasureStatus | None = None,
    containing: str = "",
    after: tuple[str, str] | None = None,
    limit: int | None = None,
) -> list[CatalogueMeasure]:
    """The catalogue as this buyer sees it, by framework and code; ``after`` is the last one seen.

    ``containing``: those whose code or wording contains it.
    """
    rows = await conn.fetch(
        """
        SELECT * FROM catalogue
        WHERE ($1::text IS NULL OR framework = $1) AND (buyer_id IS NULL OR buyer_id = $2)
          AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR (framework, code) > ($4, $5::text))
          AND (position(lower($7) IN lower(code)) > 0 OR position(lower($7) IN lower(label)) > 0)
        ORDER BY framework, code LIMIT $6
        """,
        framework,
        buyer_id,
        status,
        *(after or (None, None)),
        limit,
        containing,
    )
    return [_measure(row) for row in rows]


async def codes_to_confirm(conn: Connection) -> set[str]:
    """The codes whose wording or unit the ICB has not confirmed."""
    rows = await conn.fetch("SELECT code FROM catalogue WHERE status = 'to_confirm'")
    return {row["code"] for row in rows}


async def add_buyer_measure(conn: Connection, buyer_id: UUID, measure: Measure) -> bool:
    """False where the buyer has a measure with this code already."""
    added: bool | None = await conn.fetchval(
        """
        INSERT INTO buyer_measures (buyer_id, code, label, unit, kind, direction, over_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true
        """,
        buyer_id,
        measure.code,
        measure.label,
        measure.unit,
        measure.kind,
        measure.direction,
        measure.over_time,
    )
    return added is True
