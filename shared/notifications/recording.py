"""What is to be told to whom, and in which words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection
from shared.ids import new_id


@dataclass(frozen=True)
class Template:
    """``str.format`` fills both with the notification's data and ``name``, the person's."""

    subject: str
    body: str


TEMPLATES: dict[str, Template] = {}
"""By name. A service adds its own where it decides to notify."""


@dataclass(frozen=True)
class Notice:
    """Whoever holds one of these roles in these organisations is to be told. ``key`` names the occasion: it is told once."""

    key: str
    organisation_ids: Collection[UUID]
    roles: Collection[str]
    template: str
    data: Mapping[str, Any]
    at: datetime


async def notify(
    conn: Connection, *, at: datetime, key: str, person_ids: Collection[UUID], template: str, data: Mapping[str, Any]
) -> None:
    """Record that these people are to be told. ``key`` names the occasion: each person is told of it once.

    Raises KeyError for a template that nobody added.
    """
    TEMPLATES[template]
    await conn.executemany(
        """
        INSERT INTO notifications (id, key, person_id, template, data, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (key) DO NOTHING
        """,
        [(new_id(), f"{key}/{person}", person, template, dict(data), at) for person in sorted(set(person_ids))],
    )


async def notify_roles(
    conn: Connection,
    *,
    at: datetime,
    key: str,
    organisation_ids: Collection[UUID],
    roles: Collection[str],
    template: str,
    data: Mapping[str, Any],
) -> None:
    """Record that whoever holds one of these roles in these organisations is to be told; ``key`` names the occasion, told once.

    Raises KeyError for a template that nobody added.
    """
    await notify_all(conn, [Notice(key, organisation_ids, roles, template, data, at)])


async def notify_all(conn: Connection, notices: Sequence[Notice]) -> None:
    """As ``notify_roles``, of many occasions at once."""
    for one in notices:
        TEMPLATES[one.template]
    await conn.executemany(
        """
        INSERT INTO notices (id, key, organisation_ids, roles, template, data, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (key) DO NOTHING
        """,
        [
            (new_id(), one.key, sorted(set(one.organisation_ids)), sorted(set(one.roles)), one.template, dict(one.data), one.at)
            for one in notices
        ],
    )
