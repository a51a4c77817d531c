"""Notifications reach people by SMTP and by GOV.UK Notify, once; what was in flight goes out again under the same Message-ID."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from pydantic import SecretStr

from deploy.kafka.cluster import free_port
from shared.db import Pool, connect_pool
from shared.identity import people
from shared.notifications import TEMPLATES, Notifier, Template, notifier_for, notify
from shared.settings import Settings
from tests.conftest import NOON

TEMPLATES["test"] = Template("Due on {day}", "Dear {name},\n\nthe return is due on {day}.\n")


class Mailbox(Message):
    """A real SMTP server that keeps what it is given; ``refuse`` answers every recipient with that code."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.letters: list[Any] = []
        self.refuse: str | None = None

    def handle_message(self, message: Any) -> None:
        self.letters.append(message)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Settings]]:
    handler = Mailbox()
    server = Controller(handler, hostname="127.0.0.1", port=(port := free_port()), ready_timeout=60)
    server.start()
    yield handler, Settings(notifications="smtp", smtp_port=port, mail_from="parity@icb.example")
    server.stop()


class Place:
    """A service's database and the identity database, with one person."""

    def __init__(self, pool: Pool, identity: Pool, person: people.Person) -> None:
        self.pool = pool
        self.identity = identity
        self.person = person

    async def tell(self, key: str = "return/1/reminder") -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await notify(conn, at=NOON, key=key, person_ids=[self.person.id], template="test", data={"day": "28 October"})

    async def send(self, notifier: Notifier) -> int:
        sent = 0
        while await notifier.send_next(self.pool, self.identity):
            sent += 1
        return sent

    async def row(self) -> dict[str, Any]:
        return dict(await self.pool.fetchrow("SELECT * FROM notifications") or {})

    async def later(self) -> None:
        """The time that an attempt is given has passed."""
        await self.pool.execute("UPDATE notifications SET sending_at = sending_at - interval '1 day'")


@pytest.fixture
async def place(database: Callable[[str], str]) -> AsyncIterator[Place]:
    pool, identity = await connect_pool(database("spine")), await connect_pool(database("identity"))
    person = people.Person(uuid4(), "Tom Adeyemi", "tom@parity.example", uuid4(), ("supplier_editor",))
    async with identity.acquire() as conn:
        await people.add(conn, person, at=NOON)
    yield Place(pool, identity, person)
    await pool.close()
    await identity.close()


async def test_a_letter_goes_out_once_however_often_it_is_recorded(place: Place, mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox
    await place.tell()
    await place.tell()
    assert await place.send(notifier_for(settings)) == 1
    (letter,) = box.letters
    assert letter["Subject"] == "Due on 28 October"
    assert letter["To"] == "Tom Adeyemi <tom@parity.example>"
    assert "Dear Tom Adeyemi" in letter.get_payload()
    assert (await place.row())["sent_at"] is not None


async def test_what_was_in_flight_when_a_process_died_goes_out_again_under_the_same_id(
    place: Place, mailbox: tuple[Mailbox, Settings]
) -> None:
    box, settings = mailbox
    await place.tell()
    await place.send(notifier_for(settings))
    await place.pool.execute("UPDATE notifications SET sent_at = NULL")  # the process died before it could write that down
    assert await place.send(notifier_for(settings)) == 0, "the other process may still be sending"
    await place.later()
    assert await place.send(notifier_for(settings)) == 1
    assert box.letters[0]["Message-ID"] == box.letters[1]["Message-ID"]


async def test_a_server_that_is_away_is_tried_again(place: Place, mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox
    await place.tell()
    await place.send(notifier_for(settings.model_copy(update={"smtp_port": 9})))
    assert (await place.row())["failed"] is None
    await place.later()
    await place.send(notifier_for(settings))
    assert len(box.letters) == 1


@pytest.mark.parametrize(("answer", "given_up"), [("550 no such user", True), ("450 try later", False)])
async def test_a_refusal_for_good_is_given_up_and_a_temporary_one_is_not(
    place: Place, mailbox: tuple[Mailbox, Settings], answer: str, given_up: bool
) -> None:
    box, settings = mailbox
    box.refuse = answer
    await place.tell()
    await place.send(notifier_for(settings))
    assert ((await place.row())["failed"] is not None) is given_up


async def test_somebody_who_has_left_is_not_written_to(place: Place, mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox
    await place.tell()
    async with place.identity.acquire() as conn:
        await people.remove(conn, place.person.id, at=NOON)
    await place.send(notifier_for(settings))
    assert box.letters == []
    assert (await place.row())["failed"] == "the person is no longer with us"


async def test_an_unknown_template_is_refused_when_it_is_recorded(place: Place) -> None:
    async with place.pool.acquire() as conn:
        with pytest.raises(KeyError):
            await notify(conn, at=NOON, key="k", person_ids=[place.person.id], template="none", data={})


class _Notify(BaseHTTPRequestHandler):
    """As GOV.UK Notify answers."""

    asked: list[dict[str, Any]] = []
    status = 201

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"path": self.path, "body": body, "authorization": self.headers["Authorization"]})
        answer = json.dumps({"id": str(uuid4())} if self.status == 201 else {"errors": [{"message": "no"}]}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def govuk_notify() -> Iterator[tuple[type[_Notify], Settings]]:
    handler = type("Handler", (_Notify,), {"asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = Settings(
        notifications="govuk-notify",
        govuk_notify_url=f"http://127.0.0.1:{server.server_port}",
        govuk_notify_key=SecretStr(f"parity-{uuid4()}-{uuid4()}"),
        govuk_notify_template=str(UUID(int=7)),
    )
    yield handler, settings
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "sent", "given_up"), [(201, True, False), (400, False, True), (503, False, False)])
async def test_govuk_notify_takes_refuses_or_is_busy(
    place: Place, govuk_notify: tuple[type[_Notify], Settings], status: int, sent: bool, given_up: bool
) -> None:
    handler, settings = govuk_notify
    handler.status = status
    await place.tell()
    await place.send(notifier_for(settings))
    row = await place.row()
    assert (row["sent_at"] is not None, row["failed"] is not None) == (sent, given_up)
    (asked,) = handler.asked
    assert asked["path"] == "/v2/notifications/email"
    assert asked["body"]["email_address"] == "tom@parity.example"
    assert asked["body"]["personalisation"]["subject"] == "Due on 28 October"
    assert asked["body"]["reference"] == str(row["id"])
