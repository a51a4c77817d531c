"""Requests to restate a line, and what suppliers are asked to look at again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.returns.models.returns import RestatementAsked, RestatementRequest
from services.returns.models.views import AskedSummary, RequestSummary
from services.returns.store.rows import insert
from shared.db import Connection, Record
from shared.viewer import Viewer

# The earliest first. $4: only those that wait for an answer.
_PAGE = """
    SELECT one.* FROM {table} AS one JOIN contracts c USING (contract_id)
    WHERE (($2 AND c.buyer_ids @> ARRAY[$1::uuid]) OR ($3 AND c.supplier_ids @> ARRAY[$1::uuid]))
      AND (NOT $4 OR {waits}) AND ($5::uuid IS NULL OR one.contract_id = $5) AND ($6::uuid IS NULL OR one.{key} > $6)
    ORDER BY one.{key} LIMIT $7
"""
_REQUESTS = _PAGE.format(table="restatement_requests", key="request_id", waits="one.confirmed IS NULL")
_ASKED = _PAGE.format(table="restatements_asked", key="asked_id", waits="one.settled_at IS NULL")


async def add_request(conn: Connection, request: RestatementRequest) -> bool:
    """False where one for the same line waits for an answer already."""
    return await insert(conn, "restatement_requests", request)


async def request(conn: Connection, request_id: UUID) -> RestatementRequest | None:
    row = await conn.fetchrow("SELECT * FROM restatement_requests WHERE request_id = $1", request_id)
    return RestatementRequest.model_validate(dict(row)) if row is not None else None


async def requests_on(conn: Connection, line_ids: Collection[UUID]) -> list[RestatementRequest]:
    """Every request on these lines, in the order in which they were made."""
    found = await conn.fetch("SELECT * FROM restatement_requests WHERE line_id = ANY ($1) ORDER BY request_id", list(line_ids))
    return [RestatementRequest.model_validate(dict(row)) for row in found]


async def page_of_requests(
    conn: Connection, viewer: Viewer, *, waiting: bool, contract_id: UUID | None, after: UUID | None, limit: int
) -> list[RestatementRequest]:
    """On contracts of the viewer's own organisation, the earliest first. ``waiting``: only those that nobody has answered."""
    found = await _page(conn, _REQUESTS, viewer, waiting, contract_id, after, limit)
    return [RestatementRequest.model_validate(dict(row)) for row in found]


async def requests_waiting(conn: Connection, buyer_id: UUID, *, limit: int) -> list[RequestSummary]:
    """Requests on a buyer's contracts that nobody has answered, the longest waiting first."""
    found = await conn.fetch(
        """
        SELECT q.request_id, q.requested_at, c.title, l.quarter, l.reference, l.terms #>> '{measure,label}' AS label
        FROM restatement_requests q JOIN contracts c USING (contract_id) JOIN lines l USING (line_id)
        WHERE q.confirmed IS NULL AND c.buyer_ids @> ARRAY[$1::uuid]
        ORDER BY q.request_id LIMIT $2
        """,
        buyer_id,
        limit,
    )
    return [RequestSummary.model_validate(dict(row)) for row in found]


async def decide_request(
    conn: Connection, request_id: UUID, *, confirmed: bool, answer: str | None, by: UUID, at: datetime
) -> bool:
    """False where somebody has decided already."""
    return (
        await conn.fetchval(
            """
            UPDATE restatement_requests SET confirmed = $2, answer = $3, decided_by = $4, decided_at = $5
            WHERE request_id = $1 AND confirmed IS NULL RETURNING true
            """,
            request_id,
            confirmed,
            answer,
            by,
            at,
        )
    ) is True


async def add_asked(conn: Connection, asked: RestatementAsked) -> bool:
    """False where the supplier is asked to restate the same line already."""
    return await insert(conn, "restatements_asked", asked)


async def settle_asked(
    conn: Connection, line_id: UUID, *, at: datetime, answer: str | None = None, by: UUID | None = None
) -> RestatementAsked | None:
    """The asking that is settled: by an answer of this person, or without one. None where there is none."""
    row = await conn.fetchrow(
        """
        UPDATE restatements_asked SET settled_at = $2, answer = $3, answered_by = $4
        WHERE line_id = $1 AND settled_at IS NULL RETURNING *
        """,
        line_id,
        at,
        answer,
        by,
    )
    return RestatementAsked.model_validate(dict(row)) if row is not None else None


async def asked(conn: Connection, asked_id: UUID) -> RestatementAsked | None:
    row = await conn.fetchrow("SELECT * FROM restatements_asked WHERE asked_id = $1", asked_id)
    return RestatementAsked.model_validate(dict(row)) if row is not None else None


async def asked_on(conn: Connection, line_ids: Collection[UUID]) -> list[RestatementAsked]:
    """Everything that the supplier was asked to look at again on these lines, the earliest first."""
    found = await conn.fetch("SELECT * FROM restatements_asked WHERE line_id = ANY ($1) ORDER BY asked_id", list(line_ids))
    return [RestatementAsked.model_validate(dict(row)) for row in found]


async def page_of_asked(
    conn: Connection, viewer: Viewer, *, waiting: bool, contract_id: UUID | None, after: UUID | None, limit: int
) -> list[RestatementAsked]:
    """As ``page_of_requests``, what suppliers were asked to look at again. ``waiting``: only what is not settled."""
    found = await _page(conn, _ASKED, viewer, waiting, contract_id, after, limit)
    return [RestatementAsked.model_validate(dict(row)) for row in found]


async def asked_waiting(conn: Connection, supplier_id: UUID, *, limit: int) -> list[AskedSummary]:
    """Lines that a supplier is asked to restate, the longest waiting first."""
    found = await conn.fetch(
        """
        SELECT a.line_id, a.asked_at, c.title, l.quarter, l.reference, l.terms #>> '{measure,label}' AS label
        FROM restatements_asked a JOIN contracts c USING (contract_id) JOIN lines l USING (line_id)
        WHERE a.settled_at IS NULL AND c.supplier_ids @> ARRAY[$1::uuid]
        ORDER BY a.asked_id LIMIT $2
        """,
        supplier_id,
        limit,
    )
    return [AskedSummary.model_validate(dict(row)) for row in found]


async def _page(
    conn: Connection, query: str, viewer: Viewer, waiting: bool, contract_id: UUID | None, after: UUID | None, limit: int
) -> list[Record]:
    sides = viewer.organisation_id, viewer.as_buyer, viewer.as_supplier
    return await conn.fetch(query, *sides, waiting, contract_id, after, limit)
