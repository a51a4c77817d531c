"""Signing in: by password and by one-time link, and nothing else lets anybody in."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from services.commitments.actions import signing_in as actions
from services.commitments.main import service
from services.commitments.rules.passwords import too_easy
from shared.access import Role
from shared.identity import attempts, one_time, passwords, people, sessions
from shared.identity.one_time import Purpose
from shared.pages.visitors import COOKIE, back_to, csrf_token
from shared.service import Runtime
from tests.conftest import NOON, OpenRuntime
from tests.visiting import Page, Visit

GOOD = "tram lantern oboe"


@pytest.fixture
async def person(at_work: Runtime) -> people.Person:
    added = people.Person(uuid4(), "Amina Rahman", "Amina@trust.example", uuid4(), (Role.CONTRACT_MANAGER.value,))
    async with at_work.identity.acquire() as conn, conn.transaction():
        await people.add(conn, added, at=NOON)
        await passwords.keep(conn, added.id, GOOD)
    return added


@pytest.fixture
def nobody(at_work: Runtime) -> Visit:
    return Visit.nobody(at_work)


async def enter(visit: Visit, email: str, password: str, *, next: str = "/commitments/sign-out", expect: int = 303) -> Page:
    """Fill in the sign-in page; after success the answer is a redirect, which is not followed."""
    page = await visit.get(f"/commitments/sign-in?next={next}")
    form = page.form("Sign in")
    answer = await visit.http.post(form.action, data={**form.fields, "email": email, "password": password})
    assert answer.status_code == expect, Page(answer).text
    return Page(answer)


async def test_the_right_password_begins_a_new_session_and_leads_back(nobody: Visit, person: people.Person) -> None:
    nobody.http.cookies.set(COOKIE, "chosen-by-somebody-else")
    page = await enter(nobody, "amina@TRUST.example", f" {GOOD}", next="/alerts/today")
    assert page.response.headers["location"] == "/alerts/today"
    cookie = page.response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "chosen-by-somebody-else" not in cookie
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


async def test_a_session_planted_before_sign_in_is_not_the_one_after(at_work: Runtime, person: people.Person) -> None:
    """Neither becomes it the person's, nor does it go on: whoever planted it holds nothing."""
    eve = await Visit.of(at_work, at_work, Role.OPERATOR, name="Eve")
    planted = eve.http.cookies[COOKIE]
    sent = {"csrf": csrf_token(planted), "email": person.email, "password": GOOD}
    answer = await eve.http.post("/commitments/sign-in", data=sent)
    assert answer.status_code == 303
    mine = await sessions.person_of(at_work.identity, answer.cookies[COOKIE])
    assert mine is not None
    assert mine.id == person.id
    assert await sessions.person_of(at_work.identity, planted) is None


async def test_only_so_many_passwords_are_compared_at_a_time(
    at_work: Runtime, person: people.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes 19 MiB and a processor: who tries a hundred at once waits, and memory stays."""
    real, at_once, most, lock = passwords._verified, 0, 0, threading.Lock()

    def counted(kept: str, password: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            return real(kept, password)
        finally:
            with lock:
                at_once -= 1

    monkeypatch.setattr(passwords, "_verified", counted)
    tried = await asyncio.gather(*(passwords.matches(at_work.identity, person.id, GOOD) for _ in range(24)))
    assert all(tried)
    assert 1 <= most <= passwords._AT_ONCE


@pytest.mark.parametrize(("email", "password"), [("amina@trust.example", "tram lantern obo"), ("nobody@trust.example", GOOD)])
async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    nobody: Visit, person: people.Person, email: str, password: str
) -> None:
    page = await enter(nobody, email, password, expect=422)
    assert page.links["The email address or the password is not right"] == "#email"
    assert page.form("Sign in").fields["email"] == [email]
    assert password not in page.html
    assert "set-cookie" not in page.response.headers


async def test_an_address_without_a_password_waits_as_long(
    at_work: Runtime, person: people.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = passwords._verified
    monkeypatch.setattr(passwords, "_verified", lambda kept, password: verified.append(kept) or real(kept, password))
    assert not await passwords.matches(at_work.identity, None, GOOD)
    assert not await passwords.matches(at_work.identity, uuid4(), GOOD)
    assert await passwords.matches(at_work.identity, person.id, GOOD)
    assert len(verified) == 3
    assert all("$argon2id$v=19$m=19456,t=2,p=1$" in kept for kept in verified)


async def test_after_ten_failures_even_the_right_password_waits(at_work: Runtime, nobody: Visit, person: people.Person) -> None:
    for _ in range(attempts.PER_ACCOUNT):
        await enter(nobody, person.email, "wrong", expect=422)
    assert "too many attempts" in (await enter(nobody, person.email, GOOD, expect=422)).text
    assert "too many attempts" in (await enter(nobody, person.email.upper(), GOOD, expect=422)).text
    await at_work.identity.execute("UPDATE attempts SET since = since - $1::interval", attempts.WITHIN + timedelta(seconds=1))
    await enter(nobody, person.email, GOOD)
    await enter(Visit.nobody(at_work), person.email, "wrong", expect=422)


async def test_an_address_that_tries_many_accounts_waits(at_work: Runtime, nobody: Visit, person: people.Person) -> None:
    await enter(nobody, "somebody@trust.example", "wrong", expect=422)
    await at_work.identity.execute("UPDATE attempts SET number = $1 WHERE number = 1", attempts.PER_ADDRESS)
    assert "too many attempts" in (await enter(nobody, person.email, GOOD, expect=422)).text


async def test_signing_in_many_times_is_no_attack(at_work: Runtime, person: people.Person) -> None:
    for _ in range(attempts.PER_ACCOUNT + 1):
        await enter(Visit.nobody(at_work), person.email, GOOD)


async def test_who_left_cannot_sign_in(at_work: Runtime, nobody: Visit, person: people.Person) -> None:
    async with at_work.identity.acquire() as conn:
        link = await one_time.make(conn, person.id, Purpose.SET_PASSWORD)
        await people.remove(conn, person.id, at=NOON)
    await enter(nobody, person.email, GOOD, expect=422)
    assert "used already, or is too old" in (await nobody.get(f"/commitments/links/{link}", expect=401)).text


async def test_a_link_sets_a_password_once_and_ends_all_sessions(at_work: Runtime, nobody: Visit, person: people.Person) -> None:
    async with at_work.identity.acquire() as conn, conn.transaction():
        earlier = await actions.make_link(conn, person.id, at=NOON)
        link = await actions.make_link(conn, person.id, at=NOON)
        session = await sessions.begin(conn, person.id)
    await nobody.get(f"/commitments/links/{earlier}", expect=401)
    page = await nobody.get(f"/commitments/links/{link}")
    for easy, says in (("short", "12 characters or more"), ("Password2026!", "harder to guess"), ("", "Enter a password")):
        again = await nobody.submit(page, "Set password and sign in", {"password": easy}, expect=422)
        assert says in again.text
    assert await sessions.person_of(at_work.identity, session) is not None
    form = page.form("Set password and sign in")
    answer = await nobody.http.post(f"/commitments/links/{link}", data={**form.fields, "password": "cello umbrella fog"})
    assert answer.status_code == 303
    assert await sessions.person_of(at_work.identity, answer.cookies[COOKIE]) is not None
    assert await sessions.person_of(at_work.identity, session) is None
    await Visit.nobody(at_work).submit(page, "Set password and sign in", {"password": "another fine thing"}, expect=401)
    await enter(Visit.nobody(at_work), person.email, "cello umbrella fog")
    await enter(Visit.nobody(at_work), person.email, GOOD, expect=422)


async def test_a_link_ends(at_work: Runtime, person: people.Person) -> None:
    link = await one_time.make(at_work.identity, person.id, Purpose.SET_PASSWORD, at=NOON)
    lasts = one_time.LASTS[Purpose.SET_PASSWORD]
    assert await one_time.look(at_work.identity, link, at=NOON + lasts - timedelta(seconds=1)) is not None
    assert await one_time.look(at_work.identity, link, at=NOON + lasts) is None
    assert await one_time.use(at_work.identity, link, Purpose.SIGN_IN, at=NOON) is None
    assert await one_time.use(at_work.identity, link, Purpose.SET_PASSWORD, at=NOON + lasts) is None


@pytest.mark.parametrize(("deployment", "status"), [("demonstration", 303), ("production", 401)])
async def test_a_link_signs_in_by_itself_in_a_demonstration_only(runtime: OpenRuntime, deployment: str, status: int) -> None:
    opened = await runtime(service, deployment=deployment)
    visit = await Visit.of(opened, opened, Role.OPERATOR)
    link = await one_time.make(opened.identity, visit.person_id, Purpose.SIGN_IN)
    nobody = Visit.nobody(opened)
    first = await nobody.get(f"/commitments/links/{link}", expect=status)
    assert ("set-cookie" in first.response.headers) == (status == 303)
    await Visit.nobody(opened).get(f"/commitments/links/{link}", expect=401)


async def test_signing_out_ends_the_session_but_not_by_another_sites_link(at_work: Runtime) -> None:
    visit = await Visit.of(at_work, at_work, Role.OPERATOR)
    secret = visit.http.cookies[COOKIE]
    visit.http.headers["Sec-Fetch-Site"] = "cross-site"
    assert "Do you want to sign out?" in (await visit.get("/commitments/sign-out")).text
    assert await sessions.person_of(at_work.identity, secret) is not None
    visit.http.headers["Sec-Fetch-Site"] = "same-origin"
    answer = await visit.get("/commitments/sign-out", expect=303)
    assert "Max-Age=0" in answer.response.headers["set-cookie"]
    assert await sessions.person_of(at_work.identity, secret) is None


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.CONTRACT_MANAGER, "/alerts/today"),
        (Role.SUPPLIER_EDITOR, "/returns/"),
        (Role.SUPPLIER_CERTIFIER, "/returns/"),
        (Role.ICB_ANALYST, "/icb/"),
        (Role.ADMINISTRATOR, "/commitments/people"),
        (Role.OPERATOR, "/commitments/operations"),
    ],
)
async def test_each_role_begins_its_day_somewhere(at_work: Runtime, role: Role, place: str) -> None:
    visit = await Visit.of(at_work, at_work, role)
    assert (await visit.get("/commitments/", expect=303)).response.headers["location"] == place


async def test_nobody_begins_with_signing_in(nobody: Visit) -> None:
    answer = await nobody.get("/commitments/", expect=303)
    assert answer.response.headers["location"] == "/commitments/sign-in"


async def test_an_operator_finds_metrics_and_descriptions(at_work: Runtime) -> None:
    visit = await Visit.of(at_work, at_work, Role.OPERATOR)
    page = await visit.get("/commitments/operations")
    assert "/icb/metrics" in page.links.values()
    assert "/returns/docs" in page.links.values()


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/a\nb", "javascript:alert(1)", None]
)
def test_nobody_is_led_to_another_site(place: str | None) -> None:
    assert back_to(place) == "/"


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars", "Password2026!", "P4$$w0rdP4$$w0rd", "123456789012", "qwertyuiop123", "aaaaaaaaaaaaaa", "abcabcabcabcabc",
        "LiverpoolHospital1", "AminaRahman2026", "amina.rahman@trust", "letmeinletmein", "x" * 201,
    ],
)  # fmt: skip
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    assert too_easy(password, ("Amina Rahman", "amina@trust.example")) is not None


@pytest.mark.parametrize(
    "password", [GOOD, "correct horse battery staple", "mFb7!kqzWp2x", "ein Apfel im Schnee", "птица поёт ночью"]
)
def test_others_are_taken_whatever_they_are_made_of(password: str) -> None:
    assert too_easy(password, ("Amina Rahman", "amina@trust.example")) is None


async def test_other_services_cannot_read_what_proves_who_somebody_is(at_work: Runtime, runtime: OpenRuntime) -> None:
    from services.returns.main import service as returns

    others = await runtime(returns)
    for table in ("people", "sessions", "api_keys", "demonstration_clock"):
        await others.identity.fetch(f"SELECT * FROM {table}")
    own = {
        row["tablename"] for row in await at_work.identity.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }
    readable = {table for table in own if await others.identity.fetchval("SELECT has_any_column_privilege($1, 'SELECT')", table)}
    assert readable == {"people", "sessions", "api_keys", "demonstration_clock", "schema_migrations"}
