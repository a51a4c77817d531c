"""What the table of refusals is made of, and the ground that its rows stand on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2 as httpx

from shared.pages.visitors import COOKIE
from tests.demonstrated import Demonstration, shown
from tests.visiting import Page, Visit

Typed = str | tuple[str, ...] | bytes
"""What is put in a field: words, the choices that are ticked and no others, or a file (of the ground, by its name)."""


class Walker(Visit):
    """Somebody of the demonstration over HTTP, as a browser without JavaScript would show it to them."""

    def __init__(self, url: str, session: str | None) -> None:
        headers = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin", "Host": url.split("//")[1]}
        # As browsers do, loopback counts as secure: the cookies of Parity ask for that.
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.http = httpx.AsyncClient(base_url=url, headers=headers, cookies=jar, timeout=60)
        if session is not None:
            self.http.cookies.set(COOKIE, session, domain="127.0.0.1", path="/")

    async def get(self, path: str, *, expect: int = 200) -> Page:
        answer = await self.http.get(path, follow_redirects=True)
        assert answer.status_code == expect, (path, answer.status_code, Page(answer).text)
        return Page(answer)

    async def along(self, *steps: str) -> Page:
        """The page at the end of these links, each by some of its words, from where the day begins. A path is gone to at once."""
        page = await self.get("/")
        for step in steps:
            page = await self.get(step if step.startswith("/") else _href(page, step))
        return page


def _href(page: Page, words: str) -> str:
    found = [href for text, href in page.links.items() if words in text]
    assert found, f"no link {words!r} on {page.title!r} among {list(page.links)}"
    return str(page.response.url.join(found[0]))


@dataclass
class Ground:
    """A demonstration, its people, and what the rows have prepared in it. ``known``: what stands for ``{name}`` in a path."""

    demonstration: Demonstration
    known: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    people: dict[str, Walker] = field(default_factory=dict)
    _done: set[Step] = field(default_factory=set)

    async def person(self, who: str) -> Walker:
        if who not in self.people:
            session = None if who == "nobody" else await self.demonstration.session(who)
            self.people[who] = Walker(self.demonstration.url, session)
        return self.people[who]

    async def along(self, who: str, *steps: str) -> Page:
        return await (await self.person(who)).along(*(step.format_map(self.known) for step in steps))

    async def once(self, step: Step) -> None:
        if step not in self._done:
            await step(self)
            self._done.add(step)


Step = Callable[[Ground], Awaitable[None]]


@dataclass(frozen=True)
class Refusal:
    """A form that is refused. ``page``: links to it by their words, or its path. Without a ``button``: a page that is."""

    route: str
    who: str
    page: tuple[str, ...]
    button: str
    says: str
    typed: Mapping[str, Typed] = field(default_factory=dict)
    """By the fields' names; the others stay as they stand."""
    status: int = 422
    prepared: Step | None = None
    meanwhile: Step | None = None
    """What somebody else does after the page was opened."""
    far: bool = False
    """Links lead to the page, but further than test_every_page.py goes."""

    def __str__(self) -> str:
        return f"{self.route}: {self.says}"

    @property
    def out_of_reach(self) -> bool:
        """Whether test_every_page.py does not come to the page by links."""
        return self.far or self.prepared is not None or self.who not in ("nobody", *shown())
