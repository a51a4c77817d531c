"""From the first link to the second step and out again, as a person does it: wide, narrow, and without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from deploy.kafka.cluster import free_port
from services.commitments.actions.signing_in import make_link
from services.commitments.main import service
from shared.access import Role
from shared.identity import people
from tests.browser.looking import SCREENS, Screen, follow, person
from tests.browser.served import served
from tests.conftest import NOON, OpenRuntime

PASSWORD = "tram lantern oboe"


@pytest.mark.parametrize("screen", SCREENS, ids=str)
async def test_a_person_sets_a_password_adds_a_second_step_and_comes_back(
    browser: Browser, runtime: OpenRuntime, screen: Screen
) -> None:
    at_work = await runtime(service, public_url=f"http://127.0.0.1:{free_port()}", notifications="smtp")
    added = people.Person(uuid4(), "Amina Rahman", "amina@trust.example", uuid4(), (Role.OPERATOR.value,))
    async with at_work.identity.acquire() as conn, conn.transaction():
        await people.add(conn, added, at=NOON)
        link = await make_link(conn, added.id, at=NOON)
    async with served(at_work) as url, person(browser, url, None, screen) as somebody:

        async def examine(page: Page, what: str) -> None:
            await somebody.examine(page, what)

        page = await somebody.open(f"/commitments/links/{link}")
        password = page.get_by_role("textbox", name="Password")
        await password.fill("short")
        await follow(page.get_by_role("button", name="Set password and sign in"))
        await examine(page, "set password, refused")
        assert await password.input_value() == "", "a password is never sent back"
        await password.fill(PASSWORD)
        if screen.javascript:
            await page.get_by_role("button", name="Show password").click()
            await expect(password).to_have_attribute("type", "text")
        await follow(page.get_by_role("button", name="Set password and sign in"))
        await expect(page.get_by_role("heading", name="Operations")).to_be_visible()
        await examine(page, "operations")

        await page.goto(f"{url}/commitments/account/second-step")
        await examine(page, "second step")
        app = pyotp.TOTP(await page.locator("input[name=secret]").input_value())
        await page.get_by_label("Code").fill(app.now())
        await follow(page.get_by_role("button", name="Turn on"))
        await expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
        await examine(page, "recovery codes")
        await follow(page.get_by_role("link", name="I have kept them"))
        await examine(page, "account")
        for place in ("password", "second-step"):
            await page.goto(f"{url}/commitments/account/{place}")
            await examine(page, place)

        await page.goto(f"data:text/html,<a href='{url}/commitments/sign-out'>Win a prize</a>")
        await follow(page.get_by_role("link", name="Win a prize"))
        await expect(page.get_by_role("heading", name="Do you want to sign out?")).to_be_visible()
        await examine(page, "asked by a link on another site")
        await follow(page.get_by_role("main").get_by_role("link", name="Sign out"))
        await expect(page.get_by_role("heading", name="You have signed out")).to_be_visible()
        await examine(page, "signed out")
        await follow(page.get_by_role("link", name="Sign in again"))
        await examine(page, "sign in")
        await page.get_by_label("Email address").fill("amina@trust.example")
        await page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await follow(page.get_by_role("button", name="Sign in"))
        await examine(page, "code")
        await page.get_by_label("Code").fill(app.at(datetime.now(UTC) + timedelta(seconds=30)))
        await follow(page.get_by_role("button", name="Sign in"))
        await expect(page.get_by_role("heading", name="Operations")).to_be_visible()

        await follow(page.get_by_role("link", name="Sign out"))
        await page.goto(f"{url}/commitments/sign-in")
        await follow(page.get_by_role("link", name="I have no password, or forgot it"))
        await examine(page, "forgotten")
        await follow(page.get_by_role("button", name="Send link"))
        await expect(page.get_by_role("link", name="Enter your email address")).to_be_visible()
        await examine(page, "forgotten, refused")
        await page.get_by_label("Email address").fill("somebody@trust.example")
        await follow(page.get_by_role("button", name="Send link"))
        await expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
        await examine(page, "forgotten, sent")
        assert not somebody.faults, "\n".join(somebody.faults)
