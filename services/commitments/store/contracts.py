"""Contracts, who takes part, and what is owed in every version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.commitments.models.contracts import Contract, ContractSummary, NewContract, Part, Party
from services.commitments.models.obligations import NewObligation, Obligation, ObligationVersion
from shared.db import Connection
from shared.obligations import ContractForm, Share
from shared.viewer import Viewer


async def add(conn: Connection, contract_id: UUID, new: NewContract, *, lead_buyer_id: UUID, at: datetime) -> None:
    """Raises asyncpg.UniqueViolationError (``contracts_by_reference``, ``contracts_by_notice``)."""
    await conn.execute(
        """
        INSERT INTO contracts (contract_id, version, reference, lead_buyer_id, ocid, award_id, ocds_contract_id, form, parent_id,
            title, value, currency, starts_on, ends_on, awarded_ends_on, legal_regime, places, weights, tender_days, baselines,
            recorded_at)
        VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17, $18, $19)
        """,
        contract_id,
        new.reference,
        lead_buyer_id,
        new.ocid,
        new.award_id,
        new.ocds_contract_id,
        new.form,
        new.parent_id,
        new.title,
        new.value,
        new.currency,
        new.starts_on,
        new.ends_on,
        new.legal_regime,
        new.model_dump(mode="json")["places"],
        new.weights.model_dump(mode="json") if new.weights else None,
        new.tender_days,
        [baseline.model_dump(mode="json") for baseline in new.baselines],
        at,
    )


async def add_parties(conn: Connection, contract_id: UUID, part: Part, parties: Sequence[Party]) -> None:
    """Raises asyncpg.ForeignKeyViolationError where an organisation is not recorded."""
    await conn.executemany(
        """
        INSERT INTO contract_parties (contract_id, part, organisation_id, number, lead, share) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [(contract_id, part, party.organisation_id, n, party.lead, party.share) for n, party in enumerate(parties)],
    )


async def add_obligation(conn: Connection, contract_id: UUID, obligation_id: UUID, number: int, new: NewObligation) -> None:
    """Raises asyncpg.UniqueViolationError (``obligations_by_reference``)."""
    await conn.execute(
        """
        INSERT INTO obligations (obligation_id, contract_id, number, reference, side, owner_id, method_statement, relevant,
            proportionate, additional)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        obligation_id,
        contract_id,
        number,
        new.reference,
        new.side,
        new.owner_id,
        new.method_statement,
        new.relevant,
        new.proportionate,
        new.additional,
    )


async def add_version(conn: Connection, obligation_id: UUID, version: ObligationVersion) -> None:
    await conn.execute(
        """
        INSERT INTO obligation_versions (obligation_id, version, from_quarter, wording, terms, targets, reason, recorded_at,
            recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        obligation_id,
        version.version,
        version.from_quarter.first_day,
        version.wording,
        version.terms.model_dump(mode="json"),
        [entry.model_dump(mode="json") for entry in version.targets],
        version.reason,
        version.recorded_at,
        version.recorded_by,
    )


async def missing_organisations(conn: Connection, ids: Sequence[UUID], part: Part) -> set[UUID]:
    """Those of these organisations that are not recorded as a buyer (a supplier)."""
    rows = await conn.fetch(
        """
        SELECT wanted.id FROM unnest($1::uuid[]) AS wanted (id)
        WHERE NOT EXISTS (
            SELECT FROM organisations o
            WHERE o.organisation_id = wanted.id AND CASE $2 WHEN 'buyer' THEN o.buyer ELSE o.supplier END)
        """,
        list(ids),
        part,
    )
    return {row["id"] for row in rows}


async def lock(conn: Connection, contract_id: UUID) -> bool:
    """Whoever changes a contract holds its row, so that its events are told in the order of its versions."""
    found = await conn.fetchval("SELECT true FROM contracts WHERE contract_id = $1 FOR UPDATE", contract_id)
    return found is True


async def change(conn: Connection, changed: Contract) -> None:
    await conn.execute(
        """
        UPDATE contracts SET version = $2, title = $3, value = $4, ends_on = $5, awarded_ends_on = $6, legal_regime = $7,
            places = $8, baselines = $9
        WHERE contract_id = $1
        """,
        changed.contract_id,
        changed.version,
        changed.title,
        changed.value,
        changed.ends_on,
        changed.awarded_ends_on,
        changed.legal_regime,
        changed.model_dump(mode="json")["places"],
        [baseline.model_dump(mode="json") for baseline in changed.baselines],
    )


async def find(conn: Connection, contract_id: UUID) -> Contract | None:
    row = await conn.fetchrow("SELECT * FROM contracts WHERE contract_id = $1", contract_id)
    if row is None:
        return None
    parties = await _parties(conn, contract_id)
    return Contract(
        **{name: row[name] for name in _AS_THEY_ARE},
        buyers=tuple(party for part, party in parties if part is Part.BUYER),
        suppliers=tuple(party for part, party in parties if part is Part.SUPPLIER),
        obligations=await _obligations(conn, contract_id),
    )


_AS_THEY_ARE = (
    *("contract_id", "version", "reference", "title", "form", "parent_id", "ocid", "award_id", "ocds_contract_id", "value"),
    *("currency", "starts_on", "ends_on", "awarded_ends_on", "legal_regime", "places", "weights", "tender_days", "baselines"),
)


async def _parties(conn: Connection, contract_id: UUID) -> list[tuple[Part, Share]]:
    rows = await conn.fetch(
        """
        SELECT p.part, p.organisation_id, o.name, o.sector, o.place, p.lead, p.share
        FROM contract_parties p JOIN organisations o USING (organisation_id)
        WHERE p.contract_id = $1 ORDER BY p.part, p.number
        """,
        contract_id,
    )
    return [(Part(row["part"]), Share.model_validate(dict(row))) for row in rows]


async def _obligations(conn: Connection, contract_id: UUID) -> tuple[Obligation, ...]:
    versions: dict[UUID, list[ObligationVersion]] = {}
    for row in await conn.fetch(
        """
        SELECT v.* FROM obligation_versions v JOIN obligations o USING (obligation_id)
        WHERE o.contract_id = $1 ORDER BY o.number, v.version
        """,
        contract_id,
    ):
        versions.setdefault(row["obligation_id"], []).append(ObligationVersion.model_validate(dict(row)))
    rows = await conn.fetch(
        """
        SELECT obligation_id, reference, side, owner_id, method_statement, relevant, proportionate, additional
        FROM obligations WHERE contract_id = $1 ORDER BY number
        """,
        contract_id,
    )
    return tuple(Obligation(**dict(row), versions=tuple(versions[row["obligation_id"]])) for row in rows)


async def find_by_reference(conn: Connection, lead_buyer_id: UUID, reference: str) -> UUID | None:
    found: UUID | None = await conn.fetchval(
        "SELECT contract_id FROM contracts WHERE lead_buyer_id = $1 AND reference = $2", lead_buyer_id, reference
    )
    return found


async def find_by_notice(conn: Connection, ocid: str, award_id: str | None, ocds_contract_id: str | None) -> list[UUID]:
    """The contracts recorded from this award (several where its suppliers are separate)."""
    rows = await conn.fetch(
        """
        SELECT contract_id FROM contracts
        WHERE ocid = $1 AND coalesce(award_id, '') = coalesce($2, '') AND coalesce(ocds_contract_id, '') = coalesce($3, '')
        ORDER BY contract_id
        """,
        ocid,
        award_id,
        ocds_contract_id,
    )
    return [row["contract_id"] for row in rows]


async def sees(conn: Connection, viewer: Viewer, contract_id: UUID) -> bool:
    """Whether this contract is the viewer's business. The ICB's: where all of its buyers share their contracts."""
    return (
        await conn.fetchval(
            """
            SELECT EXISTS (
                SELECT FROM contract_parties p
                WHERE p.contract_id = $1 AND p.organisation_id = $2
                  AND (p.part = 'buyer' AND $3 OR p.part = 'supplier' AND $4)
            ) OR $5 AND NOT EXISTS (
                SELECT FROM contract_parties p JOIN organisations o USING (organisation_id)
                WHERE p.contract_id = $1 AND p.part = 'buyer' AND o.icb_sees <> 'contracts'
            )
            """,
            contract_id,
            viewer.organisation_id,
            viewer.as_buyer,
            viewer.as_supplier,
            viewer.as_icb,
        )
    ) is True


async def page(
    conn: Connection,
    viewer: Viewer,
    *,
    words: str | None,
    running_on: date | None = None,
    starts_after: date | None = None,
    ended_before: date | None = None,
    form: ContractForm | None = None,
    after: UUID | None,
    limit: int,
) -> list[ContractSummary]:
    """The contracts that the viewer may see, the latest recorded first."""
    # What the viewer sees is asked first, and names of what is on the page last: of a region's contracts a supplier has few.
    rows = await conn.fetch(
        """
        SELECT found.contract_id, found.version, found.reference, found.title, found.form, found.starts_on, found.ends_on,
               found.value, found.currency, buyer.name AS lead_buyer, supplier.name AS lead_supplier
        FROM (
            SELECT c.* FROM (
                SELECT p.contract_id FROM contract_parties p
                WHERE p.organisation_id = $1 AND (p.part = 'buyer' AND $2 OR p.part = 'supplier' AND $3)
                UNION
                SELECT shared.contract_id FROM contracts shared
                WHERE $4 AND NOT EXISTS (
                    SELECT FROM contract_parties p JOIN organisations o USING (organisation_id)
                    WHERE p.contract_id = shared.contract_id AND p.part = 'buyer' AND o.icb_sees <> 'contracts')
            ) seen JOIN contracts c USING (contract_id)
            WHERE ($6::uuid IS NULL OR c.contract_id < $6)
              AND ($7::text IS NULL OR position(lower($7) IN lower(c.reference || ' ' || c.title)) > 0 OR EXISTS (
                  SELECT FROM contract_parties p
                  WHERE p.contract_id = c.contract_id AND p.part = 'supplier' AND p.lead AND p.organisation_id IN (
                      SELECT organisation_id FROM organisations WHERE position(lower($7) IN lower(name)) > 0)))
              AND ($8::date IS NULL OR $8 BETWEEN c.starts_on AND c.ends_on)
              AND ($9::date IS NULL OR c.starts_on > $9) AND ($10::date IS NULL OR c.ends_on < $10)
              AND ($11::text IS NULL OR c.form = $11)
            ORDER BY c.contract_id DESC LIMIT $5
        ) found
        JOIN organisations buyer ON buyer.organisation_id = found.lead_buyer_id
        JOIN contract_parties s ON s.contract_id = found.contract_id AND s.part = 'supplier' AND s.lead
        JOIN organisations supplier ON supplier.organisation_id = s.organisation_id
        ORDER BY found.contract_id DESC
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb,
        limit,
        after,
        words,
        running_on,
        starts_after,
        ended_before,
        form,
    )
    return [ContractSummary(**dict(row)) for row in rows]
