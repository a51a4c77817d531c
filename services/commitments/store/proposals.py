"""Releases of notices, and the contracts that they propose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.commitments.models.proposals import ProposalKept, ProposalStatus
from services.commitments.notices import Found, Release
from shared.db import Connection, Record
from shared.locks import lock_key


def _proposal(row: Record) -> ProposalKept:
    return ProposalKept.model_validate(
        {name: row[name] for name in ProposalKept.model_fields} | {"changes": tuple(row["changes"])}
    )


async def lock_imports(conn: Connection) -> None:
    """Nobody else imports notices until this transaction ends. One lock for all: a lock per process could be thousands."""
    await conn.execute("SELECT pg_advisory_xact_lock($1)", lock_key("notices"))


async def releases_of(conn: Connection, ocids: Collection[str]) -> list[Found]:
    """What was imported of these processes so far, in time order."""
    rows = await conn.fetch(
        "SELECT file, body FROM notice_releases WHERE ocid = ANY($1) ORDER BY ocid, released_at, release_id", list(ocids)
    )
    return [Found(row["file"], Release.model_validate(row["body"])) for row in rows]


async def add_releases(conn: Connection, found: Sequence[Found], *, by: UUID, at: datetime) -> None:
    await conn.executemany(
        """
        INSERT INTO notice_releases (ocid, release_id, released_at, file, body, imported_at, imported_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [(one.release.ocid, one.release.id, one.release.date, one.file[-300:], one.release.stored(), at, by) for one in found],
    )


async def lock_of_processes(conn: Connection, ocids: Collection[str]) -> list[ProposalKept]:
    rows = await conn.fetch("SELECT * FROM proposals WHERE ocid = ANY($1) ORDER BY proposal_id FOR UPDATE", list(ocids))
    return [_proposal(row) for row in rows]


async def lock(conn: Connection, proposal_id: UUID) -> ProposalKept | None:
    row = await conn.fetchrow("SELECT * FROM proposals WHERE proposal_id = $1 FOR UPDATE", proposal_id)
    return row and _proposal(row)


async def find(conn: Connection, proposal_id: UUID) -> ProposalKept | None:
    row = await conn.fetchrow("SELECT * FROM proposals WHERE proposal_id = $1", proposal_id)
    return row and _proposal(row)


async def save(conn: Connection, proposals: Sequence[ProposalKept]) -> None:
    await conn.executemany(
        """
        INSERT INTO proposals (proposal_id, version, ocid, award_id, ocds_contract_id, status, buyer_id, imported_for, standing,
            settled, changes, contract_ids)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (proposal_id) DO UPDATE SET
            (version, award_id, ocds_contract_id, status, buyer_id, standing, settled, changes, contract_ids) =
            (excluded.version, excluded.award_id, excluded.ocds_contract_id, excluded.status, excluded.buyer_id,
             excluded.standing, excluded.settled, excluded.changes, excluded.contract_ids)
        """,
        [
            (
                one.proposal_id,
                one.version,
                one.standing.ocid,
                one.standing.award_id,
                one.standing.contract_id,
                one.status,
                one.buyer_id,
                one.imported_for,
                one.standing.model_dump(mode="json"),
                one.settled.model_dump(mode="json") if one.settled else None,
                [change.model_dump(mode="json") for change in one.changes],
                list(one.contract_ids),
            )
            for one in proposals
        ],
    )


async def page(
    conn: Connection, organisation_id: UUID | None, *, status: ProposalStatus | None, after: UUID | None, limit: int
) -> list[ProposalKept]:
    """The latest first: an organisation's own, or those of its import that no buyer here is known for; None: everybody's."""
    rows = await conn.fetch(
        """
        SELECT * FROM proposals
        WHERE ($1::uuid IS NULL OR buyer_id = $1 OR (buyer_id IS NULL AND imported_for = $1))
          AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR proposal_id < $3)
        ORDER BY proposal_id DESC LIMIT $4
        """,
        organisation_id,
        status,
        after,
        limit,
    )
    return [_proposal(row) for row in rows]
