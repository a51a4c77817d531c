"""Organisations and their identifiers."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.commitments.models.organisations import Organisation, OrganisationIdentifier
from shared.db import Connection, Record

_SELECT = """
    SELECT o.*, coalesce(i.identifiers, '[]') AS identifiers
    FROM organisations o
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('scheme', i.scheme, 'id', i.id) ORDER BY i.scheme, i.id) AS identifiers
        FROM organisation_identifiers i WHERE i.organisation_id = o.organisation_id
    ) i
"""


def _organisation(row: Record) -> Organisation:
    return Organisation.model_validate(dict(row))


async def organisation(conn: Connection, organisation_id: UUID) -> Organisation | None:
    row = await conn.fetchrow(_SELECT + " WHERE o.organisation_id = $1", organisation_id)
    return row and _organisation(row)


async def lock_organisation(conn: Connection, organisation_id: UUID) -> Organisation | None:
    """Locked first and read then, so that identifiers are those of the row's version."""
    await conn.execute("SELECT FROM organisations WHERE organisation_id = $1 FOR UPDATE", organisation_id)
    return await organisation(conn, organisation_id)


async def organisations_by_id(conn: Connection, ids: Collection[UUID]) -> dict[UUID, Organisation]:
    rows = await conn.fetch(_SELECT + " WHERE o.organisation_id = ANY($1)", list(ids))
    return {row["organisation_id"]: _organisation(row) for row in rows}


async def find_organisation_by_identifier(conn: Connection, scheme: str, id: str) -> Organisation | None:
    """However scheme and id are capitalised."""
    row = await conn.fetchrow(
        _SELECT + " JOIN organisation_identifiers wanted USING (organisation_id) "
        "WHERE upper(wanted.scheme) = upper($1) AND upper(wanted.id) = upper($2)",
        scheme,
        id,
    )
    return row and _organisation(row)


async def organisations_called(conn: Connection, name: str) -> list[Organisation]:
    """Those of exactly this name, however it is capitalised."""
    rows = await conn.fetch(_SELECT + " WHERE lower(o.name) = lower($1) ORDER BY o.organisation_id LIMIT 10", name)
    return [_organisation(row) for row in rows]


async def organisations(
    conn: Connection, *, name: str = "", after: tuple[str, UUID] | None = None, limit: int
) -> list[Organisation]:
    """By name, those whose name contains ``name``; ``after`` is the lower-case name and id of the last one seen."""
    rows = await conn.fetch(
        _SELECT
        + """
        WHERE position(lower($1) IN lower(o.name)) > 0
          AND ($2::text IS NULL OR (lower(o.name), o.organisation_id) > ($2, $3::uuid))
        ORDER BY lower(o.name), o.organisation_id LIMIT $4
        """,
        name,
        *(after or (None, None)),
        limit,
    )
    return [_organisation(row) for row in rows]


async def save_organisation(conn: Connection, organisation: Organisation) -> None:
    """Insert or replace; identifiers are saved by ``save_identifiers``."""
    await conn.execute(
        """
        INSERT INTO organisations
            (organisation_id, version, name, sector, place, buyer, supplier, icb_sees, escalates_to_icb, executive_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (organisation_id) DO UPDATE SET
            (version, name, sector, place, buyer, supplier, icb_sees, escalates_to_icb, executive_id) =
            (excluded.version, excluded.name, excluded.sector, excluded.place, excluded.buyer, excluded.supplier,
             excluded.icb_sees, excluded.escalates_to_icb, excluded.executive_id)
        """,
        organisation.organisation_id,
        organisation.version,
        organisation.name,
        organisation.sector,
        organisation.place,
        organisation.buyer,
        organisation.supplier,
        organisation.icb_sees,
        organisation.escalates_to_icb,
        organisation.executive_id,
    )


async def save_identifiers(conn: Connection, organisation: Organisation) -> list[OrganisationIdentifier]:
    """Replace an organisation's identifiers. Returns those that were not saved, since they are taken."""
    await conn.execute("DELETE FROM organisation_identifiers WHERE organisation_id = $1", organisation.organisation_id)
    rows = await conn.fetch(
        """
        INSERT INTO organisation_identifiers (organisation_id, scheme, id)
        SELECT $1, new.scheme, new.id FROM unnest($2::text[], $3::text[]) AS new (scheme, id)
        ON CONFLICT DO NOTHING RETURNING scheme, id
        """,
        organisation.organisation_id,
        [each.scheme for each in organisation.identifiers],
        [each.id for each in organisation.identifiers],
    )
    saved = {(row["scheme"], row["id"]) for row in rows}
    return [each for each in organisation.identifiers if (each.scheme, each.id) not in saved]
