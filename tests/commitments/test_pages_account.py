"""The own account: password, second step, sessions, and a new password for who forgot theirs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest

from services.commitments.actions import signing_in as actions
from services.commitments.main import service
from services.commitments.pages import forgotten
from shared.access import Role
from shared.identity import attempts, passwords, second_steps, sessions
from shared.notifications.carriers import Letter
from shared.pages.visitors import COOKIE
from shared.service import Runtime
from tests.conftest import NOON, OpenRuntime
from tests.visiting import Page, Visit

GOOD = "tram lantern oboe"


@pytest.fixture
async def visit(at_work: Runtime) -> Visit:
    visit = await Visit.of(at_work, at_work, Role.CONTRACT_MANAGER, name="Amina Rahman")
    async with at_work.identity.acquire() as conn:
        await passwords.keep(conn, visit.person_id, GOOD)
    return visit


async def email_of(at_work: Runtime, person_id: UUID) -> str:
    email: str = await at_work.identity.fetchval("SELECT email FROM people WHERE id = $1", person_id)
    return email


async def post(visit: Visit, page: Page, button: str, **fields: str) -> Page:
    """Press a button; the answer itself, which is not followed."""
    form = page.form(button)
    answer = await visit.http.post(str(page.response.url.join(form.action)), data={**form.fields, **fields})
    return Page(answer)


async def test_a_person_sees_and_ends_the_other_sessions(at_work: Runtime, visit: Visit) -> None:
    one, two, three = [await sessions.begin(at_work.identity, visit.person_id, device=f"Browser {n}") for n in range(3)]
    page = await visit.get("/commitments/account")
    assert "This one" in page.text
    assert page.text.count("Browser") >= 3
    form = next(form for form in page.forms if form.fields.get("session") == [sessions.id_of(two)])
    await visit.http.post("/commitments/account/sessions/end", data=form.fields)
    assert await sessions.person_of(at_work.identity, two) is None
    assert await sessions.person_of(at_work.identity, one) is not None
    await visit.submit(page, "End all others")
    for secret in (one, three):
        assert await sessions.person_of(at_work.identity, secret) is None
    assert "End all others" not in (await visit.get("/commitments/account")).text


async def test_nobody_ends_the_sessions_of_somebody_else(at_work: Runtime, visit: Visit) -> None:
    other = await Visit.of(at_work, at_work, Role.OPERATOR)
    secret = other.http.cookies[COOKIE]
    await sessions.begin(at_work.identity, visit.person_id)
    form = (await visit.get("/commitments/account")).form("End all others")
    for session in (sessions.id_of(secret), "nonsense", ""):
        sent = {**form.fields, "session": session}
        assert (await visit.http.post("/commitments/account/sessions/end", data=sent)).status_code == 303
    assert await sessions.person_of(at_work.identity, secret) is not None


async def test_a_new_password_needs_the_present_one_and_ends_every_session(at_work: Runtime, visit: Visit) -> None:
    old, other = visit.http.cookies[COOKIE], await sessions.begin(at_work.identity, visit.person_id)
    page = await visit.get("/commitments/account/password")
    wrong = await visit.submit(page, "Change password", {"now": "no", "password": "cello umbrella fog"}, expect=422)
    assert wrong.links["This is not your password"] == "#now"
    easy = await visit.submit(page, "Change password", {"now": GOOD, "password": "AminaRahman2026"}, expect=422)
    assert "harder to guess" in easy.text
    assert await passwords.matches(at_work.identity, visit.person_id, GOOD)
    done = await post(visit, page, "Change password", now=GOOD, password="cello umbrella fog")
    fresh = done.response.cookies[COOKIE]
    assert await passwords.matches(at_work.identity, visit.person_id, "cello umbrella fog")
    for secret in (old, other):
        assert await sessions.person_of(at_work.identity, secret) is None
    assert await sessions.person_of(at_work.identity, fresh) is not None


async def test_guessing_the_present_password_is_bounded(visit: Visit) -> None:
    page = await visit.get("/commitments/account/password")
    for _ in range(attempts.PER_ACCOUNT):
        await visit.submit(page, "Change password", {"now": "no", "password": "cello umbrella fog"}, expect=422)
    refused = await visit.submit(page, "Change password", {"now": GOOD, "password": "cello umbrella fog"}, expect=422)
    assert "too many attempts" in refused.text


async def turn_on(visit: Visit) -> tuple[pyotp.TOTP, str, list[str]]:
    """The app, the code that turned it on, and the recovery codes."""
    page = await visit.get("/commitments/account/second-step")
    [secret] = page.form("Turn on").fields["secret"]
    assert " ".join(re.findall("....", secret)) in page.text
    assert "<svg" in page.html
    app = pyotp.TOTP(secret)
    wrong = await visit.submit(page, "Turn on", {"code": "000000x"}, expect=422)
    assert wrong.form("Turn on").fields["secret"] == [secret]
    assert "not right" in wrong.text
    used = app.now()
    shown = await visit.submit(page, "Turn on", {"code": used}, expect=200)
    codes = re.findall(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b", shown.text)
    assert len(set(codes)) == second_steps.RECOVERY_CODES
    return app, used, codes


async def past_password(at_work: Runtime, email: str) -> tuple[Visit, Page]:
    """Somebody who has entered the right password, and is asked for the code."""
    nobody = Visit.nobody(at_work)
    answer = await post(
        nobody, await nobody.get("/commitments/sign-in?next=/alerts/today"), "Sign in", email=email, password=GOOD
    )
    assert answer.response.headers["location"] == "/commitments/sign-in/code?next=%2Falerts%2Ftoday"
    assert COOKIE not in answer.response.cookies
    return nobody, await nobody.get(answer.response.headers["location"])


async def test_the_second_step_is_asked_for_and_each_code_is_good_once(at_work: Runtime, visit: Visit) -> None:
    app, used, codes = await turn_on(visit)
    email = await email_of(at_work, visit.person_id)
    nobody, page = await past_password(at_work, email)
    assert (await post(nobody, page, "Sign in", code=used)).status == 422, "it was used to turn the second step on"
    later = app.at(datetime.now(UTC) + timedelta(seconds=30))
    done = await post(nobody, page, "Sign in", code=f"{later[:3]} {later[3:]}")
    assert done.response.headers["location"] == "/alerts/today"
    assert await sessions.person_of(at_work.identity, done.response.cookies[COOKIE]) is not None
    nobody, page = await past_password(at_work, email)
    assert (await post(nobody, page, "Sign in", code=later)).status == 422
    assert (await post(nobody, page, "Sign in", code=codes[0].upper().replace("-", " "))).status == 303
    nobody, page = await past_password(at_work, email)
    assert (await post(nobody, page, "Sign in", code=codes[0])).status == 422
    assert "7 recovery codes left" in (await visit.get("/commitments/account")).text


async def test_codes_cannot_be_guessed(at_work: Runtime, visit: Visit) -> None:
    _, _, codes = await turn_on(visit)
    nobody, page = await past_password(at_work, await email_of(at_work, visit.person_id))
    for number in range(attempts.PER_ACCOUNT):
        await post(nobody, page, "Sign in", code=f"{number:06}")
    answer = await post(nobody, page, "Sign in", code=codes[0])
    assert (answer.status, "too many attempts" in answer.text) == (422, True)


async def test_a_password_alone_opens_nothing_once_the_second_step_is_on(at_work: Runtime, visit: Visit) -> None:
    await turn_on(visit)
    nobody, page = await past_password(at_work, await email_of(at_work, visit.person_id))
    waiting = nobody.http.cookies["__Host-parity-step"]
    nobody.http.cookies.set(COOKIE, waiting)
    await nobody.get("/commitments/account", expect=303)
    await nobody.get(f"/commitments/links/{waiting}", expect=401)
    await at_work.identity.execute("UPDATE one_time_links SET ends_at = now() WHERE purpose = 'second_step'")
    assert "You took too long" in (await post(nobody, page, "Sign in", code="000000")).text


async def test_a_link_to_set_a_password_does_not_go_around_the_second_step(at_work: Runtime, visit: Visit) -> None:
    await turn_on(visit)
    async with at_work.identity.acquire() as conn:
        link = await actions.make_link(conn, visit.person_id, at=NOON)
    nobody = Visit.nobody(at_work)
    page = await nobody.get(f"/commitments/links/{link}")
    answer = await post(nobody, page, "Set password and sign in", password="cello umbrella fog")
    assert answer.response.headers["location"].startswith("/commitments/sign-in/code")
    assert COOKIE not in answer.response.cookies


async def test_the_second_step_is_turned_off_by_a_code(at_work: Runtime, visit: Visit) -> None:
    _, _, codes = await turn_on(visit)
    page = await visit.get("/commitments/account/second-step")
    await visit.submit(page, "Turn off", {"code": "000000"}, expect=422)
    assert await second_steps.is_on(at_work.identity, visit.person_id)
    await visit.submit(page, "Turn off", {"code": codes[3]})
    assert not await second_steps.is_on(at_work.identity, visit.person_id)


async def test_who_forgot_gets_a_letter_and_nobody_learns_who_is_known(
    runtime: OpenRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters: list[Letter] = []

    class Carrier:
        async def send(self, letter: Letter) -> None:
            letters.append(letter)

    monkeypatch.setattr(forgotten, "carrier_for", lambda settings: Carrier())
    at_work = await runtime(service, notifications="smtp", public_url="https://parity.example")
    visit = await Visit.of(at_work, at_work, Role.OPERATOR, name="Amina Rahman")
    email = await email_of(at_work, visit.person_id)
    nobody = Visit.nobody(at_work)
    answers = []
    for address in (email, "nobody@trust.example"):
        page = await nobody.get("/commitments/password/forgotten")
        answers.append((await nobody.submit(page, "Send link", {"email": address}, expect=200)).text.replace(address, ""))
    assert answers[0] == answers[1]
    [letter] = letters
    assert letter.address == email
    [url] = re.findall(r"https://parity.example(/commitments/links/\S+)", letter.body)
    assert "Amina Rahman" in (await nobody.get(url)).text
    for _ in range(2):
        await nobody.submit(page, "Send link", {"email": email}, expect=200)
    assert "too many" in (await nobody.submit(page, "Send link", {"email": email}, expect=422)).text
    assert len(letters) == 3


async def test_without_mail_an_administrator_is_asked(at_work: Runtime) -> None:
    nobody = Visit.nobody(at_work)
    assert "Ask your administrator" in (await nobody.get("/commitments/sign-in")).text
    assert "sends no mail" in (await nobody.get("/commitments/password/forgotten", expect=404)).text
