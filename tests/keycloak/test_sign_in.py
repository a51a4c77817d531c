"""Signing in by a real Keycloak: who is let in, as what, for how long; and what forgers try."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from deploy.kafka.cluster import free_port
from deploy.keycloak.server import Keycloak
from services.commitments.actions.organisations import record_organisation
from services.commitments.actions.people import add_person, remove_person
from services.commitments.main import service
from services.commitments.models.organisations import NewOrganisation, OrganisationIdentifier
from services.commitments.models.people import NewPerson
from shared.access import NOBODY, Role
from shared.identity import one_time, people, sessions
from shared.identity.one_time import Purpose
from shared.identity.provider import COOKIE as UNDER_WAY
from shared.identity.provider import provider_for
from shared.obligations import Sector
from shared.pages.visitors import COOKIE
from shared.service import Runtime
from shared.settings import Settings
from tests.conftest import NOON, OpenRuntime
from tests.keycloak.browser import Browser
from tests.visiting import ORIGIN, Page


def by_provider(keycloak: Keycloak, **more: object) -> dict[str, Any]:
    names = {name.removeprefix("PARITY_").lower(): value for name, value in keycloak.settings.items()}
    read = Settings.model_validate({**names, **more})
    return {name: getattr(read, name) for name in (*names, *more)}


@pytest.fixture
async def at_work(runtime: OpenRuntime, keycloak: Keycloak) -> Runtime:
    return await runtime(service, **by_provider(keycloak))


@pytest.fixture
async def trust(at_work: Runtime) -> UUID:
    return await recorded(at_work)


async def recorded(at_work: Runtime) -> UUID:
    """The ICB under its identifier, and a trust, whose id is answered."""
    async with at_work.pool.acquire() as conn, conn.transaction():
        identifiers = (OrganisationIdentifier(scheme="GB-NHS", id="QYG"),)
        icb = NewOrganisation(name="ICB", sector=Sector.PUBLIC, buyer=True, identifiers=identifiers)
        await record_organisation(conn, icb, by=NOBODY, at=NOON)
        new = NewOrganisation(name="Trust", sector=Sector.PUBLIC, buyer=True)
        return (await record_organisation(conn, new, by=NOBODY, at=NOON)).organisation_id


@pytest.fixture
async def amina(at_work: Runtime, trust: UUID) -> UUID:
    return await add(at_work, trust, "amina@parity.example", Role.CONTRACT_MANAGER)


@pytest.fixture
async def browser(at_work: Runtime, keycloak: Keycloak, trust: UUID) -> AsyncIterator[Browser]:
    opened = Browser(at_work, keycloak)
    yield opened
    await opened.http.aclose()


async def add(at_work: Runtime, organisation_id: UUID, email: str, *roles: Role) -> UUID:
    new = NewPerson(name="Known Already", email=email, organisation_id=organisation_id, roles=frozenset(roles))
    async with at_work.identity.acquire() as conn, conn.transaction():
        return (await add_person(conn, new, at=NOON)).person_id


async def person_in(at_work: Runtime, browser: Browser) -> people.Person | None:
    secret = browser.http.cookies.get(COOKIE)
    return await sessions.person_of(at_work.identity, secret) if secret else None


async def test_who_is_known_by_the_address_is_let_in_and_led_on(at_work: Runtime, browser: Browser, amina: UUID) -> None:
    sign_in = Page(await browser.get("/commitments/sign-in?next=/alerts/today"))
    assert sign_in.links["Sign in with Mersey Vale"] == "/commitments/sign-in/provider?next=/alerts/today"
    answer = await browser.sign_in("amina")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts/today")
    person = await person_in(at_work, browser)
    assert person is not None
    assert (person.id, person.name, person.roles) == (amina, "Known Already", ("contract_manager",))
    [ends] = await at_work.identity.fetch("SELECT ends_at - begun_at AS lasts FROM sessions")
    assert ends["lasts"].total_seconds() == 60 * 60


async def test_the_way_there_has_state_nonce_and_a_challenge(browser: Browser) -> None:
    away = await browser.get("/commitments/sign-in/provider")
    asked = {name: value for name, [value] in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    cookie = away.headers["set-cookie"]
    for attribute in (f"{UNDER_WAY}=", "HttpOnly", "Secure", "Max-Age=600", "SameSite=lax", "Path=/"):
        assert attribute in cookie


async def test_somebody_new_is_added_where_the_organisation_is_recorded(at_work: Runtime, browser: Browser) -> None:
    assert (await browser.sign_in("nell")).status_code == 303
    person = await person_in(at_work, browser)
    assert person is not None
    assert (person.name, person.email, person.roles) == ("Nell Okoro", "nell@parity.example", ("icb_analyst",))
    name = await at_work.pool.fetchval("SELECT name FROM organisations WHERE organisation_id = $1", person.organisation_id)
    assert name == "ICB"


@pytest.mark.parametrize(
    ("username", "says"),
    [("tom", "Ask an administrator to add you"), ("idle", "You hold no role"), ("unverified", "Ask an admin")],
)
async def test_who_is_not_known_or_holds_no_role_is_told_so(
    at_work: Runtime, browser: Browser, trust: UUID, username: str, says: str
) -> None:
    await add(at_work, trust, "amina.rahman@parity.example", Role.CONTRACT_MANAGER)  # whose address nobody has verified
    answer = await browser.sign_in(username)
    assert (answer.status_code, says in Page(answer).text) == (403, True)
    assert await person_in(at_work, browser) is None


async def test_who_was_removed_in_parity_stays_out(at_work: Runtime, browser: Browser, keycloak: Keycloak, amina: UUID) -> None:
    await browser.sign_in("amina")
    nell = Browser(at_work, keycloak)
    await nell.sign_in("nell")
    known = await person_in(at_work, nell)
    assert known is not None
    async with at_work.identity.acquire() as conn, conn.transaction():
        for person_id in (amina, known.id):
            await remove_person(conn, person_id, at=NOON)
    assert await person_in(at_work, browser) is None
    for username in ("amina", "nell"):
        answer = await Browser(at_work, keycloak).sign_in(username)
        assert (answer.status_code, "took your access to Parity away" in answer.text) == (403, True)
    assert await at_work.identity.fetchval("SELECT count(*) FROM people") == 2


async def test_roles_that_change_at_the_provider_change_here_and_end_sessions(
    at_work: Runtime, browser: Browser, keycloak: Keycloak, trust: UUID
) -> None:
    person_id = await add(at_work, trust, "amina@parity.example", Role.ADMINISTRATOR)
    old = await sessions.begin(at_work.identity, person_id)
    await browser.sign_in("amina")
    person = await person_in(at_work, browser)
    assert person is not None
    assert person.roles == ("contract_manager",)
    assert await sessions.person_of(at_work.identity, old) is None


async def test_when_the_session_is_old_the_provider_is_asked_again_and_not_the_person(
    at_work: Runtime, browser: Browser, amina: UUID
) -> None:
    await browser.sign_in("amina")
    await at_work.identity.execute("UPDATE sessions SET ends_at = now()")
    assert await person_in(at_work, browser) is None
    asked = await browser.get("/commitments/sign-in?next=/alerts/today")
    assert asked.headers["location"] == "/commitments/sign-in/provider?next=%2Falerts%2Ftoday"
    away = await browser.get(asked.headers["location"])
    back = await browser.get((await browser.get(away.headers["location"])).headers["location"])
    assert back.headers["location"] == "/alerts/today"
    assert await person_in(at_work, browser) is not None


async def test_who_was_taken_out_at_the_provider_loses_access_when_it_is_asked_again(
    at_work: Runtime, browser: Browser, keycloak: Keycloak, amina: UUID
) -> None:
    await browser.sign_in("amina")
    account = keycloak.user("amina")
    keycloak.ask("PUT", account, {"enabled": False})
    try:
        await at_work.identity.execute("UPDATE sessions SET ends_at = now()")
        away = await browser.get((await browser.get("/commitments/sign-in")).headers["location"])
        refused = await browser.get(away.headers["location"])
        assert "/commitments/" not in refused.headers.get("location", "")
        assert await person_in(at_work, browser) is None
    finally:
        keycloak.ask("PUT", account, {"enabled": True})


async def test_signing_out_ends_both_sessions(at_work: Runtime, browser: Browser, amina: UUID) -> None:
    await browser.sign_in("amina")
    secret = browser.http.cookies[COOKIE]
    away = await browser.get("/commitments/sign-out")
    assert away.headers["location"].startswith(browser.keycloak.issuer)
    assert await sessions.person_of(at_work.identity, secret) is None
    assert await at_work.identity.fetchval("SELECT count(*) FROM provider_sessions") == 0
    back = await browser.get(away.headers["location"])
    assert back.headers["location"].startswith(f"{ORIGIN}/commitments/sign-out/done")
    assert "password" in (await browser.to_provider()).text, "the provider asks again"


async def refused(at_work: Runtime, browser: Browser, url: str) -> None:
    answer = await browser.get(url)
    assert answer.status_code == 401
    assert "Signing in did not work" in Page(answer).text
    assert await person_in(at_work, browser) is None


async def test_a_forged_state_is_refused(at_work: Runtime, browser: Browser, amina: UUID) -> None:
    place = await browser.answer_of("amina")
    await refused(at_work, browser, re.sub(r"state=[^&]+", "state=forged", place))
    await refused(at_work, browser, place)  # the cookie went with the first refusal


async def test_an_answer_opened_in_another_browser_is_refused(
    at_work: Runtime, browser: Browser, keycloak: Keycloak, amina: UUID
) -> None:
    place = await browser.answer_of("amina")
    victim = Browser(at_work, keycloak)
    await refused(at_work, victim, place)
    await victim.to_provider()
    await refused(at_work, victim, place)


async def test_a_code_of_another_sign_in_is_refused(at_work: Runtime, browser: Browser, keycloak: Keycloak, amina: UUID) -> None:
    """The state is the victim's own, the code the attacker's: PKCE binds it to another verifier."""
    stolen = parse_qs(urlsplit(await Browser(at_work, keycloak).answer_of("amina")).query)["code"][0]
    place = await browser.answer_of("amina")
    await refused(at_work, browser, re.sub(r"code=[^&]+", f"code={stolen}", place))


async def test_an_answer_is_good_once(at_work: Runtime, browser: Browser, amina: UUID) -> None:
    place = await browser.answer_of("amina")
    cookie = browser.http.cookies[UNDER_WAY]
    assert (await browser.get(place)).status_code == 303
    browser.http.cookies.clear()
    browser.http.cookies.set(UNDER_WAY, cookie)
    await refused(at_work, browser, place)


@pytest.mark.parametrize("forged", ["nonce", "signature", "old"])
async def test_a_forged_nonce_and_a_forged_cookie_are_refused(
    at_work: Runtime, browser: Browser, amina: UUID, forged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await browser.answer_of("amina")
    provider = provider_for(at_work.settings)
    assert provider is not None
    session = provider._cookies.loads(browser.http.cookies[UNDER_WAY])
    [key] = [name for name in session if name.startswith("_state_")]
    browser.http.cookies.clear()
    match forged:
        case "nonce":
            session[key]["data"]["nonce"] = "forged"
            browser.http.cookies.set(UNDER_WAY, str(provider._cookies.dumps(session)))
        case "signature":
            browser.http.cookies.set(UNDER_WAY, str(provider._cookies.dumps(session))[:-1] + "!")
        case "old":
            browser.http.cookies.set(UNDER_WAY, str(provider._cookies.dumps(session)))
            monkeypatch.setattr("shared.identity.provider._SECONDS", -1)
    await refused(at_work, browser, place)


async def test_who_says_no_at_the_provider_is_told_how_to_go_on(at_work: Runtime, browser: Browser) -> None:
    await browser.to_provider()
    await refused(at_work, browser, "/commitments/sign-in/provider/answer?error=access_denied&state=x")


async def test_a_provider_that_does_not_answer_is_named(runtime: OpenRuntime, keycloak: Keycloak) -> None:
    gone = f"http://127.0.0.1:{free_port()}/realms/parity"
    at_work = await runtime(service, **by_provider(keycloak, oidc_issuer=gone))
    answer = await Browser(at_work, keycloak).get("/commitments/sign-in/provider")
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)


async def test_passwords_can_be_turned_off(runtime: OpenRuntime, keycloak: Keycloak) -> None:
    at_work = await runtime(service, **by_provider(keycloak, password_sign_in=False))
    browser = Browser(at_work, keycloak)
    assert "Password" not in (await browser.get("/commitments/sign-in")).text
    sent = {"email": "a@b.example", "password": "x"}
    answer = await browser.http.post("/commitments/sign-in", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    link = await one_time.make(
        at_work.identity, await add(at_work, await recorded(at_work), "a@b.example", Role.OPERATOR), Purpose.SET_PASSWORD
    )
    assert (await browser.get(f"/commitments/links/{link}")).status_code == 403
