"""Who is meant by an id: names live in the identity database, and are looked up when a page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from fastapi import Request

from shared.access import NOBODY
from shared.identity import people

_LEFT = "Somebody who has left"


async def names_of(request: Request, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """A name for each of these; the service itself is called Parity."""
    wanted = set(person_ids)
    found = {person.id: person.name for person in await people.find(request.app.state.runtime.identity, list(wanted))}
    return dict.fromkeys(wanted, _LEFT) | found | {NOBODY: "Parity"}
