"""Everything that was done here, by whom and when: to contracts and the catalogue, and to people and their access."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from services.commitments.pages.routing import PER_PAGE, Administrator, Cursor, Search, pages, with_query
from services.commitments.store.organisations import organisations_by_id
from shared import history
from shared.access import NOBODY
from shared.api import Tx, decode_cursor, encode_cursor
from shared.db import Connection
from shared.history import Entry
from shared.identity import people
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.forms import blank
from shared.quarters import LONDON

_HERE = link("commitments", "/history")
_SUBJECTS = ("contract", "obligation", "organisation", "framework", "proposal", "person", "key")
_MOST_PEOPLE = 100
_LONGEST = 300

Day = Annotated[str, Query(max_length=10)]


@pages.router.get("/history")
async def show(
    request: Request,
    tx: Tx,
    identity: Identity,
    visitor: Administrator,
    who: Search = "",
    what: Search = "",
    since: Day = "",
    until: Day = "",
    cursor: Cursor = None,
) -> Response:
    """The latest first. Both databases are asked for a page, of which the latest are shown."""
    form = blank(who=who, what=what, since=since, until=until)
    first, last = _day(since), _day(until)
    if since and first is None:
        form = form.wrong("From must be a real date", name="since")
    if until and last is None:
        form = form.wrong("To must be a real date", name="until")
    wanted: dict[str, Any] = {
        "people": await people.ids_called(identity, who.strip(), limit=_MOST_PEOPLE) if who.strip() else None,
        "subject": what or None,
        "since": _midnight(first) if first else None,
        "until": _midnight(last + timedelta(days=1)) if last else None,
        "before": decode_cursor(cursor, datetime, UUID) if cursor else None,
        "limit": PER_PAGE + 1,
    }
    both = [*await history.latest(tx, **wanted), *await history.latest(identity, **wanted)]
    found = sorted(both, key=lambda entry: (entry.at, entry.id), reverse=True)
    shown = found[:PER_PAGE]
    names = await _names(tx, identity, shown)
    more = encode_cursor(shown[-1].at.isoformat(), shown[-1].id) if len(found) > PER_PAGE else None
    next_page = with_query(_HERE, who=who, what=what, since=since, until=until, cursor=more) if more else None
    return pages.show(
        request,
        "history.jinja",
        form=form,
        subjects=_SUBJECTS,
        entries=[(entry, _author(entry, names), names.get(entry.subject_id), _told(entry, names)) for entry in shown],
        next_href=next_page,
    )


def _author(entry: Entry, names: dict[UUID, str]) -> str:
    return "Parity itself" if entry.person_id == NOBODY else names.get(entry.person_id, "Somebody unknown")


async def _names(tx: Connection, identity: Connection, entries: Sequence[Entry]) -> dict[UUID, str]:
    """Of the people and organisations that the entries are about, or tell of."""
    ids = {entry.person_id for entry in entries} | {entry.subject_id for entry in entries}
    ids |= {found for entry in entries for value in entry.detail.values() if (found := _id(value)) is not None}
    organisations = await organisations_by_id(tx, ids)
    return {**await people.names(identity, list(ids)), **{one: found.name for one, found in organisations.items()}}


def _told(entry: Entry, names: dict[UUID, str]) -> list[tuple[str, str]]:
    """What the entry tells beside, in pairs of a word and its value."""
    return [
        (name.removesuffix("_id"), _value(value, names))
        for name, value in entry.detail.items()
        if value not in (None, "", [], {})
    ]


def _value(value: Any, names: dict[UUID, str]) -> str:
    match value:
        case {"before": before, "after": after}:
            return f"{_value(before, names)} → {_value(after, names)}"
        case dict():
            text = "; ".join(f"{name} {_value(one, names)}" for name, one in value.items())
        case list():
            text = ", ".join(_value(one, names) for one in value)
        case None:
            text = "nothing"
        case _:
            known = _id(value)
            text = names.get(known, str(value)) if known else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)
