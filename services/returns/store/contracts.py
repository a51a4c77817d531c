"""What commitments told: contracts and organisations, and who may see what of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from shared.db import Connection
from shared.events.commitments import ContractFact, OrganisationRecorded
from shared.quarters import Quarter
from shared.viewer import Viewer


async def hear_organisations(conn: Connection, facts: Sequence[OrganisationRecorded]) -> None:
    """Of each organisation the newest version stays."""
    await conn.execute(
        """
        INSERT INTO organisations AS known (organisation_id, version, name, icb_sees)
        SELECT DISTINCT ON (new.organisation_id) *
        FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) AS new (organisation_id, version, name, icb_sees)
        ORDER BY new.organisation_id, new.version DESC
        ON CONFLICT (organisation_id) DO UPDATE
            SET (version, name, icb_sees) = (excluded.version, excluded.name, excluded.icb_sees)
        WHERE excluded.version > known.version
        """,
        [fact.organisation_id for fact in facts],
        [fact.version for fact in facts],
        [fact.name for fact in facts],
        [fact.icb_sees for fact in facts],
    )


async def hear_contract(conn: Connection, fact: ContractFact, ended: Quarter) -> Quarter | None:
    """Keep a contract where its version is news, and lock it. Returns up to which quarter its returns are owed by now; else None.

    ``ended`` is the last quarter that was over when the contract was told.
    """
    through = await conn.fetchval(
        """
        INSERT INTO contracts AS known
            (contract_id, version, reference, title, starts_on, ends_on, buyer_ids, supplier_ids, fact, opened_through)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (contract_id) DO UPDATE SET
            (version, reference, title, starts_on, ends_on, buyer_ids, supplier_ids, fact, opened_through) =
            (excluded.version, excluded.reference, excluded.title, excluded.starts_on, excluded.ends_on, excluded.buyer_ids,
             excluded.supplier_ids, excluded.fact, greatest(known.opened_through, excluded.opened_through))
        WHERE excluded.version > known.version
        RETURNING opened_through
        """,
        fact.contract_id,
        fact.version,
        fact.reference,
        fact.title,
        fact.starts_on,
        fact.ends_on,
        [buyer.organisation_id for buyer in fact.buyers],
        [supplier.organisation_id for supplier in fact.suppliers],
        fact.model_dump(mode="json"),
        ended.first_day,
    )
    return Quarter(through) if through is not None else None


async def lock_contracts_to_open(conn: Connection, ended: Quarter, *, limit: int) -> list[tuple[ContractFact, Quarter]]:
    """Contracts with quarters up to ``ended`` that were not looked at yet, each with the last one that was."""
    rows = await conn.fetch(
        """
        SELECT fact, opened_through FROM contracts WHERE opened_through < $1 AND starts_on <= $2
        ORDER BY contract_id LIMIT $3 FOR UPDATE
        """,
        ended.first_day,
        ended.last_day,
        limit,
    )
    return [(ContractFact.model_validate(row["fact"]), Quarter(row["opened_through"])) for row in rows]


async def mark_opened(conn: Connection, contract_ids: Collection[UUID], through: Quarter) -> None:
    await conn.execute(
        "UPDATE contracts SET opened_through = $2 WHERE contract_id = ANY ($1)", list(contract_ids), through.first_day
    )


async def contract(conn: Connection, contract_id: UUID) -> ContractFact | None:
    fact = await conn.fetchval("SELECT fact FROM contracts WHERE contract_id = $1", contract_id)
    return ContractFact.model_validate(fact) if fact is not None else None


async def by_ids(conn: Connection, contract_ids: Collection[UUID]) -> dict[UUID, ContractFact]:
    rows = await conn.fetch("SELECT contract_id, fact FROM contracts WHERE contract_id = ANY ($1)", list(contract_ids))
    return {row["contract_id"]: ContractFact.model_validate(row["fact"]) for row in rows}


async def contracts_of(conn: Connection, viewer: Viewer, *, after: UUID | None, limit: int) -> list[ContractFact]:
    """The contracts of the viewer's own organisation, in the order of their ids."""
    rows = await conn.fetch(
        """
        SELECT fact FROM contracts
        WHERE (($2 AND buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND supplier_ids @> ARRAY[$1::uuid]))
          AND ($4::uuid IS NULL OR contract_id > $4)
        ORDER BY contract_id LIMIT $5
        """,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        after,
        limit,
    )
    return [ContractFact.model_validate(row["fact"]) for row in rows]


async def sees(conn: Connection, viewer: Viewer, contract_id: UUID, *, approved: bool = False) -> bool:
    """Whether a viewer may see what was said on a contract. ``approved``: it is an approved return, which the ICB may see where
    every buyer shares its contracts, or is the ICB itself."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM contracts c WHERE c.contract_id = $1 AND (
                ($3 AND c.buyer_ids @> ARRAY[$2::uuid]) OR ($4 AND c.supplier_ids @> ARRAY[$2::uuid])
                OR ($5 AND NOT EXISTS (
                    SELECT FROM unnest(c.buyer_ids) AS b (id) LEFT JOIN organisations o ON o.organisation_id = b.id
                    WHERE o.icb_sees IS DISTINCT FROM 'contracts' AND b.id <> $2))))
        """,
        contract_id,
        viewer.organisation_id,
        viewer.as_buyer,
        viewer.as_supplier,
        viewer.as_icb and approved,
    )
    return found
