"""What was done in a service, by whom and when: the same page in each of the four, for administrators.

Reasons, notes and stories stay with those who work with a contract: of what was done to one, only dry facts are told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response

from shared import contracts, history
from shared.access import NOBODY, Role
from shared.api import Tx, decode_cursor, encode_cursor
from shared.db import Connection
from shared.history import Entry
from shared.identity import people
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.forms import blank
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit
from shared.quarters import LONDON

_PER_PAGE = 50
_MOST_CALLED = 100
_LONGEST = 300
_FACTS = {"version", "quarter", "from_quarter", "number", "day", "due_on", "severity", "level", "ocid"}
"""Of ``detail``: what nobody wrote in words of their own."""

_Administrator = Annotated[Visitor, admit(Role.ADMINISTRATOR)]
_Words = Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$")]
_Day = Annotated[str, Query(max_length=10)]
Names = Callable[[Connection, Collection[UUID]], Awaitable[Mapping[UUID, str]]]


async def _nothing(conn: Connection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    return {}


def add_history(
    pages: Pages,
    service: str,
    subjects: Sequence[str],
    *,
    of_contracts: bool = True,
    administered: Collection[str] = (),
    names: Names = _nothing,
) -> None:
    """Give a service its page ``/history``. ``subjects``: what is done something to there.

    ``of_contracts``: whether any of it belongs to a contract; ``administered``: of which of it administrators read every detail,
    as it is theirs, with what was done to people beside it; ``names``: of what else than people names are known there.
    """

    @pages.router.get("/history")
    async def show(
        request: Request,
        tx: Tx,
        identity: Identity,
        visitor: _Administrator,
        who: _Words = "",
        what: _Words = "",
        contract: _Words = "",
        since: _Day = "",
        until: _Day = "",
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Response:
        """The latest first. Where people are administered both databases are asked for a page, of which the latest are shown."""
        form = blank(who=who, what=what, contract=contract, since=since, until=until)
        first, last = _day(since), _day(until)
        if since and first is None:
            form = form.wrong("From must be a real date", name="since")
        if until and last is None:
            form = form.wrong("To must be a real date", name="until")
        wanted: dict[str, Any] = {
            "people": await people.ids_called(identity, who.strip(), limit=_MOST_CALLED) if who.strip() else None,
            "contracts": await contracts.ids_called(tx, contract.strip(), limit=_MOST_CALLED) if contract.strip() else None,
            "subject": what or None,
            "since": _midnight(first) if first else None,
            "until": _midnight(last + timedelta(days=1)) if last else None,
            "before": decode_cursor(cursor, datetime, UUID) if cursor else None,
            "limit": _PER_PAGE + 1,
        }
        found = await history.latest(tx, **wanted)
        if administered:
            found += await history.latest(identity, **wanted)
            found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
        shown = found[:_PER_PAGE]
        told = {entry.id: _told(entry, entry.subject in administered) for entry in shown}
        ids = {id for entry in shown for id in (entry.person_id, entry.subject_id, *_ids_in(told[entry.id]))}
        called = {**await people.names(identity, list(ids)), **await names(tx, ids)}
        asked = {"who": who, "what": what, "contract": contract, "since": since, "until": until}
        if len(found) > _PER_PAGE:
            asked["cursor"] = encode_cursor(shown[-1].at.isoformat(), shown[-1].id)
        return pages.show(
            request,
            "history.jinja",
            service=service,
            form=form,
            subjects=subjects,
            of_contracts=of_contracts,
            references=await contracts.references(tx, {entry.contract_id for entry in shown if entry.contract_id}),
            entries=[
                (
                    entry,
                    "Parity itself" if entry.person_id == NOBODY else called.get(entry.person_id, "Somebody unknown"),
                    called.get(entry.subject_id),
                    [(word.removesuffix("_id"), _value(value, called)) for word, value in told[entry.id].items()],
                )
                for entry in shown
            ],
            next_href=f"{link(service, '/history')}?{_query(asked)}" if "cursor" in asked else None,
        )


def _told(entry: Entry, everything: bool) -> dict[str, Any]:
    said = {word: value for word, value in entry.detail.items() if value not in (None, "", [], {})}
    return said if everything else {word: str(said[word]).replace("_", " ") for word in said if word in _FACTS}


def _ids_in(value: Any) -> list[UUID]:
    match value:
        case dict():
            return [found for one in value.values() for found in _ids_in(one)]
        case list():
            return [found for one in value for found in _ids_in(one)]
        case _:
            found = _id(value)
            return [found] if found else []


def _value(value: Any, called: Mapping[UUID, str]) -> str:
    match value:
        case {"before": before, "after": after}:
            return f"{_value(before, called)} → {_value(after, called)}"
        case dict():
            text = "; ".join(f"{name} {_value(one, called)}" for name, one in value.items())
        case list():
            text = ", ".join(_value(one, called) for one in value)
        case None:
            text = "nothing"
        case _:
            known = _id(value)
            text = called.get(known, str(value)) if known else str(value)
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


def _query(asked: Mapping[str, str]) -> str:
    return urlencode({name: text for name, text in asked.items() if text})
