"""What real processes write into their logs of a day with people in it, and what they do with bodies of gigabytes."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import psutil
import pytest

from shared.db import connect
from shared.pages.visitors import COOKIE
from shared.quarters import Quarter, local_date
from shared.settings import SERVICES
from tests.returns.test_files import PDF
from tests.system.deployment import Deployment
from tests.system.processes import parity
from tests.system.region import community_nursing
from tests.visiting import Page

GIGABYTE = 1024**3
MEGABYTE = 1024**2
PIECE = b"x" * 65536
LAST = Quarter.of(local_date(datetime.now(UTC))).previous()
OVER = (LAST.previous(), LAST)
FORM = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7'


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-guards-")))
        yield Deployment(stack, folder, log="")


class Browser:
    """A person at a browser that talks to one service after the other, as through one origin."""

    def __init__(self) -> None:
        self.cookie = ""
        self.http = httpx.Client(headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}, timeout=60)

    def get(self, url: str) -> Page:
        return self._seen(self.http.get(url, headers=self._session()))

    def submit(self, page: Page, button: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None) -> Page:
        form = page.form(button)
        data = {**form.fields, **fields} | {name: value for words, name, value in form.buttons if words == button and name}
        action = str(page.response.url.join(form.actions.get(button, form.action)))
        return self._seen(self.http.post(action, data=data, files=files, headers=self._session()))

    def _session(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}

    def _seen(self, response: httpx.Response) -> Page:
        self.cookie = response.cookies.get(COOKIE, self.cookie)
        return Page(response)


@contextmanager
def refusing(deployment: Deployment, database: str, table: str, check: str) -> Iterator[None]:
    """Meanwhile the database refuses such rows, as it would where a check of ours forgot something."""

    async def run(statement: str) -> None:
        conn = await connect(deployment.server.url(database))
        try:
            await conn.execute(statement)
        finally:
            await conn.close()

    asyncio.run(run(f"ALTER TABLE {table} ADD CONSTRAINT refused CHECK ({check}) NOT VALID"))
    try:
        yield
    finally:
        asyncio.run(run(f"ALTER TABLE {table} DROP CONSTRAINT refused"))


def test_logs_of_a_day_with_people_in_it_hold_nothing_of_them(deployment: Deployment) -> None:
    """Signing in, a whole return and every way in which it goes wrong, also where the database's own words quote the row."""
    numbers = count(1)
    planted: list[str] = []

    def canary(about: str) -> str:
        planted.append(f"zyx{about}{next(numbers)}")
        return planted[-1]

    region = deployment.region()
    trust = region.organisation("A trust", buyer=True, place="Liverpool", icb_sees="contracts")
    supplier = region.organisation("A supplier", supplier=True, sector="vcfse", place="Wirral")
    region.person(canary("manager"), trust, "contract_manager")
    region.person(canary("certifier"), supplier, "supplier_certifier")
    manager, certifier = planted
    contract = community_nursing(trust, supplier, OVER, method_statement=canary("method"))
    region.ask(manager, "POST", "commitments", "/contracts", contract, status=201)

    browser, commitments, returns = Browser(), deployment.url("commitments"), deployment.url("returns")
    made = parity("people", "link", f"{certifier}@parity.example", "--json", environment=deployment.environment("commitments"))
    link = urlsplit(json.loads(made.stdout)["url"]).path.removeprefix("/commitments")
    planted.append(link.rpartition("/")[2])
    page = browser.get(commitments + link)
    assert browser.submit(page, "Set password and sign in", {"password": "short"}).status == 422
    password = f"{canary('password')} tram lantern"
    assert browser.submit(page, "Set password and sign in", {"password": password}).status == 303
    browser.cookie = ""
    page = browser.get(f"{commitments}/sign-in?next=/{canary('next')}")
    for email, tried in ((f"{certifier}@parity.example", canary("wrong")), (f"{canary('unknown')}@parity.example", password)):
        assert browser.submit(page, "Sign in", {"email": email, "password": tried}).status == 422
    assert browser.submit(page, "Sign in", {"email": f"{certifier}@parity.example", "password": password}).status == 303
    planted.append(browser.cookie)

    opened = region.returns_of(certifier)[0]["return_id"]
    lines = {line["reference"]: line for line in region.ask(certifier, "GET", "returns", f"/returns/{opened}")["lines"]}
    page = browser.get(f"{returns}/lines/{lines['S1']['line_id']}")
    save, story = "Save and come back later", {"story": canary("story")}
    files = {"file": (f"{canary('file')}.pdf", PDF)}
    assert browser.submit(page, "Upload", {"figure-value": "40", **story}, files).status == 303
    assert browser.submit(page, save, {"figure-value": canary("figure")}).status == 422
    assert browser.get(f"{returns}/{canary('path')}?words={canary('query')}").status == 404
    region.file(certifier, opened, {"C1": {"numerator": "850", "denominator": "1000"}, "S1": {"value": "40"}})
    region.approve(manager, opened)

    other = region.returns_of(certifier)[1]["return_id"]
    line = region.ask(certifier, "GET", "returns", f"/returns/{other}")["lines"][1]
    said = {"figure": {"value": "40"}, "story": canary("story")}
    with refusing(deployment, "returns", "lines", "content::text NOT LIKE '%zyxstory%'"):
        region.ask(certifier, "PUT", "returns", f"/lines/{line['line_id']}", said, etag=f'"{line["version"]}"', status=500)
        page = browser.get(f"{returns}/lines/{line['line_id']}")
        assert browser.submit(page, save, {"figure-value": "40", "story": canary("story")}).status == 500
    with refusing(deployment, "identity", "people", "name NOT LIKE 'zyxrefused%'"):
        body = {"name": canary("refused"), "email": f"{canary('refused')}@parity.example", "organisation_id": trust}
        region.ask("administrator", "POST", "commitments", "/people", {**body, "roles": ["operator"]}, status=500)

    told = {service: deployment.running[service].log.read_text() for service in SERVICES}
    for text in told.values():
        assert [one for one in [*planted, *region.keys.values()] if one in text] == []
    failed = [json.loads(said) for text in told.values() for said in text.splitlines()]  # each line is JSON
    ours = [one for one in failed if one["event"] == "request failed"]
    assert len(ours) == 3
    assert {one["service"] for one in ours} == {"returns", "commitments"}
    assert all(one["exception"].endswith("CheckViolationError (refused)") and '.py", line' in one["exception"] for one in ours)
    assert all(one["request_id"] for one in ours)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-pieces"])
@pytest.mark.parametrize(
    ("path", "accepts", "kind", "begins"),
    [
        ("/returns/workbook", "text/html", "multipart/form-data; boundary=edge", FORM),
        ("/returns/api/v1/activities", "*/*", "application/json", b'{"note": "'),
        ("/returns/nowhere", "text/html", "multipart/form-data; boundary=edge", FORM),
    ],
    ids=["page", "api", "nowhere"],
)
def test_two_gigabytes_are_refused_before_they_are_read(
    deployment: Deployment, path: str, accepts: str, kind: str, begins: bytes, announced: bool
) -> None:
    """The answer comes early and in words, memory stays, the connection ends, and others are answered meanwhile."""
    url, port = deployment.url("returns"), deployment.ports["returns"]
    server = psutil.Process(deployment.running["returns"].process.pid)
    before = server.memory_info().rss
    length = f"Content-Length: {2 * GIGABYTE}" if announced else "Transfer-Encoding: chunked"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accepts}\r\nSec-Fetch-Site: same-origin\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as there:
        there.sendall(f"{head}Content-Type: {kind}\r\n{length}\r\n\r\n".encode())
        sent, most = 0, before
        for piece in pieces(begins, announced=announced):
            if select.select([there], [], [], 0)[0]:
                break
            try:
                there.sendall(piece)
            except ConnectionError:
                break
            sent += len(piece)
            most = max(most, server.memory_info().rss)
        answer = b""
        while received := received_by(there):
            answer += received
    told = answer.decode()
    assert sent < 64 * MEGABYTE
    assert most - before < 64 * MEGABYTE
    if path.endswith("nowhere") and not announced:
        assert told.startswith("HTTP/1.1 404 ")
    else:
        assert told.startswith("HTTP/1.1 413 ")
        assert "This request is larger than is accepted. Split it, or send a smaller file." in told
    assert "connection: close" in told.lower()
    assert httpx.get(f"{url}/ready", timeout=60).status_code == 200


def pieces(begins: bytes, *, announced: bool) -> Iterator[bytes]:
    """Two gigabytes and a bit, as they go over the wire."""
    for number in range(2 * GIGABYTE // len(PIECE)):
        piece = begins + PIECE if number == 0 else PIECE
        yield piece if announced else f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def received_by(there: socket.socket) -> bytes:
    try:
        return there.recv(65536)
    except ConnectionError:
        return b""
