"""Everything that was done here, by whom and when: to contracts and the catalogue, and to people and their access."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from services.commitments.pages.routing import pages
from services.commitments.store.organisations import organisations_by_id
from shared.db import Connection
from shared.pages.history import add_history


async def _organisations(conn: Connection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    return {id: found.name for id, found in (await organisations_by_id(conn, ids)).items()}


add_history(
    pages,
    "commitments",
    ["contract", "organisation", "framework", "proposal", "person", "key"],
    administered={"organisation", "framework", "person", "key"},
    names=_organisations,
)
