"""What was done in a service, by whom and when: the same page in each of the four, for administrators.

Reasons, notes and stories stay with those who work with a contract: of what was done to one, only dry facts are told.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from shared import contracts, history, words
from shared.access import NOBODY, Role
from shared.api import Tx, decode_cursor, paged
from shared.db import Connection
from shared.history import Entry
from shared.identity import people
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, blank
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit
from shared.quarters import LONDON, Quarter
from shared.spreadsheets import Sheet
from shared.words import label

_PER_PAGE = 50
_MOST_CALLED = 100
_LONGEST = 300
_FACTS = {"version", "quarter", "from_quarter", "number", "day", "due_on", "severity", "level", "ocid"}
"""Of ``detail``: what nobody wrote in words of their own."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(_DAY.pattern + r"T[\d:.]+(?:Z|[+-]\d{2}:\d{2})")
_QUARTER = re.compile(r"\d{4}-\d{2}-Q[1-4]")
_TERM = re.compile(r"[a-z]+(?:_[a-z]+)+")

_HEADINGS = ("When (UK time)", "Who", "What", "Name", "Done", "Contract", "Details")
_WIDTHS = {"When (UK time)": 20, "Who": 30, "Name": 40, "Details": 60}

_Administrator = Annotated[Visitor, admit(Role.ADMINISTRATOR)]
_Words = Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$")]
_Typed = Annotated[str, Query(max_length=10)]
Names = Callable[[Connection, Collection[UUID]], Awaitable[Mapping[UUID, str]]]


@dataclass(frozen=True)
class _Asked:
    """What the history was narrowed to, as it was typed."""

    who: _Words = ""
    what: _Words = ""
    contract: _Words = ""
    since: _Typed = ""
    until: _Typed = ""

    def said(self) -> dict[str, str]:
        return {name: text for name, text in vars(self).items() if text}

    def form(self) -> Bound[Any]:
        form = blank(**vars(self))
        if self.since and _day(self.since) is None:
            form = form.wrong("From must be a real date", name="since")
        if self.until and _day(self.until) is None:
            form = form.wrong("To must be a real date", name="until")
        return form

    async def wanted(self, conn: Connection, identity: Connection) -> dict[str, Any]:
        """For ``latest`` of shared/history.py; a day that is none narrows nothing."""
        first, last = _day(self.since), _day(self.until)
        called, reference = self.who.strip(), self.contract.strip()
        return {
            "people": await people.ids_called(identity, called, limit=_MOST_CALLED) if called else None,
            "contracts": await contracts.ids_called(conn, reference, limit=_MOST_CALLED) if reference else None,
            "subject": self.what or None,
            "since": _midnight(first) if first else None,
            "until": _midnight(last + timedelta(days=1)) if last else None,
        }


@dataclass(frozen=True, slots=True)
class _Line:
    """One thing that was done, in words."""

    at: datetime
    by: str
    subject: str
    href: str
    name: str
    done: str
    contract: str
    told: list[tuple[str, str]]

    @property
    def details(self) -> str:
        return "; ".join(f"{word}: {value}" for word, value in self.told)


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

    here = link(service, "/history")

    @pages.router.get("/history")
    async def show(
        request: Request,
        tx: Tx,
        identity: Identity,
        visitor: _Administrator,
        asked: Annotated[_Asked, Depends()],
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Response:
        form = asked.form()
        before = decode_cursor(cursor, datetime, UUID) if cursor else None
        found = await latest(tx, identity, await asked.wanted(tx, identity), before=before, limit=_PER_PAGE + 1)
        shown, more = paged(found, _PER_PAGE, lambda one: (one.at.isoformat(), one.id))
        return pages.show(
            request,
            "history.jinja",
            service=service,
            form=form,
            subjects=subjects,
            of_contracts=of_contracts,
            entries=await in_words(tx, identity, shown),
            next_href=f"{here}?{urlencode({**asked.said(), 'cursor': more})}" if more else None,
            taken=downloads.offered(here, **asked.said()),
        )

    @pages.router.get("/history/download")
    async def download(
        tx: Tx, identity: Identity, visitor: _Administrator, asked: Annotated[_Asked, Depends()], file: downloads.Taken
    ) -> Response:
        wanted = await asked.wanted(tx, identity)
        found: list[Entry] = await downloads.whole(
            lambda last, limit: latest(tx, identity, wanted, before=(last.at, last.id) if last else None, limit=limit)
        )
        rows = [
            (downloads.clock(one.at), one.by, one.subject, one.name, one.done, one.contract, one.details)
            for one in await in_words(tx, identity, found)
        ]
        return await downloads.table(Sheet("History", _HEADINGS, rows, widths=_WIDTHS), f"history-{service}", file)

    async def latest(
        tx: Connection, identity: Connection, wanted: Mapping[str, Any], *, before: tuple[datetime, UUID] | None, limit: int
    ) -> list[Entry]:
        """Where people are administered both databases are asked for so many, of which the latest are told."""
        found = await history.latest(tx, **wanted, before=before, limit=limit)
        if administered:
            found += await history.latest(identity, **wanted, before=before, limit=limit)
            found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
        return found[:limit]

    async def in_words(tx: Connection, identity: Connection, entries: Sequence[Entry]) -> list[_Line]:
        told = {entry.id: _told(entry, entry.subject in administered) for entry in entries}
        ids = {id for entry in entries for id in (entry.person_id, entry.subject_id, *_ids_in(told[entry.id]))}
        called = {**await people.names(identity, list(ids)), **await names(tx, ids)}
        references = await contracts.references(tx, {entry.contract_id for entry in entries if entry.contract_id})
        return [
            _Line(
                at=entry.at,
                by="Parity itself" if entry.person_id == NOBODY else called.get(entry.person_id, "Somebody unknown"),
                subject=label(entry.subject),
                href=link("commitments", f"/organisations/{entry.subject_id}") if entry.subject == "organisation" else "",
                name=called.get(entry.subject_id, ""),
                done=entry.action.replace("_", " "),
                contract=references.get(entry.contract_id, "") if entry.contract_id else "",
                told=[(label(word.removesuffix("_id")), _value(value, called)) for word, value in told[entry.id].items()],
            )
            for entry in entries
        ]


def _told(entry: Entry, everything: bool) -> dict[str, Any]:
    said = {word: value for word, value in entry.detail.items() if value not in (None, "", [], {})}
    return said if everything else {word: value for word, value in said.items() if word in _FACTS}


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
            text = "; ".join(f"{_spoken(name)} {_value(one, called)}" for name, one in value.items())
        case list():
            text = ", ".join(_value(one, called) for one in value)
        case None:
            text = "nothing"
        case bool():
            text = "yes" if value else "no"
        case _:
            known = _id(value)
            text = called.get(known, value) if known else _spoken(str(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _spoken(text: str) -> str:
    """Days, moments, quarters and the terms of the product as people say them; anything else as it stands."""
    try:
        if _DAY.fullmatch(text):
            return words.day(date.fromisoformat(text))
        if _MOMENT.fullmatch(text):
            return words.moment(datetime.fromisoformat(text))
        if _QUARTER.fullmatch(text):
            return str(Quarter.parse(text))
    except ValueError:
        return text
    return label(text) if _TERM.fullmatch(text) else text


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
