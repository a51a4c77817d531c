"""The same in Chromium, whose content policy, cookies and redirects are a browser's own."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from deploy.kafka.cluster import free_port
from deploy.keycloak.server import Keycloak
from services.commitments.main import service
from shared.access import Role
from shared.identity import sessions
from shared.pages.visitors import COOKIE
from tests.browser.conftest import browser  # noqa: F401
from tests.browser.looking import SCREENS, Person, person
from tests.browser.served import served
from tests.conftest import OpenRuntime
from tests.keycloak.test_sign_in import add, by_provider, recorded


async def at_the_provider(page: Page, keycloak: Keycloak, username: str) -> None:
    await page.get_by_label("Username or email").fill(username)
    await page.get_by_role("textbox", name="Password").fill(keycloak.passwords[username])
    await page.get_by_role("button", name="Sign In").click()


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
        await page.get_by_role("button", name="Sign in with Mersey Vale").click()
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
        await page.get_by_role("link", name="Sign out").click()
        await expect(page.get_by_role("heading", name="You have signed out")).to_be_visible()
        await page.goto(f"{url}/commitments/sign-in/provider")
        await expect(page.get_by_label("Username or email")).to_be_visible()
        await at_the_provider(page, keycloak, "idle")
        await expect(page.get_by_text("You hold no role in Parity")).to_be_visible()
        await somebody.examine(page, "the refusal")
        assert not _our_faults(somebody, keycloak)


def _our_faults(somebody: Person, keycloak: Keycloak) -> list[str]:
    """All but that the provider's pages were opened, which is what this is about."""
    return [fault for fault in somebody.faults if keycloak.url not in fault]
