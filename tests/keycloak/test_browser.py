"""The same in Chromium, whose content policy, cookies and redirects are a browser's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, expect

from deploy.kafka.cluster import free_port
from deploy.keycloak.server import Keycloak
from services.commitments.main import service
from shared.access import Role
from shared.identity import sessions
from shared.pages.visitors import COOKIE
from shared.service import Runtime
from tests.browser.conftest import browser  # noqa: F401
from tests.browser.looking import SCREENS, Person, follow, person
from tests.browser.served import served
from tests.browser.window import Window
from tests.conftest import OpenRuntime
from tests.keycloak.test_sign_in import add, by_provider, recorded

_SECONDS = 4


async def at_the_provider(page: Page, keycloak: Keycloak, username: str) -> None:
    await page.get_by_label("Username or email").fill(username)
    await page.get_by_role("textbox", name="Password").fill(keycloak.passwords[username])
    await follow(page.get_by_role("button", name="Sign In"))


async def test_signing_in_and_out_by_a_real_provider(
    browser: Browser,  # noqa: F811
    runtime: OpenRuntime,
    keycloak: Keycloak,
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    keycloak.also_serve(url)
    at_work = await runtime(service, **by_provider(keycloak, public_url=url))
    trust = await recorded(at_work)
    amina = await add(at_work, trust, "amina@parity.example", Role.CONTRACT_MANAGER)
    async with served(at_work), person(browser, url, None, SCREENS[0]) as somebody:
        page = await somebody.open("/commitments/account")
        await somebody.examine(page, "the sign-in page")
        await follow(page.get_by_role("button", name="Sign in with Mersey Vale"))
        await at_the_provider(page, keycloak, "amina")
        await expect(page).to_have_url(f"{url}/commitments/account")
        await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        [secret] = [one["value"] for one in await somebody.context.cookies() if one["name"] == COOKIE]
        known = await sessions.person_of(at_work.identity, secret)
        assert known is not None
        assert known.id == amina
        await at_work.identity.execute("UPDATE sessions SET ends_at = now()")
        await page.goto(f"{url}/commitments/account")
        await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        await follow(page.get_by_role("link", name="Sign out"))
        await expect(page.get_by_role("heading", name="You have signed out")).to_be_visible()
        await page.goto(f"{url}/commitments/sign-in/provider")
        await expect(page.get_by_label("Username or email")).to_be_visible()
        await at_the_provider(page, keycloak, "idle")
        await expect(page.get_by_text("You hold no role in Parity")).to_be_visible()
        await somebody.examine(page, "the refusal")
        assert not _our_faults(somebody, keycloak)


async def test_roles_are_the_providers_and_change_when_it_is_asked_again(
    browser: Browser,  # noqa: F811
    runtime: OpenRuntime,
    keycloak: Keycloak,
) -> None:
    async with soon_asked_again(browser, runtime, keycloak) as (at_work, nell):
        await recorded(at_work)
        window = Window(nell, await nell.open("/commitments/sign-in/provider?next=/commitments/account"))
        await at_the_provider(window.page, keycloak, "nell")
        await window.sees("ICB analyst")
        header = window.page.get_by_role("banner")
        await expect(header.get_by_role("link", name="Measures")).to_be_visible()
        await expect(header.get_by_role("link", name="People")).to_be_hidden()
        keycloak.move("nell", "parity-analysts", "parity-administrators")
        try:
            await window.until(window.page.get_by_role("main").get_by_text("Administrator", exact=True))
            await expect(header.get_by_role("link", name="People")).to_be_visible()
            keycloak.move("nell", "parity-administrators")
            await window.until(window.page.get_by_text("You hold no role in Parity"))
        finally:
            keycloak.move("nell", "parity-administrators", "parity-analysts")
        assert not _our_faults(nell, keycloak)


async def test_who_is_removed_at_the_provider_is_signed_out_when_it_is_asked_again(
    browser: Browser,  # noqa: F811
    runtime: OpenRuntime,
    keycloak: Keycloak,
) -> None:
    async with soon_asked_again(browser, runtime, keycloak) as (at_work, amina):
        await add(at_work, await recorded(at_work), "amina@parity.example", Role.CONTRACT_MANAGER)
        window = Window(amina, await amina.open("/commitments/sign-in/provider?next=/commitments/account"))
        await at_the_provider(window.page, keycloak, "amina")
        await window.sees("Your account")
        account = keycloak.user("amina")
        keycloak.ask("PUT", account, {"enabled": False})
        try:
            await window.until(window.page.get_by_label("Username or email"))
            assert window.page.url.startswith(keycloak.url)
            await at_the_provider(window.page, keycloak, "amina")
            await expect(window.page.get_by_text("Account is disabled")).to_be_visible()
            await window.page.goto(f"{amina.url}/commitments/account")
            await expect(window.page.get_by_label("Username or email")).to_be_visible()
        finally:
            keycloak.ask("PUT", account, {"enabled": True})
        assert not _our_faults(amina, keycloak)


@asynccontextmanager
async def soon_asked_again(
    browser: Browser,  # noqa: F811
    runtime: OpenRuntime,
    keycloak: Keycloak,
) -> AsyncIterator[tuple[Runtime, Person]]:
    """Commitments, and somebody before it whose sessions end by themselves after some seconds."""
    url = f"http://127.0.0.1:{free_port()}"
    keycloak.also_serve(url)
    at_work = await runtime(service, **by_provider(keycloak, public_url=url), oidc_session_minutes=_SECONDS / 60)
    async with served(at_work), person(browser, url, None, SCREENS[0]) as somebody:
        yield at_work, somebody


def _our_faults(somebody: Person, keycloak: Keycloak) -> list[str]:
    """All but that the provider's pages were opened, which is what this is about."""
    return [fault for fault in somebody.faults if keycloak.url not in fault]
