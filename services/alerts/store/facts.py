"""Facts in and out. Adding one twice changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import orjson

from services.alerts.models.facts import (
    KnownContract,
    LineVersion,
    Owed,
    Promise,
    Resolution,
    ReturnVersion,
)
from services.alerts.models.news import Known, News
from services.alerts.store.rows import rows
from shared.db import Connection, Record
from shared.obligations import Figure, Judgement, Terms
from shared.quarters import Quarter


async def lock_evidence(conn: Connection, hashes: Collection[str]) -> None:
    """Before any contract is locked: who else carries these files must not change meanwhile."""
    await conn.execute("INSERT INTO evidence_files (sha256) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", sorted(hashes))
    await conn.execute("SELECT FROM evidence_files WHERE sha256 = ANY ($1) ORDER BY sha256 FOR UPDATE", sorted(hashes))


async def add_contracts(conn: Connection, contracts: Sequence[KnownContract]) -> None:
    """Those that are not known yet, in one order for everybody, so that nobody waits in a ring. ``add`` brings their version."""
    await conn.execute(
        """
        INSERT INTO contracts SELECT * FROM jsonb_populate_recordset(NULL::contracts, $1) ORDER BY contract_id
        ON CONFLICT (contract_id) DO NOTHING
        """,
        rows([replace(contract, version=0) for contract in contracts]),
    )


async def lock_contracts(conn: Connection, contract_ids: Collection[UUID]) -> None:
    await conn.execute("SELECT FROM contracts WHERE contract_id = ANY ($1) ORDER BY contract_id FOR UPDATE", list(contract_ids))


async def contracts_with(conn: Connection, hashes: Collection[str]) -> set[UUID]:
    """The contracts on which a file of evidence was ever seen."""
    found = await conn.fetch("SELECT DISTINCT contract_id FROM line_versions WHERE evidence && $1", list(hashes))
    return {row["contract_id"] for row in found}


async def known(
    conn: Connection, *, contract_ids: Collection[UUID], return_ids: Collection[UUID], line_ids: Collection[UUID]
) -> Known:
    """What is known of these, to tell news from what was said before."""
    promised = await conn.fetch(
        """
        SELECT DISTINCT ON (obligation_id) obligation_id, contract_id, targets FROM promises
        WHERE contract_id = ANY ($1) ORDER BY obligation_id, version DESC
        """,
        list(contract_ids),
    )
    asked = await conn.fetch(
        """
        SELECT DISTINCT ON (return_id, obligation_id) return_id, obligation_id, terms, days FROM owed
        WHERE return_id = ANY ($1) ORDER BY return_id, obligation_id, version DESC
        """,
        list(return_ids),
    )
    versions = await conn.fetch(
        """
        SELECT contract_id AS id, version FROM contracts WHERE contract_id = ANY ($1)
        UNION ALL
        SELECT return_id, max(version) FROM return_versions WHERE return_id = ANY ($2) GROUP BY return_id
        UNION ALL
        SELECT line_id, max(version) FROM line_versions WHERE line_id = ANY ($3) GROUP BY line_id
        """,
        list(contract_ids),
        list(return_ids),
        list(line_ids),
    )
    found = Known(
        promised={row["obligation_id"]: _targets(row) for row in promised},
        contract_of={row["obligation_id"]: row["contract_id"] for row in promised},
        versions={row["id"]: row["version"] for row in versions},
    )
    for row in asked:
        terms = _terms(orjson.dumps(row["terms"])) if row["terms"] else None
        found.asked.setdefault(row["return_id"], {})[row["obligation_id"]] = terms, row["days"]
    return found


async def add(conn: Connection, news: News) -> None:
    """Of organisations, contracts and obligations the newest version stays; of everything else every version."""
    if news.organisations:
        await conn.execute(
            """
            INSERT INTO organisations AS known SELECT * FROM jsonb_populate_recordset(NULL::organisations, $1)
            ORDER BY organisation_id
            ON CONFLICT (organisation_id) DO UPDATE SET (version, name, icb_sees, escalates_to_icb, executive_id)
                = (excluded.version, excluded.name, excluded.icb_sees, excluded.escalates_to_icb, excluded.executive_id)
            WHERE excluded.version > known.version
            """,
            rows(news.organisations),
        )
    await conn.execute(
        """
        UPDATE contracts AS known SET (version, reference, title, starts_on, ends_on, buyer_ids, supplier_ids, lead_buyer_id)
            = (new.version, new.reference, new.title, new.starts_on, new.ends_on, new.buyer_ids, new.supplier_ids,
               new.lead_buyer_id)
        FROM jsonb_populate_recordset(NULL::contracts, $1) AS new
        WHERE known.contract_id = new.contract_id AND new.version > known.version
        """,
        rows(news.contracts),
    )
    await conn.execute(
        """
        INSERT INTO obligations AS known SELECT * FROM jsonb_populate_recordset(NULL::obligations, $1)
        ON CONFLICT (obligation_id) DO UPDATE SET (version, reference, side, owner_id, measure_code, label, unit)
            = (excluded.version, excluded.reference, excluded.side, excluded.owner_id, excluded.measure_code, excluded.label,
               excluded.unit)
        WHERE excluded.version > known.version
        """,
        rows(news.obligations),
    )
    await conn.execute(
        "INSERT INTO promises SELECT * FROM jsonb_populate_recordset(NULL::promises, $1) ON CONFLICT DO NOTHING",
        rows(news.promises),
    )
    await conn.execute(
        "INSERT INTO return_versions SELECT * FROM jsonb_populate_recordset(NULL::return_versions, $1) ON CONFLICT DO NOTHING",
        rows(news.returns),
    )
    await conn.execute(
        "INSERT INTO owed SELECT * FROM jsonb_populate_recordset(NULL::owed, $1) ON CONFLICT DO NOTHING",
        rows(news.owed),
    )
    await conn.execute(
        "INSERT INTO line_versions SELECT * FROM jsonb_populate_recordset(NULL::line_versions, $1) ON CONFLICT DO NOTHING",
        rows(news.lines),
    )


async def add_resolution(conn: Connection, resolution: Resolution) -> None:
    await conn.execute(
        "INSERT INTO resolutions SELECT * FROM jsonb_populate_recordset(NULL::resolutions, $1)", rows([resolution])
    )


async def heard_of(conn: Connection, contract_ids: Collection[UUID]) -> int:
    """The furthest position on ``returns`` that is known of these contracts; 0 where none is."""
    found: int = await conn.fetchval(
        """
        SELECT coalesce(max(position), 0) FROM (
            SELECT position FROM return_versions WHERE contract_id = ANY ($1)
            UNION ALL
            SELECT position FROM line_versions JOIN obligations o USING (obligation_id) WHERE o.contract_id = ANY ($1)
        ) AS heard
        """,
        list(contract_ids),
    )
    return found


async def promises_of(conn: Connection, obligation_ids: Collection[UUID]) -> list[Promise]:
    found = await conn.fetch(
        "SELECT * FROM promises WHERE obligation_id = ANY ($1) ORDER BY obligation_id, version", list(obligation_ids)
    )
    return [Promise(**{**row, "targets": _targets(row)}) for row in found]


async def owed_of(conn: Connection, obligation_ids: Collection[UUID]) -> list[Owed]:
    found = await conn.fetch(
        "SELECT * FROM owed WHERE obligation_id = ANY ($1) ORDER BY obligation_id, return_id, version", list(obligation_ids)
    )
    return [
        Owed(
            **{
                **row,
                "quarter": Quarter(row["quarter"]),
                "terms": _terms(orjson.dumps(row["terms"])) if row["terms"] else None,
            }
        )
        for row in found
    ]


async def lines_of(conn: Connection, obligation_ids: Collection[UUID]) -> list[LineVersion]:
    found = await conn.fetch(
        "SELECT * FROM line_versions WHERE obligation_id = ANY ($1) ORDER BY line_id, version", list(obligation_ids)
    )
    return [_line(row) for row in found]


async def lines_of_returns(conn: Connection, return_ids: Collection[UUID]) -> list[LineVersion]:
    found = await conn.fetch("SELECT * FROM line_versions WHERE return_id = ANY ($1) ORDER BY line_id, version", list(return_ids))
    return [_line(row) for row in found]


async def lines_with(conn: Connection, hashes: Collection[str]) -> list[LineVersion]:
    """Every version of the lines on which one of these files was ever seen."""
    found = await conn.fetch(
        """
        SELECT * FROM line_versions
        WHERE line_id IN (SELECT line_id FROM line_versions WHERE evidence && $1) ORDER BY line_id, version
        """,
        list(hashes),
    )
    return [_line(row) for row in found]


async def evidence_of_lines(conn: Connection, line_ids: Collection[UUID]) -> set[str]:
    found = await conn.fetch(
        "SELECT DISTINCT unnest(evidence) AS sha256 FROM line_versions WHERE line_id = ANY ($1)", list(line_ids)
    )
    return {row["sha256"] for row in found}


async def returns_of(conn: Connection, return_ids: Collection[UUID]) -> list[ReturnVersion]:
    found = await conn.fetch(
        "SELECT * FROM return_versions WHERE return_id = ANY ($1) ORDER BY return_id, version", list(return_ids)
    )
    return [ReturnVersion(**{**row, "quarter": Quarter(row["quarter"])}) for row in found]


async def resolutions_of(conn: Connection, subject_ids: Collection[UUID]) -> list[Resolution]:
    found = await conn.fetch(
        "SELECT * FROM resolutions WHERE subject_id = ANY ($1) ORDER BY at, resolution_id", list(subject_ids)
    )
    return [Resolution(**row) for row in found]


@lru_cache(maxsize=5000)
def _terms(text: bytes) -> Terms:
    """An obligation's terms are the same in most of its quarters, and reading them costs more than rating by them."""
    return Terms.model_validate_json(text)


def _targets(row: Record) -> dict[Quarter, Decimal]:
    return {Quarter.parse(quarter): Decimal(target) for quarter, target in row["targets"].items()}


def _line(row: Record) -> LineVersion:
    return LineVersion(
        **{
            **row,
            "quarter": Quarter(row["quarter"]),
            "terms": _terms(orjson.dumps(row["terms"])),
            "figure": Figure.model_validate(row["figure"]),
            "judgement": Judgement(row["judgement"]) if row["judgement"] else None,
            "unlikely": tuple(row["unlikely"]),
            "evidence": tuple(row["evidence"]),
        }
    )
