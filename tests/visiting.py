"""A signed-in person who looks at pages in process: as a browser without JavaScript would, forms and cookie included."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
from openpyxl import load_workbook
from starlette.applications import Starlette
from starlette.routing import Mount

from shared.access import Role
from shared.identity import people, sessions
from shared.origin import PATHS
from shared.pages.visitors import COOKIE
from shared.service import Runtime
from tests.conftest import NOON

ORIGIN = "https://parity.example"
_BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin"}
# How a page keeps words together is nothing that a reader notices, nor a test.
_UNBROKEN = re.compile(r'<span class="parity-unbroken">([^<]*)</span>')
Fields = Mapping[str, str | list[str]]
Files = Sequence[tuple[str, tuple[str, bytes, str]]]


@dataclass
class SeenForm:
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(words, name, value)"""
    actions: dict[str, str] = field(default_factory=dict)
    """Where a button sends the form, by its words, where that is not the form's own action."""


class Page(HTMLParser):
    """What a person sees of a page, and its forms."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.html = _UNBROKEN.sub(r"\1", response.text).replace("\N{NO-BREAK SPACE}", " ")
        self.title = ""
        self.forms: list[SeenForm] = []
        self.links: dict[str, str] = {}
        """href by words; the first of the same words"""
        self._words: list[str] = []
        self._inside: list[str] = []
        self._link: tuple[str, list[str]] | None = None
        self._back = False
        self._button: tuple[list[str], str, str] | None = None
        self._select = self._textarea = self._formaction = ""
        self.feed(self.html)
        self.text = " ".join(" ".join(self._words).split())

    def form(self, button: str) -> SeenForm:
        """The form that has this button."""
        for form in self.forms:
            if any(words == button for words, _, _ in form.buttons):
                return form
        raise AssertionError(f"no button {button!r} in: {self.text}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "title"):
            self._inside.append(tag)
        form = self.forms[-1] if self.forms else None
        match tag:
            case "form":
                self.forms.append(SeenForm(given.get("action", "")))
            case "a":
                self._link = (given.get("href", ""), [])
                self._back = "nhsuk-back-link" in given.get("class", "")
            case "button":
                self._button = ([], given.get("name", ""), given.get("value", ""))
                self._formaction = given.get("formaction", "")
            case "input" if form is not None and given.get("name"):
                chosen = given.get("type") not in ("radio", "checkbox") or "checked" in given
                if chosen and given.get("type") != "file":
                    form.fields.setdefault(given["name"], []).append(given.get("value", ""))
            case "select":
                self._select = given.get("name", "")
            case "option" if form is not None and self._select and "selected" in given:
                form.fields.setdefault(self._select, []).append(given.get("value", ""))
            case "textarea" if form is not None:
                self._textarea = given.get("name", "")
                form.fields[self._textarea] = [""]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if tag == "a" and self._link:
            words = " ".join("".join(self._link[1]).split())
            assert not self._back or words.startswith("Back to "), f"a way back is called {words!r}"
            self.links.setdefault(words, self._link[0])
            self._link = None
        elif tag == "button" and self._button:
            if self.forms:
                words = " ".join("".join(self._button[0]).split())
                self.forms[-1].buttons.append((words, *self._button[1:]))
                self.forms[-1].actions |= {words: self._formaction} if self._formaction else {}
            self._button = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            if self._inside[-1] == "title":
                self.title = " ".join(data.split())
            return
        self._words.append(data)
        if self._link:
            self._link[1].append(data)
        if self._button:
            self._button[0].append(data)
        if self._textarea and self.forms:
            self.forms[-1].fields[self._textarea][0] += data


class Visit:
    """``await Visit.of(runtime, commitments, Role.CONTRACT_MANAGER)``: pages of one service, as one person."""

    def __init__(self, runtime: Runtime, secret: str | None, person_id: UUID, organisation_id: UUID) -> None:
        self.person_id = person_id
        self.organisation_id = organisation_id
        app = Starlette(routes=[Mount(PATHS[runtime.service.name], runtime.app())])
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        cookies = {COOKIE: secret} if secret else {}
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=_BROWSER, cookies=cookies)

    @classmethod
    async def of(
        cls,
        runtime: Runtime,
        commitments: Runtime,
        *roles: Role,
        organisation_id: UUID | None = None,
        person_id: UUID | None = None,
        name: str = "Sam Reed",
    ) -> Visit:
        """A person with these roles, signed in. ``commitments``, which may write who they are, may be ``runtime`` itself."""
        works_at = organisation_id or uuid4()
        held = tuple(role.value for role in roles)
        person = people.Person(person_id or uuid4(), name, f"{uuid4()}@parity.example", works_at, held)
        async with commitments.identity.acquire() as conn, conn.transaction():
            await people.add(conn, person, at=NOON)
            secret = await sessions.begin(conn, person.id)
        return cls(runtime, secret, person.id, person.organisation_id)

    @classmethod
    def nobody(cls, runtime: Runtime) -> Visit:
        return cls(runtime, None, uuid4(), uuid4())

    async def get(self, path: str, *, expect: int = 200) -> Page:
        response = await self.http.get(path)
        assert response.status_code == expect, (response.status_code, response.headers.get("location"), Page(response).text)
        return Page(response)

    async def table(self, path: str) -> list[tuple[Any, ...]]:
        """The rows of a file that is downloaded, its headings first."""
        response = await self.http.get(path)
        assert response.status_code == 200, (response.status_code, Page(response).text)
        if response.headers["content-type"].startswith("text/csv"):
            return [tuple(row) for row in csv.reader(StringIO(response.content.decode("utf-8-sig")))]
        return list(load_workbook(BytesIO(response.content)).worksheets[0].iter_rows(values_only=True))

    async def submit(
        self, page: Page, button: str, fields: Fields | None = None, *, files: Files = (), expect: int | None = 303
    ) -> Page:
        """Fill in the form that has this button and press it. Follows to the next page where it worked (303)."""
        form = page.form(button)
        data: dict[str, Any] = {**form.fields, **(fields or {})}
        data |= {name: value for words, name, value in form.buttons if words == button and name}
        action = str(page.response.url.join(form.actions.get(button, form.action)))
        response = await self.http.post(action, data=data, files=list(files) or None)
        assert expect is None or response.status_code == expect, (response.status_code, Page(response).text)
        if response.status_code == 303:
            return await self.get(response.headers["location"])
        return Page(response)
