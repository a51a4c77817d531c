"""What every page stands on: who may see it, forms that are bound, refused and repeated, and what other sites cannot do."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Annotated
from urllib.parse import quote
from uuid import uuid4

import pytest
from fastapi import Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from services.commitments.main import service as commitments
from shared.access import Role
from shared.api import Now, Tx
from shared.errors import Conflict, FieldError
from shared.identity import sessions
from shared.ids import new_id
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, Pages, redirect
from shared.pages.unsaved import NEVER_SHOWN, unsaved
from shared.pages.visitors import COOKIE, Visitor, admit
from shared.service import Runtime, create_service
from tests.conftest import OpenRuntime
from tests.visiting import Files, Page, Visit

TEMPLATES = Path(__file__).parent / "templates"
pages = Pages(templates=TEMPLATES)


class Deed(BaseModel):
    what: Annotated[str, Says("Enter what was done")]
    hours: Annotated[int, Says("Enter the hours", "Hours must be a whole number"), Field(ge=1)]
    happened: Annotated[date, Says("Enter the date", called="Date of the deed")]
    places: Annotated[list[str], Says("Select where")] = []


class NotOnSundays(Conflict):
    """Nothing is done on Sundays."""


@pages.router.get("/deeds/new")
async def ask(request: Request, now: Now, visitor: Annotated[Visitor, admit(Role.SUPPLIER_EDITOR)]) -> Response:
    return pages.show(request, "deed.jinja", form=blank(happened=date(2026, 7, 3)), now=now)


@pages.router.post("/deeds/new")
async def keep(
    request: Request, tx: Tx, now: Now, form: Form, visitor: Annotated[Visitor, admit(Role.SUPPLIER_EDITOR)]
) -> Response:
    bound: Bound[Deed] = bind(Deed, form)
    if bound.value is None:
        raise pages.again(request, "deed.jinja", form=bound)
    await tx.execute(
        """
        INSERT INTO history (id, at, person_id, subject, subject_id, action, detail)
        VALUES ($1, $2, $3, 'deed', $1, 'done', $4)
        """,
        new_id(),
        now,
        visitor.caller.person_id,
        bound.value.model_dump(mode="json"),
    )
    if bound.value.happened.weekday() == 6:
        error = NotOnSundays(errors=[FieldError("/deed/happened", "Choose another day")])
        raise pages.again(request, "deed.jinja", form=bound.refused(error))
    return redirect("/commitments/deeds/new")


@pages.router.post("/deeds/undo")
async def undo(visitor: Annotated[Visitor, admit(Role.SUPPLIER_EDITOR)]) -> Response:
    return redirect("/commitments/deeds/new")


@pytest.fixture
async def at_work(runtime: OpenRuntime) -> Runtime:
    service = create_service("commitments", title="Test", routers=[], pages=pages, migrations=commitments.migrations)
    return await runtime(service)


@pytest.fixture
async def editor(at_work: Runtime) -> Visit:
    return await Visit.of(at_work, at_work, Role.SUPPLIER_EDITOR)


GOOD = {"what": "<b>Planted trees</b>", "hours": "3", "places": ["Halton", "Wirral"]}


async def deeds(runtime: Runtime) -> list[dict[str, object]]:
    return [row["detail"] for row in await runtime.pool.fetch("SELECT detail FROM history WHERE subject = 'deed' ORDER BY id")]


async def test_a_form_is_kept_as_it_was_typed(at_work: Runtime, editor: Visit) -> None:
    page = await editor.get("/commitments/deeds/new")
    assert page.title == "A deed – Parity"
    await editor.submit(page, "Save", GOOD)
    assert await deeds(at_work) == [
        {"what": "<b>Planted trees</b>", "hours": 3, "happened": "2026-07-03", "places": ["Halton", "Wirral"]}
    ]


async def test_errors_name_their_fields_in_the_pages_order_and_lose_nothing(at_work: Runtime, editor: Visit) -> None:
    page = await editor.get("/commitments/deeds/new")
    wrong = {"what": " ", "hours": "many <i>", "happened-day": "31", "happened-month": "2", "happened-year": "2026"}
    again = await editor.submit(page, "Save", wrong, expect=422)
    assert again.title == "Error: A deed – Parity"
    [form] = again.forms
    assert form.fields["hours"] == ["many <i>"]
    assert form.fields["happened-day"] == ["31"]
    messages = ["Enter what was done", "Hours must be a whole number", "Date of the deed must be a real date"]
    assert [again.links[message] for message in messages] == ["#what", "#hours", "#happened-day"]
    assert [again.text.index(message) for message in messages] == sorted(again.text.index(message) for message in messages)
    assert "many <i>" not in again.html
    assert await deeds(at_work) == []


@pytest.mark.parametrize(
    ("day", "month", "year", "message", "wrong"),
    [
        ("", "", "", "Enter the date", "day month year"),
        ("", "7", "2026", "Date of the deed must include a day", "day"),
        ("3", " ", "2026", "Date of the deed must include a month", "month"),
        ("3", "7", "", "Date of the deed must include a year", "year"),
        ("", "", "2026", "Date of the deed must include a day and month", "day month"),
        ("3", "", "", "Date of the deed must include a month and year", "month year"),
        ("3", "13", "2026", "Date of the deed must be a real date", "month"),
        ("32", "7", "2026", "Date of the deed must be a real date", "day"),
        ("third", "July", "2026", "Date of the deed must be a real date", "day month"),
        ("29", "2", "2026", "Date of the deed must be a real date", "day month year"),
        ("3", "7", "26", "Year must include 4 numbers", "year"),
        ("3", "7", "20266", "Year must include 4 numbers", "year"),
        ("3", "13", "26", "Date of the deed must be a real date", "month year"),
        ("3", "7", "0000", "Date of the deed must be a real date", "day month year"),
        ("٣", "7", "2026", "Date of the deed must be a real date", "day"),
        ("5", "7", "2026", "Choose another day", "day month year"),
    ],
)
async def test_of_a_date_what_is_wrong_is_said_and_marked(
    editor: Visit, day: str, month: str, year: str, message: str, wrong: str
) -> None:
    page = await editor.get("/commitments/deeds/new")
    typed = {**GOOD, "happened-day": day, "happened-month": month, "happened-year": year}
    again = await editor.submit(page, "Save", typed, expect=422)
    assert again.links[message] == f"#happened-{wrong.split()[0]}"
    fields = re.findall(r"<input[^>]*nhsuk-date-input[^>]*>", again.html)
    marked = [re.search('name="happened-(.*?)"', field) for field in fields if "nhsuk-input--error" in field]
    assert " ".join(found[1] for found in marked if found) == wrong


async def test_a_date_may_have_blanks_and_noughts(at_work: Runtime, editor: Visit) -> None:
    page = await editor.get("/commitments/deeds/new")
    await editor.submit(page, "Save", {**GOOD, "happened-day": " 03", "happened-month": "09 ", "happened-year": "2026"})
    assert (await deeds(at_work))[0]["happened"] == "2026-09-03"


@pytest.mark.parametrize("key", [{}, {"key": ""}])  # with the form's key, and without one
async def test_what_an_action_refuses_is_undone_and_shown_at_its_field(
    at_work: Runtime, editor: Visit, key: dict[str, str]
) -> None:
    page = await editor.get("/commitments/deeds/new")
    again = await editor.submit(page, "Save", {**GOOD, "happened-day": "5", **key}, expect=422)
    assert again.links["Choose another day"] == "#happened-day"
    assert await deeds(at_work) == []
    await editor.submit(again, "Save", {"happened-day": "6"})
    assert len(await deeds(at_work)) == 1


async def test_a_double_click_saves_once(at_work: Runtime, editor: Visit) -> None:
    page = await editor.get("/commitments/deeds/new")
    first, second = await editor.submit(page, "Save", GOOD), await editor.submit(page, "Save", GOOD)
    assert first.text == second.text
    assert len(await deeds(at_work)) == 1


async def test_only_who_is_admitted_sees_a_page(at_work: Runtime, editor: Visit) -> None:
    nobody = await Visit.nobody(at_work).get("/commitments/deeds/new?a=1", expect=303)
    assert nobody.response.headers["location"] == "/commitments/sign-in?next=%2Fcommitments%2Fdeeds%2Fnew%3Fa%3D1"
    manager = await Visit.of(at_work, at_work, Role.CONTRACT_MANAGER)
    assert "You cannot open this page" in (await manager.get("/commitments/deeds/new", expect=403)).text
    nowhere = await editor.get("/commitments/nowhere", expect=404)
    assert "Page not found There is nothing here, or nothing that you may see." in nowhere.text
    sent_to = await editor.get("/commitments/deeds/undo", expect=405)
    assert "This address cannot be opened Only a form can be sent to this address." in sent_to.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
async def test_another_sites_form_is_refused(at_work: Runtime, editor: Visit, headers: dict[str, str]) -> None:
    form = (await editor.get("/commitments/deeds/new")).form("Save")
    editor.http.headers.update(headers)
    if not headers["Sec-Fetch-Site"]:
        del editor.http.headers["Sec-Fetch-Site"]
    answer = await editor.http.post("/commitments/deeds/new", data={**form.fields, **GOOD})
    assert answer.status_code == 403
    assert "did not come from Parity" in Page(answer).text
    assert await deeds(at_work) == []


async def test_a_browser_without_fetch_metadata_is_known_by_its_origin(at_work: Runtime, editor: Visit) -> None:
    page = await editor.get("/commitments/deeds/new")
    del editor.http.headers["Sec-Fetch-Site"]
    editor.http.headers["Origin"] = "https://parity.example"
    await editor.submit(page, "Save", GOOD)
    assert len(await deeds(at_work)) == 1


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
async def test_a_form_of_another_session_is_refused(at_work: Runtime, editor: Visit, token: str) -> None:
    page = await editor.get("/commitments/deeds/new")
    answer = await editor.submit(page, "Save", {**GOOD, "csrf": token}, expect=403)
    assert "opened in an earlier session" in answer.text
    assert answer.links["Open the page again (opens in a new tab)"] == "/commitments/deeds/new"
    assert GOOD["what"] in answer.text
    assert await deeds(at_work) == []


async def test_a_session_ends_when_it_is_idle_old_ended_or_its_person_leaves(at_work: Runtime, editor: Visit) -> None:
    secret = editor.http.cookies[COOKIE]
    identity = at_work.identity
    [begun] = await identity.fetchrow("SELECT begun_at FROM sessions WHERE person_id = $1", editor.person_id)
    assert await sessions.person_of(identity, secret, at=begun + sessions.IDLE - timedelta(seconds=1)) is not None
    assert await sessions.person_of(identity, secret, at=begun + 2 * sessions.IDLE) is None  # its use was noted just before
    for hour in range(1, 12):
        await sessions.person_of(identity, secret, at=begun + hour * sessions.IDLE - timedelta(minutes=1))
    assert await sessions.person_of(identity, secret, at=begun + sessions.ABSOLUTE) is None
    await editor.get("/commitments/deeds/new")
    await sessions.end(identity, secret)
    await editor.get("/commitments/deeds/new", expect=303)


@pytest.mark.parametrize("files", [[], [("photo", ("tree.png", b"...", "image/png"))]])  # urlencoded, and multipart
async def test_what_was_typed_outlives_its_session(at_work: Runtime, editor: Visit, files: Files) -> None:
    page = await editor.get("/commitments/deeds/new?of=trees")
    await sessions.end(at_work.identity, editor.http.cookies[COOKIE])
    editor.http.headers["Referer"] = str(page.response.url)
    typed = {
        **GOOD,
        "what": "Planted\r\n<b>trees</b>",
        "happened-day": "31",
        "password": "tram lantern oboe",
        "tree_id": str(uuid4()),
        f"note-{uuid4()}": "In the rain",
        "version": "7",
    }
    answer = await editor.submit(page, "Save", typed, files=files, expect=401)
    shown = [("What", "Planted\n<b>trees</b>"), ("Hours", "3"), ("Happened", "31 7 2026"), ("Places", "Halton\nWirral")]
    for about, words in [*shown, ("Note", "In the rain")]:
        assert re.search(rf">\s*{about}\s*</label>\s*<textarea[^>]*readonly[^>]*>{escape(words)}<", answer.html.replace("\r", ""))
    assert answer.html.count("<textarea") == len(shown) + 1
    assert "tram lantern" not in answer.html
    assert ("Files cannot be kept" in answer.text) is bool(files)
    sign_in = answer.links["Sign in again (opens in a new tab)"]
    assert sign_in == "/commitments/sign-in?next=%2Fcommitments%2Fdeeds%2Fnew%3Fof%3Dtrees"
    assert await deeds(at_work) == []
    program = await editor.http.post("/commitments/deeds/new", headers={"Accept": "*/*"})
    assert program.json()["code"] == "session-over"


@pytest.mark.parametrize(
    ("came_from", "to"),
    [
        ("", "/commitments/deeds/new?of=trees"),
        ("https://evil.example/steal", "/commitments/deeds/new?of=trees"),
        ("https://parity.example//evil.example", "/"),
    ],
)
async def test_who_signs_in_again_is_led_to_the_form_and_to_no_other_site(
    at_work: Runtime, editor: Visit, came_from: str, to: str
) -> None:
    page = await editor.get("/commitments/deeds/new?of=trees")
    await sessions.end(at_work.identity, editor.http.cookies[COOKIE])
    editor.http.headers["Referer"] = came_from
    answer = await editor.submit(page, "Save", GOOD, expect=401)
    assert answer.links["Sign in again (opens in a new tab)"] == f"/commitments/sign-in?next={quote(to, safe='')}"


async def test_who_signs_in_again_is_not_led_to_where_only_forms_go(at_work: Runtime) -> None:
    headers = {"Referer": "https://parity.example/commitments/deeds/undo"}
    answer = await Visit.nobody(at_work).http.post("/commitments/deeds/undo", headers=headers)
    assert Page(answer).links["Sign in again (opens in a new tab)"] == "/commitments/sign-in?next=%2F"


def test_a_form_without_end_is_shown_in_part() -> None:
    long = unsaved(FormData([(f"words-{number}", "x" * 90_000) for number in range(9)]))
    assert sum(len(words) for _, words in long.words) == 200_000
    assert long.is_cut
    many = unsaved(FormData([(f"field-{number}", "x") for number in range(301)]))
    assert (len(many.words), many.is_cut) == (300, True)
    assert not unsaved(FormData([("what", "Trees"), ("csrf", "x"), ("places", "")])).is_cut


def test_no_password_is_ever_shown_again() -> None:
    services = Path(__file__).parents[3] / "services"
    asked = {name for file in services.rglob("*.jinja") for name in re.findall(r'password\(form, "(\w+)"', file.read_text())}
    assert asked == {"now", "password"}
    assert asked < NEVER_SHOWN


def test_people_are_told_when_they_are_signed_out() -> None:
    assert (timedelta(hours=1), timedelta(hours=12)) == (sessions.IDLE, sessions.ABSOLUTE), "as account.jinja and form.jinja say"


async def test_pages_carry_the_headers_that_keep_others_out(editor: Visit) -> None:
    page = await editor.get("/commitments/deeds/new")
    headers = page.response.headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "http" not in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [("One sentence.", "One sentence"), ("One. And another.", "One. And another."), ("As forms say it", "As forms say it")],
)
def test_one_sentence_stands_without_its_full_stop_among_the_messages_of_a_form(said: str, shown: str) -> None:
    by_field = blank(what="x").refused(Conflict(errors=[FieldError("/what", said)]))
    for form in (blank().wrong(said), blank().refused(Conflict(said)), by_field):
        assert [error.text for error in form.errors] == [shown]


@pytest.mark.parametrize(
    ("contact", "to"),
    [("parity-help@trust.example", "mailto:parity-help@trust.example"), ("<b>01925</b> 000 000", None), ("", None)],
)
async def test_where_something_is_wrong_it_says_whom_to_turn_to(runtime: OpenRuntime, contact: str, to: str | None) -> None:
    at_work = await runtime(commitments, contact=contact)
    nobody = Visit.nobody(at_work)
    missing, statement = await nobody.get("/commitments/nowhere", expect=404), await nobody.get("/commitments/accessibility")
    assert "If you typed the web address, check it is correct." in missing.text
    assert ("If the web address is correct, contact" in missing.text) is bool(contact)
    assert contact in missing.text
    assert contact in statement.text
    if to:
        assert missing.links[contact] == statement.links[contact] == to
    assert ("Write to your contact at Cheshire and Merseyside" in statement.text) is not bool(contact)


async def test_where_the_service_fails_it_says_whom_to_turn_to(runtime: OpenRuntime) -> None:
    at_work = await runtime(commitments, contact="01925 000 000")
    await at_work.identity.close()
    failed = await Visit(at_work, "x", uuid4(), uuid4()).get("/commitments/people", expect=503)
    assert "If this goes on, contact 01925 000 000." in failed.text


async def test_programs_read_problems_and_browsers_pages(at_work: Runtime, editor: Visit) -> None:
    program = await editor.http.get("/commitments/nowhere", headers={"Accept": "*/*"})
    assert program.headers["content-type"] == "application/problem+json"
