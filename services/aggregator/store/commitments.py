"""What commitments told that totals are shown with: names, settings, pledges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.aggregator.models.pledges import Pledge
from shared.db import Connection, Record
from shared.events.commitments import IcbSees, OrganisationRecorded


async def keep_organisations(conn: Connection, organisations: Sequence[OrganisationRecorded]) -> bool:
    """The newest version wins. Returns whether any is new."""
    kept = await conn.execute(
        """
        INSERT INTO organisations AS o (organisation_id, version, name, shares_contracts)
        SELECT DISTINCT ON (organisation_id) organisation_id, version, name, shares_contracts
        FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[]) AS n (organisation_id, version, name, shares_contracts)
        ORDER BY organisation_id, version DESC
        ON CONFLICT (organisation_id) DO UPDATE SET
            version = excluded.version, name = excluded.name, shares_contracts = excluded.shares_contracts
        WHERE o.version < excluded.version
        """,
        [organisation.organisation_id for organisation in organisations],
        [organisation.version for organisation in organisations],
        [organisation.name for organisation in organisations],
        [organisation.icb_sees is IcbSees.CONTRACTS for organisation in organisations],
    )
    return kept != "INSERT 0 0"


async def keep_contracts(conn: Connection, contracts: Sequence[Mapping[str, Any]]) -> None:
    """``contracts``: the data of ContractFacts. The newest version wins."""
    await conn.execute(
        """
        INSERT INTO contracts AS c (contract_id, version, reference, title, buyers, suppliers)
        SELECT DISTINCT ON (contract_id) contract_id::uuid, version, reference, title, buyers::uuid[], suppliers::uuid[]
        FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[])
             AS n (contract_id, version, reference, title, buyers, suppliers)
        ORDER BY contract_id, version DESC
        ON CONFLICT (contract_id) DO UPDATE SET
            version = excluded.version, reference = excluded.reference, title = excluded.title,
            buyers = excluded.buyers, suppliers = excluded.suppliers
        WHERE c.version < excluded.version
        """,
        [contract["contract_id"] for contract in contracts],
        [contract["version"] for contract in contracts],
        [contract["reference"] for contract in contracts],
        [contract["title"] for contract in contracts],
        [_ids(contract["buyers"]) for contract in contracts],
        [_ids(contract["suppliers"]) for contract in contracts],
    )


async def keep_pledges(conn: Connection, pledges: Sequence[Pledge]) -> None:
    """The newest version wins."""
    await conn.execute(
        """
        INSERT INTO pledges AS p (contract_id, version, organisation_id, measures)
        SELECT DISTINCT ON (contract_id) contract_id, version, organisation_id, measures::jsonb
        FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[]) AS n (contract_id, version, organisation_id, measures)
        ORDER BY contract_id, version DESC
        ON CONFLICT (contract_id) DO UPDATE SET
            version = excluded.version, organisation_id = excluded.organisation_id, measures = excluded.measures
        WHERE p.version < excluded.version
        """,
        [pledge.contract_id for pledge in pledges],
        [pledge.version for pledge in pledges],
        [pledge.organisation_id for pledge in pledges],
        ["[" + ",".join(measure.model_dump_json() for measure in pledge.measures) + "]" for pledge in pledges],
    )


async def shared_contracts(conn: Connection, contract_ids: Collection[UUID]) -> dict[UUID, Record]:
    """Those whose buyers all let the ICB see single contracts: ``reference``, ``title``, ``suppliers`` (their names)."""
    rows = await conn.fetch(
        """
        SELECT c.contract_id, c.reference, c.title,
               ARRAY(SELECT coalesce(o.name, s.id::text) FROM unnest(c.suppliers) WITH ORDINALITY AS s (id, nth)
                     LEFT JOIN organisations o ON o.organisation_id = s.id ORDER BY s.nth) AS suppliers
        FROM contracts c
        WHERE c.contract_id = ANY($1)
          AND c.buyers <@ ARRAY(SELECT organisation_id FROM organisations WHERE shares_contracts)
        """,
        list(contract_ids),
    )
    return {row["contract_id"]: row for row in rows}


async def organisation_names(conn: Connection, organisation_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await conn.fetch(
        "SELECT organisation_id, name FROM organisations WHERE organisation_id = ANY($1)", list(organisation_ids)
    )
    return {row["organisation_id"]: row["name"] for row in rows}


async def pledges(conn: Connection) -> list[tuple[Pledge, str]]:
    """Every pledge with its organisation's name, in the order of the names."""
    rows = await conn.fetch(
        """
        SELECT p.*, coalesce(o.name, p.organisation_id::text) AS name
        FROM pledges p LEFT JOIN organisations o USING (organisation_id) ORDER BY name, contract_id
        """
    )
    return [
        (
            Pledge(
                contract_id=row["contract_id"],
                version=row["version"],
                organisation_id=row["organisation_id"],
                measures=row["measures"],
            ),
            row["name"],
        )
        for row in rows
    ]


def _ids(parties: Sequence[Mapping[str, Any]]) -> str:
    return "{" + ",".join(party["organisation_id"] for party in parties) + "}"
